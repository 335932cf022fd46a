"""What maps are drawn upon: the places of an edition, and which of them a district lies in.

Both are kept in the process by the version of the maps, which changes with them; so the version is read first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.db import connection

from backend.db import sql
from districts.models import BoundaryEdition, District
from listening.fieldwork.scope import Reach
from listening.needmaps.need import Place
from listening.needmaps.version import Version

MOST_KEPT: Final = 16  # per process; one of 140 districts takes some 100 kB


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Of some editions, by id: the places that a reader has, and in which of its districts a district lies, or is.

    Not to be changed.
    """

    places: Mapping[int, Sequence[Place]]
    lies_in: Mapping[int, Mapping[int, int]]


def ground_of(editions: Sequence[BoundaryEdition], reach: Reach, version: Version) -> Ground:
    """Two queries, none when it is kept."""
    return _kept(tuple(editions), reach, version.without_counts())


@lru_cache(maxsize=MOST_KEPT)
def _kept(editions: tuple[BoundaryEdition, ...], reach: Reach, version: Version) -> Ground:
    return Ground(list_places(editions, reach), list_placements(editions))


def list_places(editions: Sequence[BoundaryEdition], reach: Reach) -> dict[int, list[Place]]:
    """The places of a map of each edition, by code. One query.

    A larger district of which one reads a part would show a part of its counts: it is not on the map.
    """
    places: dict[int, list[Place]] = {edition.pk: [] for edition in editions}
    listed = District.objects.filter(edition__in=editions).order_by("edition", "code")
    for of, pk, code, name in listed.values_list("edition", "pk", "code", "name"):
        if reach.covers(pk):
            places[of].append((pk, code, name))
    return places


def list_placements(editions: Sequence[BoundaryEdition]) -> dict[int, dict[int, int]]:
    """For each edition, by district, the district of the edition that it is, or its main parent there. One query."""
    lies_in: dict[int, dict[int, int]] = {edition.pk: {} for edition in editions}
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.needmaps", "list_placements.sql"), {"editions": list(lies_in)})
        for of, source, district in cursor.fetchall():
            lies_in[of][source] = district
    return lies_in
