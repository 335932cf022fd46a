"""What can be wrong with a request of sync as a whole; what is wrong with one op is in its result."""

from __future__ import annotations

from backend.problems import BodyTooLarge, InvalidRequest


class InvalidCursor(InvalidRequest):
    """The cursor is not one that this person was given. Pull with the cursor null."""

    slug, title = "invalid-cursor", "The cursor is not good"

    def __init__(self) -> None:
        super().__init__("This cursor was not given to you, or was changed on its way. Pull with the cursor null.")


class TooManyOps(BodyTooLarge):
    """More ops came at once than are taken; `limit` says how many. None was looked at."""

    slug, title = "too-many-ops", "Too many ops at once"
