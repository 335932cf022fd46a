"""How long to wait before asking again (C7)."""

from __future__ import annotations

import random
from typing import Final

FIRST_S: Final = 2.0
LONGEST_S: Final = 900.0


class Backoff:
    """Waits that double, each drawn at random from zero to its length: phones that failed together come back apart."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._failures = 0

    def next(self, retry_after: float | None = None) -> float:
        """Seconds to wait after one more failure; never less than what the service asked for."""
        # 2 s doubled nine times is beyond 15 min; a larger exponent would only overflow some day.
        within = min(LONGEST_S, FIRST_S * 2 ** min(self._failures, 9))
        self._failures += 1
        return max(self._draw.uniform(0, within), retry_after or 0)

    def reset(self) -> None:
        """After an answer."""
        self._failures = 0
