"""What becomes of an op. An outcome holds codes, numbers and names of members: no word of what was said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from backend.problems import FieldError

Status = Literal["accepted", "conflict", "deferred", "quarantined", "rejected", "retry", "duplicate"]
Reason = Literal["invalid", "absent", "gone", "id_taken", "op_reused", "too_large", "schema", "forbidden"]
# How long after it happened somebody who has lost the role may still bring it.
BROUGHT_WITHIN: Final = dt.timedelta(days=30)


class Dismissal(StrEnum):
    """Why a coordinator refused what waited: a closed list, so that no word of it is kept."""

    NOT_ALLOWED = "not_allowed"
    LOGGED_TWICE = "logged_twice"
    MISTAKE = "mistake"
    TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A status with what belongs to it."""

    status: Status
    members: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, **self.members}


def accepted(
    version: int,
    *,
    merged: bool = False,
    clock_adjusted: bool = False,
    warnings: Sequence[Mapping[str, Any]] = (),
) -> Outcome:
    told = {"merged": merged, "clock_adjusted": clock_adjusted}
    members = {"version": version, **{name: True for name, is_so in told.items() if is_so}}
    return Outcome("accepted", members | ({"warnings": list(warnings)} if warnings else {}))


class Rejected(Exception):
    """The op is not applied, now or later."""

    def __init__(self, reason: Reason, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = errors

    @property
    def outcome(self) -> Outcome:
        # A detail may quote what was said: the phone gets it, the ledger keeps the code.
        errors = [{name: error[name] for name in ("pointer", "code") if name in error} for error in self.errors]
        return Outcome("rejected", {"reason": self.reason, **({"errors": errors} if errors else {})})


class NotYet(Exception):
    """What the op belongs to has not come."""

    def __init__(self, waiting_for: UUID) -> None:
        super().__init__(str(waiting_for))
        self.waiting_for = waiting_for


class NotNow(Exception):
    """The person could have done this when it happened, and may not today: a coordinator decides."""
