"""Keyset pages of the record list: a page costs the same wherever it starts, and nothing is shown twice or skipped.

No total is counted: counting would cost many times the page.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import QueryDict

from backend.problems import InvalidParameter
from listening.records.querysets import ConversationQuerySet, FindingQuerySet
from listening.records.redacted import still_saying

PARAMETERS = frozenset({"limit", "cursor"})
DEFAULT_LIMIT, MOST = 50, 500
AT_ONCE = 500  # findings whose texts are looked through, at most


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of one page, newest first, who listened in each, and the query string of the next one."""

    ids: list[UUID]
    listener_ids: list[int]
    next_query: str | None

    def of_others(self, person_id: int) -> list[UUID]:
        """The ids of those in which somebody else listened."""
        return [pk for pk, listener in zip(self.ids, self.listener_ids, strict=True) if listener != person_id]


def page_of(queryset: ConversationQuerySet, params: QueryDict) -> Page:
    """The page that `limit` and `cursor` ask for. One query. Raises InvalidParameter."""
    limit = _limit(params.get("limit"))
    queryset = queryset.newest_first()
    if cursor := params.get("cursor"):
        queryset = queryset.after(*_read_cursor(cursor))
    keys = list(queryset.values_list("occurred_at", "pk", "listener_id")[: limit + 1])
    next_query = None
    if len(keys) > limit:
        following = params.copy()
        following["cursor"] = _write_cursor(*keys[limit - 1][:2])
        next_query = following.urlencode()
    return Page([pk for _, pk, _ in keys[:limit]], [listener for _, _, listener in keys[:limit]], next_query)


def page_of_findings(queryset: FindingQuerySet, params: QueryDict) -> Page:
    """The page of findings that `limit` and `cursor` ask for, in the order of their ids. One query; with
    `q` two for each batch of findings that are looked through: it counts only where it stands in what is shown.

    The cursor is encrypted: an id holds the instant at which a phone made it. Raises InvalidParameter.
    """
    limit = _limit(params.get("limit"))
    queryset = queryset.order_by("-pk")
    if cursor := params.get("cursor"):
        queryset = queryset.filter(pk__lt=_unseal(cursor))
    if searched := params.get("q"):
        keys = _shown_saying(queryset, searched.strip(), limit + 1)
    else:
        keys = list(queryset.values_list("pk", "conversation__listener_id")[: limit + 1])
    next_query = None
    if len(keys) > limit:
        following = params.copy()
        following["cursor"] = _seal(keys[limit - 1][0])
        next_query = following.urlencode()
    return Page([pk for pk, _ in keys[:limit]], [listener for _, listener in keys[:limit]], next_query)


def _shown_saying(queryset: FindingQuerySet, searched: str, wanted: int) -> list[tuple[UUID, int]]:
    """The first findings that say it in what is shown of them: a page that was shorter for those that say it in what is
    masked would tell that they are there.
    """
    found: list[tuple[UUID, int]] = []
    batch, size = queryset, wanted
    while len(found) < wanted:
        size = min(2 * size, AT_ONCE)
        rows = list(batch.values_list("pk", "conversation__listener_id", "text")[:size])
        shown = still_saying([text for _, _, text in rows], searched)
        found += [(pk, listener) for (pk, listener, _), is_shown in zip(rows, shown, strict=True) if is_shown]
        if len(rows) < size:
            break
        batch = queryset.filter(pk__lt=rows[-1][0])
    return found[:wanted]


def _cipher() -> Fernet:
    key = hmac.new(settings.SECRET_KEY.encode(), b"cursor of findings", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _seal(pk: UUID) -> str:
    return _cipher().encrypt(pk.bytes).decode()


def _unseal(text: str) -> UUID:
    try:
        return UUID(bytes=_cipher().decrypt(text))
    except (InvalidToken, ValueError):
        raise _not_a_cursor(text) from None


def _not_a_cursor(text: str) -> InvalidParameter:
    return InvalidParameter(
        "The cursor is not one that this list handed out; start again without it.",
        parameter="cursor",
        value=text[:100],
        allowed=["the `next` link of a page"],
    )


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MOST):
        raise InvalidParameter(
            f"limit={text!r}: give a whole number from 1 to {MOST}.",
            parameter="limit",
            value=text,
            allowed=[f"1 to {MOST}"],
        )
    return int(text)


def _write_cursor(occurred_at: dt.datetime, pk: UUID) -> str:
    return base64.urlsafe_b64encode(f"{occurred_at.isoformat()} {pk}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[dt.datetime, UUID]:
    try:
        instant, pk = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii").split(" ")
        occurred_at = dt.datetime.fromisoformat(instant)
        if occurred_at.tzinfo is None:
            raise ValueError(instant)
        return occurred_at.astimezone(dt.UTC), UUID(pk)
    except (ValueError, OverflowError, binascii.Error, UnicodeError):
        raise _not_a_cursor(text) from None
