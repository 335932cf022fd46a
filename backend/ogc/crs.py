"""Coordinate reference systems as OGC API names them: by URI, with the order of axes that the registry gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import pyproj
from pyproj.exceptions import CRSError

CRS84_URI: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG_URI: Final = "http://www.opengis.net/def/crs/EPSG/0/"
# About a centimetre: degrees of latitude, and metres.
DEGREE_DECIMALS, METRE_DECIMALS = 7, 2


@dataclass(frozen=True, slots=True)
class Crs:
    """`is_flipped`: the registry puts latitude or northing first, where the database has longitude or easting."""

    uri: str
    srid: int
    is_flipped: bool
    decimals: int


CRS84: Final = Crs(CRS84_URI, 4326, False, DEGREE_DECIMALS)


@cache
def epsg(code: int) -> Crs:
    """The system with a code of EPSG. Raises ValueError when there is none of two axes."""
    try:
        found = pyproj.CRS.from_epsg(code)
    except CRSError:
        raise ValueError(f"EPSG:{code} is no coordinate reference system") from None
    if len(found.axis_info) != 2:
        raise ValueError(f"EPSG:{code} has {len(found.axis_info)} axes, not two")
    decimals = DEGREE_DECIMALS if found.is_geographic else METRE_DECIMALS
    return Crs(f"{EPSG_URI}{code}", code, found.axis_info[0].direction.lower() == "north", decimals)


@cache
def offered(metric: int) -> dict[str, Crs]:
    """The systems of this service by URI, CRS84 first: WGS 84 in both orders, the one of web maps, the city's own."""
    return {system.uri: system for system in (CRS84, epsg(4326), epsg(3857), epsg(metric))}
