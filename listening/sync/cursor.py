"""Where a client stands in the feed, as an opaque text that only we can have written.

Forging one would gain nothing, because the buckets are found anew at each request; the signature keeps strangers away
from the parser, and one person's cursor from another's phone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.core import signing

from listening.sync.buckets import Buckets
from listening.sync.errors import InvalidCursor

LONGEST: Final = 16_384
_SALT: Final = "listening.sync.cursor"


@dataclass(frozen=True, slots=True)
class Cursor:
    """`pos`: all entries up to there were delivered, for the buckets `known`.

    `filling` are buckets of which the rows are being delivered in the order of their ids, up to `after`.
    """

    epoch: str
    pos: int
    known: tuple[str, ...] = ()
    filling: tuple[str, ...] = ()
    after: str | None = None

    def written(self, person_id: int) -> str:
        return signing.dumps([person_id, *asdict(self).values()], salt=_SALT, compress=True)


def read_cursor(text: str, person_id: int) -> Cursor:
    """The cursor that a person was given. Raises InvalidCursor for any other text."""
    if len(text) > LONGEST:
        raise InvalidCursor
    try:
        told: list[Any] = signing.loads(text, salt=_SALT)
        whose, epoch, pos, known, filling, after = told
        cursor = Cursor(epoch, pos, tuple(known), tuple(filling), after and str(UUID(after)))
        Buckets.named(person_id, [*known, *filling])
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidCursor from None
    if whose != person_id:
        raise InvalidCursor
    return cursor
