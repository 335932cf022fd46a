"""Districts as vector tiles: boundaries alone. Values come apart, by the id of the district."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import shapely
from django.db import connection

from backend import clock
from backend.db import sql
from backend.geo.bbox import BBox
from backend.geo.tile_matrix import Tile
from backend.problems import NotFound
from districts.models import BoundaryEdition
from districts.simplify import simplified_coverage

MIN_ZOOM: Final = 0
MAX_ZOOM: Final = 16  # from here on, a map enlarges what it has: a unit of such a tile is 10 cm
# Of the side of a tile, whose screen is some 1,000 pixels.
TOLERANCE: Final = 1 / 1_000
MARGIN: Final = 64 / 4_096


def district_tile(edition: BoundaryEdition, tile: Tile, *, version: str) -> bytes:
    """The districts of an edition that meet a tile, as Mapbox Vector Tile; empty when none does. One query at most.

    Neighbours are simplified together and still touch. `version` is the present `geography_version`: what was drawn
    under it is not drawn again.
    """
    return _drawn(edition.pk, edition.checksum, version, tile)


def bounds_of(edition: BoundaryEdition) -> BBox:
    """The box around an edition, in degrees of EPSG:4326."""
    return BBox(*map(float, shapely.total_bounds(simplified_coverage(edition, 0.0).polygons)))


def city_bounds() -> BBox:
    """The box around the base layer of today. One query. Raises NotFound before any import."""
    base = BoundaryEdition.objects.valid_on(clock.today()).filter(layer__rank=0).first()
    if base is None:
        raise NotFound("No boundaries have been imported yet.")
    return bounds_of(base)


@lru_cache(maxsize=256)
def _drawn(edition_id: int, checksum: str, version: str, tile: Tile) -> bytes:
    edition = BoundaryEdition(pk=edition_id, checksum=checksum)
    minx, miny, maxx, maxy = tile.bbox
    across, down = (maxx - minx) * MARGIN, (maxy - miny) * MARGIN
    coverage = simplified_coverage(edition, tile.side_m * TOLERANCE)
    near = shapely.intersects(coverage.polygons, shapely.box(minx - across, miny - down, maxx + across, maxy + down))
    if not near.any():
        return b""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("districts", "districts_as_tile.sql"),
            {
                "z": tile.z,
                "x": tile.x,
                "y": tile.y,
                "ids": [key for key, is_near in zip(coverage.keys, near, strict=True) if is_near],
                "shapes": list(shapely.to_wkb(coverage.polygons[near])),
            },
        )
        return bytes(cursor.fetchone()[0])
