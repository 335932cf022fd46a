"""Which districts touch."""

from __future__ import annotations

from functools import lru_cache

from django.db import connection

from backend.db import sql
from districts.models import BoundaryEdition


def neighbours(edition: BoundaryEdition) -> tuple[tuple[int, int], ...]:
    """Pairs of primary keys of districts that touch in a side or a corner (queen contiguity), each pair once.

    What lies within a metre touches. Cached: an edition never changes its geometry.
    """
    return _neighbours(edition.pk, edition.checksum)


@lru_cache(maxsize=64)
def _neighbours(edition_id: int, checksum: str) -> tuple[tuple[int, int], ...]:
    """The checksum is part of the key because two databases may give one number to different editions."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts", "neighbours.sql"), {"edition": edition_id})
        return tuple((first, second) for first, second in cursor.fetchall())
