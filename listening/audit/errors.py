"""What is wrong with the purpose of a request."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backend.problems import Forbidden, InvalidRequest
from listening.audit.purposes import Purpose


class UnknownPurpose(InvalidRequest):
    """The header X-Purpose names a purpose that is not in the list; `allowed` is the list."""

    slug, title = "unknown-purpose", "The purpose is not in the list"

    def __init__(self) -> None:
        super().__init__(f"X-Purpose must be one of: {', '.join(Purpose)}.", allowed=list(Purpose))


class PurposeRequired(Forbidden):
    """Somebody else's record with a sensitive theme is read for a purpose: send X-Purpose; `allowed` is the list."""

    slug, title = "purpose-required", "Say for what purpose you read this"

    def __init__(self, records: Sequence[UUID]) -> None:
        self.records = records
        super().__init__(
            f"Here are records of others with a sensitive theme. Send the header X-Purpose: {', '.join(Purpose)}.",
            allowed=list(Purpose),
        )
