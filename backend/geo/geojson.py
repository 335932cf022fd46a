"""GeoJSON points (RFC 7946) from strangers: checked in full before anything else sees them.

PostGIS takes NaN, Infinity, coordinates as strings, a `crs` member and longitude 1000 without a word, so this stands in
front of it. Coordinates are WGS 84 degrees, longitude first, rounded to 7 decimals (about a centimetre).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

DECIMALS = 7


class Point2D(NamedTuple):
    """A position in degrees of EPSG:4326."""

    lon: float
    lat: float


class GeoJSONError(ValueError):
    """A geometry that is refused; `code` is stable, the message names the value and what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_point(value: object) -> Point2D:
    """Read a Point geometry.

    Raises GeoJSONError for any other type, for a third dimension, and for what is not a finite place on earth.

    References
    ----------
    RFC 7946, sections 3.1.1 (position), 3.1.2 (Point) and 4 (no `crs` member).
    """
    if not isinstance(value, Mapping):
        raise GeoJSONError("not-an-object", "A GeoJSON Point is an object with `type` and `coordinates`.")
    if "crs" in value:
        raise GeoJSONError("crs", "GeoJSON has no `crs` member: coordinates are WGS 84 longitude and latitude.")
    if value.get("type") != "Point":
        raise GeoJSONError("type", f"The type is {_shown(value.get('type'))}; it must be Point.")
    unknown = sorted(set(map(str, value)) - {"type", "coordinates", "bbox"})
    if unknown:
        raise GeoJSONError("unknown-member", f"A geometry has no member {_shown(unknown[0])}.")
    if "coordinates" not in value:
        raise GeoJSONError("coordinates", "The Point has no `coordinates`.")
    return _position(value["coordinates"])


def _position(value: object) -> Point2D:
    if not isinstance(value, list):
        raise GeoJSONError("coordinates", f"A position is a list [longitude, latitude], not {_shown(value)}.")
    if len(value) != 2:
        raise GeoJSONError(
            "dimensions", f"A position has two numbers, longitude and latitude; {_shown(value)} has {len(value)}."
        )
    lon, lat = (_degrees(number) for number in value)
    if abs(lat) > 90 and abs(lon) <= 90:
        raise GeoJSONError("swapped", f"[{lon}, {lat}] has latitude first: write longitude, then latitude.")
    if abs(lon) > 180 or abs(lat) > 90:
        raise GeoJSONError("out-of-range", f"[{lon}, {lat}] is not on earth: longitude goes to 180, latitude to 90.")
    return Point2D(round(lon, DECIMALS), round(lat, DECIMALS))


def _degrees(number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise GeoJSONError("not-a-number", f"{_shown(number)} is not a number of degrees.")
    if not math.isfinite(number):
        raise GeoJSONError("not-finite", f"{number} is not a finite number of degrees.")
    return float(number)


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
