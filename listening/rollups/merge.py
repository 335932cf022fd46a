"""Merge the logs of changes into cells and squares.

Readers of cells add the unmerged log themselves, so counts are exact whether or not this runs; it keeps the log short.
Squares and hexagons are those of the last merge.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from backend.db import locks, sql
from listening.rollups.squares import LOG_ROWS_PER_MERGE as PLACES_PER_MERGE
from listening.rollups.squares import merge_squares

LOG_ROWS_PER_MERGE: Final = 50_000
# After as many, more has come meanwhile: a pause would let the log grow, and the next merge last longer.
MANY: Final = 1_000
# What else a worker has to do waits for so long at most, unless there is a backlog.
LONGEST_S: Final = 3.0
# A step sorts some 50,000 rows at four grains; with the usual 4 MB it does so on the disk.
WORK_MEM: Final = "64MB"


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows of the two logs that one step has merged."""

    changes: int
    places: int

    @property
    def is_part(self) -> bool:
        """Whether there was more than one step takes."""
        return self.changes >= LOG_ROWS_PER_MERGE or self.places >= PLACES_PER_MERGE

    @property
    def is_many(self) -> bool:
        return max(self.changes, self.places) >= MANY


def merge_deltas() -> int | None:
    """Merge what is in the logs now; returns the changes of cells merged, None when another session is merging.

    While much comes it goes on, for some seconds: steps that follow each other are short, and no row waits for a pause.
    Holds the advisory lock of the rollups for one transaction, step by step.
    """
    merged, until = 0, time.monotonic() + LONGEST_S
    while True:
        step = merge_step()
        if step is None:
            return None
        merged += step.changes
        if not step.is_part and not (step.is_many and time.monotonic() < until):
            return merged


@transaction.atomic
def merge_step() -> Merged | None:
    """One step of a merge: as much of the logs as one transaction should take; None when another session is merging."""
    with connection.cursor() as cursor:
        if not locks.try_lock(cursor, locks.ROLLUPS):
            return None
        cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEM])
        cursor.execute(sql.read("listening.rollups", "merge_deltas.sql"), {"most": LOG_ROWS_PER_MERGE})
        changes: int = cursor.fetchone()[0]
        places = merge_squares(cursor)
        cursor.execute(sql.read("listening.rollups", "fold_changes.sql"))
    return Merged(changes, places)
