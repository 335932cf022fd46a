"""Pull: what changed for a person since a cursor, page by page.

A page says what *is*, not what happened: of each conversation that an entry of the feed names, the row as it stands and
the buckets in which it lies now, or that it lies in none. So an entry may be delivered twice, and entries of one
conversation in any order, without harm.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.db import sql
from listening.fieldwork.models import User
from listening.records.models import Tombstone
from listening.records.render import render_conversations
from listening.sync import feed
from listening.sync.buckets import Buckets
from listening.sync.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation, and in which buckets of the person it lies; `document` is its JSON."""

    id: UUID
    version: int
    owner_id: int
    buckets: list[str]
    document: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A conversation that lies in no bucket of the person any longer; `deleted` when it was their own to read."""

    id: UUID
    deleted: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered to a pull. `reset`: the client deletes its rows before it applies the page."""

    epoch: str
    reset: bool
    buckets: list[str]
    rows: list[Row]
    gone: list[Gone]
    cursor: Cursor
    more: bool


def pull(person: User, cursor: Cursor | None, *, limit: int) -> Page:
    """The page after a cursor, of `limit` conversations at most. None: from the beginning.

    Numbers what was committed, one step of it, then reads one snapshot. Call it outside of a transaction. After a bulk
    load a step is not all: then the page says that there is more. While buckets are being filled nothing is numbered:
    what comes into the feed meanwhile would be delivered twice, by its id and by its entry.
    """
    is_part = (cursor is None or not cursor.filling) and feed.sequence_step().is_part
    feed.state()  # it may have to be written, and the snapshot only reads
    with one_snapshot():
        state = feed.state()
        epoch = str(state.epoch)
        reset = cursor is not None and (cursor.epoch != epoch or cursor.pos < state.floor)
        if cursor is None or reset:
            cursor = Cursor(epoch, feed.head())
        buckets = Buckets.of(person)
        cursor = _within(cursor, buckets)
        if cursor.filling:
            ids, cursor, more = _fill(person, cursor, limit)
        else:
            ids, cursor, more = _follow(person, cursor, limit)
        rows, gone = _standing(person, ids, buckets)
    return Page(epoch, reset, buckets.names, rows, gone, cursor, more or is_part)


@contextlib.contextmanager
def one_snapshot() -> Iterator[None]:
    """A transaction whose statements all see the same moment; inside of another, as in tests, what that one sees."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as db:
                db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _within(cursor: Cursor, buckets: Buckets) -> Cursor:
    """The cursor without buckets that the person has lost, and beginning with those that are new."""
    known = Buckets.named(buckets.person_id, cursor.known) & buckets
    filling = Buckets.named(buckets.person_id, cursor.filling) & buckets
    new = buckets - known - filling
    after = None if new or not filling else cursor.after
    return replace(cursor, known=tuple(known.names), filling=tuple((filling | new).names), after=after)


def _fill(person: User, cursor: Cursor, limit: int) -> tuple[list[UUID], Cursor, bool]:
    """The next conversations of the buckets that are being filled, in the order of their ids."""
    filling = Buckets.named(person.pk, cursor.filling)
    ids = _ids("bucket_page.sql", filling, after=cursor.after, limit=limit)
    if len(ids) == limit:
        return ids, replace(cursor, after=str(ids[-1])), True
    known = Buckets.named(person.pk, cursor.known) | filling
    return ids, replace(cursor, known=tuple(known.names), filling=(), after=None), True


def _follow(person: User, cursor: Cursor, limit: int) -> tuple[list[UUID], Cursor, bool]:
    """The next entries of the feed."""
    head = feed.head()
    with connection.cursor() as db:
        asked: dict[str, Any] = {
            **Buckets.named(person.pk, cursor.known).as_parameters(),
            "pos": cursor.pos,
            "limit": limit,
        }
        db.execute(sql.read("listening.sync", "feed_page.sql"), asked)
        entries: list[tuple[int, UUID]] = db.fetchall()
    more = len(entries) == limit
    # Entries of others lie between: the cursor passes them, so that it does not fall below the floor.
    pos = entries[-1][0] if more else max(head, cursor.pos)
    return list(dict.fromkeys(pk for _, pk in entries)), replace(cursor, pos=pos), more


def _ids(name: str, buckets: Buckets, **asked: Any) -> list[UUID]:
    with connection.cursor() as db:
        db.execute(sql.read("listening.sync", name), buckets.as_parameters() | asked)
        return [pk for (pk,) in db.fetchall()]


def _standing(person: User, ids: list[UUID], buckets: Buckets) -> tuple[list[Row], list[Gone]]:
    """How some conversations stand now, for the person."""
    with connection.cursor() as db:
        db.execute("SELECT * FROM sync_bucketed(%s)", [ids])
        names = [column.name for column in db.description]
        placed = [dict(zip(names, row, strict=True)) for row in db.fetchall()]
    lying = {
        one["conversation_id"]: (one["owner_id"], held)
        for one in placed
        if (held := buckets.holding(owner_id=one["owner_id"], district_id=one["district_id"], tier=one["tier"]))
    }
    rows = [
        Row(rendered.id, rendered.version, *lying[rendered.id], rendered.document)
        for rendered in render_conversations([pk for pk in ids if pk in lying])
    ]
    left = [pk for pk in ids if pk not in lying]
    deleted = set(Tombstone.objects.visible_to(person).filter(pk__in=left).values_list("pk", flat=True)) if left else ()
    return rows, [Gone(pk, pk in deleted) for pk in left]
