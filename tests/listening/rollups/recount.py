"""Cells held against the records, within the transaction of a test (`reconcile` wants one of its own)."""

from typing import Any

from django.db import connection

from backend.db import sql


def differences() -> list[tuple[Any, ...]]:
    """The cells that do not say what the records say."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.rollups", "compare_cells.sql"))
        return cursor.fetchall()


def wrong_occasions() -> tuple[int, int]:
    """How many occasions do not say what the records say, and how many cells hold other sums than the occasions."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.rollups", "compare_occasions.sql"))
        return cursor.fetchone()


def wrong_squares() -> tuple[int, int]:
    """How many squares do not say what the records say, and how many hexagons are not those of the spot."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.rollups", "compare_squares.sql"))
        return cursor.fetchone()
