"""From cells to a need map: which share of the conversations held in a place mention a theme.

The unit is the conversation, the denominator is the listening done in the place. A place where nobody listened has no
share, and a share of few conversations is marked thin: no listening and no need must never look alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db import connection

from backend.db import sql
from districts.models import BoundaryEdition, District
from listening.needmaps.query import NeedMapQuery, available_periods, parse_query

__all__ = ["CityNeed", "DistrictNeed", "NeedMap", "NeedMapQuery", "available_periods", "build_need_map", "parse_query"]

Coverage = Literal["none", "thin", "enough"]

# Under 20 conversations an interval around a share is wider than any difference one could act on.
ENOUGH_CONVERSATIONS = 20
# Fixed, so that periods can be compared by eye.
BREAKS = (0.05, 0.10, 0.20, 0.35)


@dataclass(frozen=True, slots=True)
class CityNeed:
    """Counts of a set of conversations: held, mentioning what was asked for, and mentions (findings) of it."""

    conversations: int
    mentioning: int
    mentions: int

    @property
    def share(self) -> float | None:
        """mentioning / conversations, 0-1; None when nobody listened."""
        return self.mentioning / self.conversations if self.conversations else None


@dataclass(frozen=True, slots=True)
class DistrictNeed(CityNeed):
    """The counts of one district."""

    district_id: int
    code: str
    name: str

    @property
    def coverage(self) -> Coverage:
        """How much listening stands behind the share."""
        if self.conversations == 0:
            return "none"
        return "enough" if self.conversations >= ENOUGH_CONVERSATIONS else "thin"


@dataclass(frozen=True, slots=True)
class NeedMap:
    """Needs of one layer in one period.

    `city` is all that was counted, `unplaced` what of it has no district in this layer. For whom reads some districts
    only (`is_partial`), it is these districts that count, and no others are listed.
    """

    query: NeedMapQuery
    districts: tuple[DistrictNeed, ...]
    city: CityNeed
    unplaced: CityNeed
    breaks: tuple[float, ...] = BREAKS

    @property
    def is_partial(self) -> bool:
        """Whether it leaves out districts that the reader has no assignment for."""
        return not self.query.reach.everywhere

    @property
    def edition(self) -> BoundaryEdition:
        """The boundaries in which it counts."""
        return self.query.edition


def build_need_map(query: NeedMapQuery) -> NeedMap:
    """Count a need map: two queries, whatever the number of records.

    Conversations are counted where they were held (the encounter place), on the boundaries valid today.
    """
    edition = query.edition
    segments = list(query.period.segments())
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_by_district.sql"),
            {
                "layer": query.layer.pk,
                "theme": query.theme.pk if query.theme else 0,
                "kind": query.kind or "any",
                "grains": [grain for grain, _, _ in segments],
                "firsts": [first for _, first, _ in segments],
                "untils": [until for _, _, until in segments],
                "first": query.period.first,
                "until": query.period.until,
                "districts": query.reach.as_list(),
            },
        )
        counts: dict[int | None, tuple[int, int, int]] = {row[0]: (row[1], row[2], row[3]) for row in cursor.fetchall()}
    # A larger district of which one reads a part would show a part of its counts: it is not on the map.
    places = [
        place
        for place in District.objects.as_of(edition).values_list("pk", "code", "name")
        if query.reach.covers(place[0])
    ]
    return NeedMap(
        query=query,
        districts=tuple(
            DistrictNeed(*counts.get(pk, (0, 0, 0)), district_id=pk, code=code, name=name) for pk, code, name in places
        ),
        city=CityNeed(*(sum(column) for column in zip((0, 0, 0), *counts.values(), strict=True))),
        unplaced=CityNeed(*counts.get(None, (0, 0, 0))),
    )
