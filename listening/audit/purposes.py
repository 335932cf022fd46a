"""For what purpose somebody reads what others logged: the closed list, and the header that says it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

HEADER: Final = "X-Purpose"


class Purpose(StrEnum):
    COORDINATION = "coordination"
    FOLLOW_UP = "follow_up"
    CORRECTION = "correction"
    DATA_PROTECTION_REQUEST = "data_protection_request"
    SUPPORT = "support"


def parse_purpose(text: str | None) -> Purpose | None:
    """The purpose that a header names; None without one. Raises ValueError when it is not in the list."""
    return None if text is None else Purpose(text)
