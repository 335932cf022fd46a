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
from listening.rollups.squares import merge_squares

LOG_ROWS_PER_MERGE: Final = 50_000
# Beside busy writers: about half a second, of which neither they nor readers notice much.
FEW_ROWS: Final = 5_000
# As many that came during one step: writers are busy. With fewer left, a pause costs nobody anything.
MANY: Final = 1_000
# So many times as long as a step took, busy writers have the machine to themselves.
REST: Final = 5.0
# Need maps add up the log: with more in it they become slow, and writers have to wait for the merge.
LONG_LOG: Final = 100_000
# What else a worker has to do waits for so long at most, unless the log is long.
LONGEST_S: Final = 3.0
# A step sorts some 50,000 rows at four grains; with the usual 4 MB it does so on the disk.
WORK_MEM: Final = "64MB"


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows of the two logs that one step has merged, and whether it left some of what was there."""

    changes: int
    places: int
    is_part: bool


def merge_deltas() -> int | None:
    """Merge what is in the logs now; returns the changes of cells merged, None when another session is merging.

    Holds the advisory lock of the rollups for one transaction, step by step.
    """
    merged = 0
    while True:
        step = merge_step()
        if step is None:
            return None
        merged += step.changes
        if not step.is_part:
            return merged


def keep_merged() -> int | None:
    """What a worker does every second: merge while much waits, for some seconds; returns as `merge_deltas` does.

    When phones come home at once, merging would take half of the machine from them, and no count waits for it. Beside
    busy writers it takes little at a time, and rests between; the log grows, and is merged when they are through. Not
    beyond LONG_LOG: then it goes on as fast as it can.
    """
    merged, until, waiting = 0, time.monotonic() + LONGEST_S, log_length()
    while True:
        began = time.monotonic()
        step = merge_step(LOG_ROWS_PER_MERGE if waiting > LONG_LOG else FEW_ROWS)
        if step is None:
            return None
        merged += step.changes
        left = log_length()
        came, waiting = left - max(waiting - step.changes, 0), left
        if left > LONG_LOG:
            continue
        if left < MANY and not step.is_part:
            return merged
        if came >= MANY:
            time.sleep(min(REST * (time.monotonic() - began), LONGEST_S))
        if time.monotonic() >= until:
            return merged


def log_length() -> int:
    """Rows in the log of changes; one more than LONG_LOG stands for any number of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT FROM rollups_delta LIMIT %s) AS log", [LONG_LOG + 1])
        rows: int = cursor.fetchone()[0]
    return rows


@transaction.atomic
def merge_step(most: int = LOG_ROWS_PER_MERGE) -> Merged | None:
    """One step of a merge: so many rows of each log, in one transaction; None when another session is merging."""
    with connection.cursor() as cursor:
        if not locks.try_lock(cursor, locks.ROLLUPS):
            return None
        cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEM])
        cursor.execute(sql.read("listening.rollups", "merge_deltas.sql"), {"most": most})
        changes: int = cursor.fetchone()[0]
        places = merge_squares(cursor, most)
        cursor.execute(sql.read("listening.rollups", "fold_changes.sql"))
    return Merged(changes, places, is_part=changes >= most or places >= most)
