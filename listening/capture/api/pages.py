"""Keyset pages of the record list: a page costs the same wherever it starts, and nothing is shown twice or skipped.

No total is counted: counting would cost many times the page.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from backend.problems import InvalidParameter
from listening.records.querysets import ConversationQuerySet

PARAMETERS = frozenset({"limit", "cursor"})
DEFAULT_LIMIT, MOST = 50, 500


@dataclass(frozen=True, slots=True)
class Page:
    """Ids of one page, newest conversation first, and the query string of the next one."""

    ids: list[UUID]
    next_query: str | None


def page_of(queryset: ConversationQuerySet, params: QueryDict) -> Page:
    """The page that `limit` and `cursor` ask for. One query. Raises InvalidParameter."""
    limit = _limit(params.get("limit"))
    queryset = queryset.newest_first()
    if cursor := params.get("cursor"):
        queryset = queryset.after(*_read_cursor(cursor))
    keys = list(queryset.values_list("occurred_at", "pk")[: limit + 1])
    next_query = None
    if len(keys) > limit:
        following = params.copy()
        following["cursor"] = _write_cursor(*keys[limit - 1])
        next_query = following.urlencode()
    return Page([pk for _, pk in keys[:limit]], next_query)


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
        raise InvalidParameter(
            "The cursor is not one that this list handed out; start again without it.",
            parameter="cursor",
            value=text[:100],
            allowed=["the `next` link of a page"],
        ) from None
