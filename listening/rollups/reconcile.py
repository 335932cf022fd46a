"""Prove that the cells equal the records, and mend them when they do not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from backend.db import locks, sql
from listening.rollups.squares import LOG_ROWS_PER_MERGE, keep_hexagons


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell that does not say what the records say."""

    role: str
    grain: str
    theme_id: int
    kind: str
    bucket: dt.date
    district_id: int
    kept_conversations: int
    kept_mentions: int
    kept_severe: int
    true_conversations: int
    true_mentions: int
    true_severe: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The outcome of a recount: cells and counted conversations there are, and the cells that differ.

    `occasions`: occasions that differ from the records; `sums`: cells whose sums of squares differ from the occasions;
    `squares`: squares of the grid that differ; `hexagons`: conversations whose hexagons are not those of their spot.
    """

    cells: int
    conversations: int
    differences: tuple[Difference, ...]
    occasions: int
    sums: int
    squares: int
    hexagons: int

    @property
    def wrong(self) -> int:
        """All that differs."""
        return len(self.differences) + self.occasions + self.sums + self.squares + self.hexagons


def reconcile() -> Reconciliation:
    """Count every cell anew from the records and compare, as of one moment; nobody waits for it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(sql.read("listening.rollups", "compare_cells.sql"))
        differences = tuple(Difference(*row) for row in cursor.fetchall())
        cursor.execute(sql.read("listening.rollups", "compare_occasions.sql"))
        occasions, sums = cursor.fetchone()
        cursor.execute(sql.read("listening.rollups", "compare_squares.sql"))
        squares, hexagons = cursor.fetchone()
        cursor.execute(
            "SELECT (SELECT count(*) FROM rollups_current),"
            " (SELECT count(*) FROM records_conversation WHERE may_be_counted AND NOT is_test)"
        )
        cells, conversations = cursor.fetchone()
        return Reconciliation(cells, conversations, differences, occasions, sums, squares, hexagons)


def repair() -> None:
    """Write tallies, occasions, cells and squares anew from the records. Writers of records wait until it is done."""
    with transaction.atomic(), connection.cursor() as cursor:
        locks.lock(cursor, locks.ROLLUPS)
        cursor.execute("LOCK TABLE records_conversation, records_finding, records_findingtheme IN SHARE MODE")
        cursor.execute(sql.read("listening.rollups", "rewrite_cells.sql"))
        cursor.execute("SELECT conversation_id FROM rollups_tally WHERE spot IS NOT NULL")
        placed = [row[0] for row in cursor.fetchall()]
        for few in batched(placed, LOG_ROWS_PER_MERGE):
            keep_hexagons(cursor, few)


def batched(ids: Sequence[UUID], most: int) -> Iterator[list[UUID]]:
    """The ids, so many at a time."""
    for first in range(0, len(ids), most):
        yield list(ids[first : first + most])
