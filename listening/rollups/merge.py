"""Merge the log of changes into the cells.

Readers add the unmerged log themselves, so counts are exact whether or not this runs; it keeps the log short.
"""

from __future__ import annotations

from django.db import connection, transaction

from backend.db import locks, sql

LOG_ROWS_PER_MERGE = 200_000


def merge_deltas() -> int | None:
    """Merge what is in the log now; returns the log rows merged, None when another session is merging.

    Holds the advisory lock of the rollups for one transaction.
    """
    merged = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            if not locks.try_lock(cursor, locks.ROLLUPS):
                return None
            cursor.execute(sql.read("listening.rollups", "merge_deltas.sql"), {"most": LOG_ROWS_PER_MERGE})
            taken: int = cursor.fetchone()[0]
        merged += taken
        if taken < LOG_ROWS_PER_MERGE:
            return merged
