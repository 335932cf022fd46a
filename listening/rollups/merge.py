"""Merge the logs of changes into cells and squares.

Readers of cells add the unmerged log themselves, so counts are exact whether or not this runs; it keeps the log short.
Squares and hexagons are those of the last merge.
"""

from __future__ import annotations

from django.db import connection, transaction

from backend.db import locks, sql
from listening.rollups.squares import LOG_ROWS_PER_MERGE as PLACES_PER_MERGE
from listening.rollups.squares import merge_squares

LOG_ROWS_PER_MERGE = 200_000


def merge_deltas() -> int | None:
    """Merge what is in the logs now; returns the changes of cells merged, None when another session is merging.

    Holds the advisory lock of the rollups for one transaction.
    """
    merged = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            if not locks.try_lock(cursor, locks.ROLLUPS):
                return None
            cursor.execute(sql.read("listening.rollups", "merge_deltas.sql"), {"most": LOG_ROWS_PER_MERGE})
            taken: int = cursor.fetchone()[0]
            places = merge_squares(cursor)
            cursor.execute(sql.read("listening.rollups", "fold_changes.sql"))
        merged += taken
        if taken < LOG_ROWS_PER_MERGE and places < PLACES_PER_MERGE:
            return merged
