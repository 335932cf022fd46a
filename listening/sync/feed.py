"""The change feed: give what was committed its place, say where the feed ends, and keep it short.

Readers number, writers do not: an entry gets its position after its writer committed, under one lock. A reader that has
passed a position will therefore never miss one below it, whatever transaction is still open elsewhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from backend import clock
from backend.db import sql
from listening.sync.models import Change, FeedState

# Touched rows that one step numbers, at most: about as long as a pull takes to read its page.
STEP: Final = 2_000
LEFT_FOR: Final = dt.timedelta(days=180)  # how long the feed says that something left a bucket


@dataclass(frozen=True, slots=True)
class Compacted:
    """What compaction did: entries that a newer one stands for, and entries about what left long ago."""

    superseded: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What one step did: conversations it looked at, and whether there may be more than it took."""

    looked_at: int
    is_part: bool


def sequence() -> int:
    """Give positions to all that was committed before this call; returns how many conversations were looked at.

    One short transaction per step. Do not call it inside a long one: others wait for its end.
    """
    looked_at = 0
    while True:
        step = sequence_step()
        looked_at += step.looked_at
        if not step.is_part:
            return looked_at


@transaction.atomic
def sequence_step() -> Sequenced:
    """Give positions to what was touched first, STEP rows at most.

    What was committed before this call has its position afterwards, unless the step is a part. Others wait for its end,
    so do not call it inside a long transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT looked_at, is_part FROM sync_sequence(%s)", [STEP])
        return Sequenced(*cursor.fetchone())


def state() -> FeedState:
    """The row about the feed; made anew where somebody has emptied all tables, which is a new epoch."""
    found = FeedState.objects.filter(pk=FeedState.ONLY).first()
    if found is None:
        told = {"epoch": uuid4(), "since": clock.now()}
        found, _ = FeedState.objects.get_or_create(pk=FeedState.ONLY, defaults=told)
    return found


def head() -> int:
    """The last position that is visible, also when compaction has deleted its entry; 0 for an empty feed."""
    last: int | None = Change.objects.order_by("-pos").values_list("pos", flat=True).first()
    return max(last or 0, state().floor)


@transaction.atomic
def begin_epoch() -> UUID:
    """Begin a new epoch: after a restore, when phones may know more than the database. Returns it."""
    epoch = uuid4()
    FeedState.objects.filter(pk=FeedState.ONLY).update(epoch=epoch, since=clock.now())
    return epoch


@transaction.atomic
def compact() -> Compacted:
    """Keep the newest entry per bucket and conversation; forget after 180 days that something left a bucket.

    The floor rises to the last position that was forgotten: a phone with an older cursor begins anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.sync", "compact_feed.sql"), {"before": clock.now() - LEFT_FOR})
        superseded, forgotten = cursor.fetchone()
    return Compacted(superseded, forgotten)
