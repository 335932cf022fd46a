"""Count conversations in the boundaries of other days as well: those that held once, and those about to hold.

An edition comes into force in four steps, each of which can be killed and run again:

1. `prepare`: while the old boundaries hold, all conversations are counted in the new ones beside them, and the old ones
   are kept as an epoch. Batch by batch; captures go on, and count in both.
2. The edition comes into force: one short transaction, or midnight. Need maps read what was prepared.
3. `redistrict`: records move to their new districts, batch by batch.
4. The counts of today are now those of the new boundaries, and what was prepared is forgotten.
"""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from backend.db import locks, sql
from districts.crosswalk import write_crosswalks
from districts.models import BoundaryEdition
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.records.redistrict import Moved, redistrict
from listening.rollups.merge import merge_deltas

# Conversations that are counted anew in one transaction: writers of the same ones wait for a second at most.
BATCH: Final = 2_000
PAUSE_S: Final = 0.2  # between looks at whether older transactions are over


def prepare(draft: BoundaryEdition | None = None) -> int:
    """Count all conversations in every epoch that there ought to be; returns how many epochs are new.

    `draft` is an edition about to come into force. Doing it again goes on where it was killed.
    """
    asked = {"draft": None if draft is None else draft.pk}
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock(cursor, locks.EPOCHS)
        write_crosswalks()
        cursor.execute(sql.read("listening.rollups", "close_epochs.sql"), {**asked, "moved": False})
        cursor.execute(sql.read("listening.rollups", "open_epochs.sql"), asked)
        opened = len(cursor.fetchall())
    _refill()
    return opened


def follow_boundaries() -> Moved:
    """Bring counts and records to the boundaries that hold today; doing it again changes nothing.

    Runs after an edition came into force, and daily, because one may come into force on a later day. What it moves is
    one entry of the audit.
    """
    prepare()
    moved = redistrict()
    _wait_for_others()
    late = redistrict()
    moved = Moved(moved.conversations + late.conversations, moved.findings + late.findings)
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock(cursor, locks.EPOCHS)
        cursor.execute(sql.read("listening.rollups", "close_epochs.sql"), {"draft": None, "moved": True})
        closed = len(cursor.fetchall())
        if closed or moved.conversations or moved.findings:
            held = BoundaryEdition.objects.active().order_by("pk").values_list("pk", flat=True)
            record(Verb.FOLLOW_BOUNDARIES, BoundaryEdition, held)
    _refill()
    _forget_cells()
    return moved


def on_edition_drawn(*, edition: BoundaryEdition, **_: Any) -> None:
    """Receiver of `districts.signals.edition_drawn`: districts know nothing of records, they only announce."""
    prepare(edition)


def on_edition_in_force(**_: Any) -> None:
    """Receiver of `districts.signals.edition_in_force`."""
    follow_boundaries()


def _refill() -> None:
    """Bring all tallies to the epochs that there are, then let maps read them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(id) FROM rollups_epoch")
        epochs = cursor.fetchone()[0]
    _refill_once()
    # Whoever wrote before the epochs were there, and is not through yet, has not counted in them.
    _wait_for_others()
    _refill_once()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rollups_epoch SET is_ready = true WHERE id = ANY (%s) AND NOT is_ready", [epochs or []])


def _refill_once() -> None:
    after: UUID | None = None
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.read("listening.rollups", "refill_tallies.sql"), {"after": after, "most": BATCH})
            after = cursor.fetchone()[0]
        if after is None:
            return


def _wait_for_others() -> None:
    """Wait until every transaction that others have begun to write in by now is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        limit = cursor.fetchone()[0]
        while True:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS x WHERE x < %s::xid8)", [limit]
            )
            if not cursor.fetchone()[0]:
                return
            time.sleep(PAUSE_S)


def _forget_cells() -> None:
    """Remove the cells of epochs that are gone, once what left them is merged."""
    if merge_deltas() is None:
        return  # another session is merging; the next run removes them
    with transaction.atomic(), connection.cursor() as cursor:
        if locks.try_lock(cursor, locks.ROLLUPS):
            cursor.execute(sql.read("listening.rollups", "forget_cells.sql"))
