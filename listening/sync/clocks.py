"""The clock of a phone may be wrong by years. Each push says what it shows; the difference corrects what it logged.

It orders nothing and merges nothing: `occurred_at` alone is put right.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

TOLERANCE: Final = dt.timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class PhoneClock:
    """`sent_at` by the phone, `received_at` by the server; None: the phone did not say."""

    sent_at: dt.datetime | None
    received_at: dt.datetime

    @property
    def skew(self) -> dt.timedelta:
        """What is to be added to an instant of the phone; zero while it is about right."""
        if self.sent_at is None:
            return dt.timedelta(0)
        skew = self.received_at - self.sent_at
        return skew if abs(skew) > TOLERANCE else dt.timedelta(0)

    def put_right(self, op: dict[str, Any]) -> dict[str, Any]:
        """An op that is to wait: with its instants put right now, while it is known what the phone's clock showed."""
        parts = {name: self.corrected(op[name])[0] for name in ("fields", "set") if isinstance(op.get(name), dict)}
        return {**op, **parts}

    def corrected(self, told: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Members of a record with `occurred_at` put right, and whether that changed it. Never later than received.

        What is no instant is left for the validation to name.
        """
        try:
            told_at = dt.datetime.fromisoformat(told["occurred_at"])
            instant = min(told_at + self.skew, self.received_at) if self.skew else told_at
        except (KeyError, TypeError, ValueError, OverflowError):
            return told, False
        if instant == told_at:
            return told, False
        return {**told, "occurred_at": instant.isoformat()}, True
