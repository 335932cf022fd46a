"""Tiles of the square world: which place on earth a zoom, a column and a row mean.

One tile matrix set is known, WebMercatorQuad, which every web map speaks. Pure: no Django, no database, no HTTP.

References
----------
OGC Two Dimensional Tile Matrix Set and Tile Set Metadata, version 2.0 (OGC 17-083r4): tile matrices
are numbered from 0 and rows are counted from the north; the set is registered at `URI`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Self

from backend.geo.bbox import BBox

WEB_MERCATOR_QUAD: Final = "WebMercatorQuad"
URI: Final = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
CRS: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
# Half the side of the world, in metres of EPSG:3857: pi times the equatorial radius of WGS 84.
HALF_WORLD_M: Final = math.pi * 6_378_137.0
# The set is defined to matrix 24, where a pixel of a tile of 256 is 9 mm.
MAX_ZOOM: Final = 24


class TileError(ValueError):
    """A zoom, column and row that are no tile; the message names the value and what would be right."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of WebMercatorQuad: zoom (tile matrix), column from the west, row from the *north*, all from 0."""

    z: int
    x: int
    y: int

    @classmethod
    def of(cls, z: int | str, x: int | str, y: int | str, *, min_zoom: int = 0, max_zoom: int = MAX_ZOOM) -> Self:
        """The tile of three whole numbers, or of the texts of a path.

        Raises TileError for what is no whole number, for a zoom outside the range, and for a column or row outside the
        matrix: there are 2**z of each.
        """
        zoom = _whole("zoom", z)
        if not min_zoom <= zoom <= max_zoom:
            raise TileError(f"There are no tiles at zoom {zoom}; it goes from {min_zoom} to {max_zoom}.")
        last = 2**zoom - 1
        for name, value in (("column", x), ("row", y)):
            if _whole(name, value) > last:
                raise TileError(f"There is no {name} {value} at zoom {zoom}; it goes from 0 to {last}.")
        return cls(zoom, int(x), int(y))

    @property
    def side_m(self) -> float:
        """The side of the tile, in metres of EPSG:3857 (of the ground only at the equator)."""
        return math.ldexp(2 * HALF_WORLD_M, -self.z)

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """minx, miny, maxx, maxy in metres of EPSG:3857."""
        west, north = -HALF_WORLD_M + self.x * self.side_m, HALF_WORLD_M - self.y * self.side_m
        return west, north - self.side_m, west + self.side_m, north

    @property
    def bbox(self) -> BBox:
        """The same in degrees of EPSG:4326."""
        west, south, east, north = self.bounds_m
        return BBox(_longitude(west), _latitude(south), _longitude(east), _latitude(north))


def tile_at(lon: float, lat: float, zoom: int) -> Tile:
    """The tile that holds a place in degrees of EPSG:4326; beyond 85.0511 degrees of latitude, the outermost one.

    A place on an edge lies in the tile to the east and to the south of it.
    """
    last = 2**zoom - 1
    x = (lon + 180) / 360 * 2**zoom
    sine = math.sin(math.radians(min(max(lat, -89.99), 89.99)))
    y = (0.5 - math.atanh(sine) / (2 * math.pi)) * 2**zoom
    return Tile(zoom, min(max(math.floor(x), 0), last), min(max(math.floor(y), 0), last))


def _whole(name: str, value: int | str) -> int:
    # Up to nine digits, ASCII only: int() takes " 1", "1_0" and other alphabets, and hesitates before long numbers.
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value), re.ASCII):
        raise TileError(f"The {name} {str(value)[:20]!r} is not a whole number from 0 on.")
    return int(value)


def _longitude(x_m: float) -> float:
    return x_m / HALF_WORLD_M * 180


def _latitude(y_m: float) -> float:
    return math.degrees(math.atan(math.sinh(y_m / HALF_WORLD_M * math.pi)))
