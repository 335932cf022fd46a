"""Need maps by hexagon (H3): a second look at the same listening, in places of one size that nobody drew.

The figures are those of districts, worked out in the same way. Only conversations with a point are in hexagons.

References
----------
H3, a hexagonal hierarchical geospatial indexing system, https://h3geo.org. A hexagon has some 5 km2 at resolution 7,
0.7 km2 at 8, 0.1 km2 at 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import h3.api.basic_int as h3
import numpy as np
from django.db import connection
from numpy.typing import NDArray

from backend.db import sql
from backend.problems import InvalidParameter
from listening.needmaps.estimate import estimate, sums_over_occasions
from listening.needmaps.need import CityNeed, Claim, Coverage, PlaceClaim, city_claim, coverage_of, place_claim
from listening.needmaps.places import PlacesQuery
from listening.rollups.squares import RESOLUTIONS

USUAL_RESOLUTION: Final = 8
MOST_HEXAGONS: Final = 5_000  # what a map can draw, and a person read
DECIMALS: Final = 6  # of a degree: about 0.1 m


@dataclass(frozen=True, slots=True, kw_only=True)
class HexagonNeed(CityNeed):
    """The counts of one hexagon. `is_withheld`: too few mention what was asked for, so that is not told."""

    hexagon: int
    claim: PlaceClaim | None = None
    is_withheld: bool = False

    @property
    def index(self) -> str:
        """The H3 index as it is written: 15 hexadecimal digits."""
        return str(h3.int_to_str(self.hexagon))

    @property
    def coverage(self) -> Coverage:
        """How much listening stands behind the share."""
        return coverage_of(self.conversations)

    @property
    def ring(self) -> list[tuple[float, float]]:
        """The outline in degrees of EPSG:4326, closed, longitude first, counter-clockwise (RFC 7946, section 3.1.6)."""
        corners = [(round(lon, DECIMALS), round(lat, DECIMALS)) for lat, lon in h3.cell_to_boundary(self.hexagon)]
        turns = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
        return [*corners, corners[0]] if turns > 0 else [*reversed(corners), corners[-1]]


@dataclass(frozen=True, slots=True)
class HexagonMap:
    """Needs by hexagon. `city` is all that was counted, `elsewhere` what of it lies in hexagons that are not shown."""

    query: PlacesQuery
    kind: str | None
    resolution: int
    hexagons: tuple[HexagonNeed, ...]
    city: CityNeed
    elsewhere: CityNeed


def parse_resolution(params: Mapping[str, str]) -> int:
    """Read how fine the hexagons are. Raises InvalidParameter."""
    text = params.get("resolution", "") or str(USUAL_RESOLUTION)
    if text not in map(str, RESOLUTIONS):
        raise InvalidParameter(
            f"There is no resolution {text!r}.",
            parameter="resolution",
            value=text,
            allowed=[str(one) for one in RESOLUTIONS],
        )
    return int(text)


def build_hexagon_map(query: PlacesQuery, *, kind: str | None, resolution: int) -> HexagonMap:
    """Count a need map by hexagon: one query. Raises InvalidParameter when there are more than MOST_HEXAGONS."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_by_hexagon.sql"),
            {
                "resolution": resolution,
                "theme": query.theme.pk if query.theme else 0,
                "kind": kind or "any",
                "first": query.period.first,
                "until": query.period.until,
                **query.sight.as_params(),
            },
        )
        rows = cursor.fetchall()
    hexagons = [row[0] for row in rows if row[0] is not None]
    if len(hexagons) > MOST_HEXAGONS:
        raise InvalidParameter(
            f"There are {len(hexagons):,} hexagons of resolution {resolution}; a map has {MOST_HEXAGONS:,} at most.",
            parameter="resolution",
            value=str(resolution),
            allowed=[str(one) for one in RESOLUTIONS if one < resolution],
        )
    # The last line is what is in no hexagon of the map: it takes part in the figures of the city alone.
    counts = np.zeros((len(hexagons) + 1, 8), np.int64)
    for number, (_, *told) in enumerate(rows):
        counts[number] = told
    held, mentioning, _, _, occasions, squares, crossed, held_squares = (column[:, np.newaxis] for column in counts.T)
    estimates = estimate(
        held, mentioning, sums_over_occasions(occasions, held, mentioning, squares, crossed, held_squares)
    )
    return HexagonMap(
        query=query,
        kind=kind,
        resolution=resolution,
        hexagons=tuple(
            HexagonNeed(
                *counts[number, :4].tolist(),
                claim=place_claim(estimates, number),
                hexagon=hexagon,
                is_withheld=bool(0 < counts[number, 1] < query.sight.fewest),
            )
            for number, hexagon in enumerate(hexagons)
        ),
        city=_city(counts.sum(axis=0), city_claim(estimates, int(held.sum()))),
        elsewhere=_city(counts[-1]),
    )


def _city(counts: NDArray[np.int64], claim: Claim | None = None) -> CityNeed:
    conversations, mentioning, mentions, severe = counts[:4].tolist()
    return CityNeed(conversations, mentioning, mentions, severe, claim)
