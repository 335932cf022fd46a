"""The phone's clock, and ids that begin with its time."""

from __future__ import annotations

import datetime as dt
import random
import time
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    """What the client asks of time. An app gives its own: one whose `sleep` ends early when the network comes back."""

    def now(self) -> dt.datetime:
        """The time that the phone shows, with its zone. It may be wrong by years: nothing is ordered by it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait. Whatever it raises ends what the client was doing; nothing is lost by that."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(time.time(), dt.UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def uuid7(now: dt.datetime, draw: random.Random) -> UUID:
    """A new UUIDv7: 48 bits of Unix time in ms, 74 random ones.

    References
    ----------
    RFC 9562, section 5.7.
    """
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    number = milliseconds << 80 | 7 << 76 | draw.getrandbits(12) << 64 | 2 << 62 | draw.getrandbits(62)
    return UUID(int=number)
