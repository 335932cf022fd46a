"""GeoJSON geometries (RFC 7946) from strangers: checked in full before anything else sees them.

PostGIS takes NaN, Infinity, coordinates as strings, a `crs` member and longitude 1000 without a word, so this stands in
front of it. Coordinates are WGS 84 degrees, longitude first, rounded to 7 decimals (about a centimetre).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

DECIMALS = 7
MOST_VERTICES = 10_000
MOST_RINGS = 100

Ring = tuple["Point2D", ...]


class Point2D(NamedTuple):
    """A position in degrees of EPSG:4326."""

    lon: float
    lat: float


class PolygonShape(NamedTuple):
    """The polygons of a Polygon or MultiPolygon; each is its rings, exterior first."""

    polygons: tuple[tuple[Ring, ...], ...]


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
    members = _geometry(value, ("Point",))
    return _position(members["coordinates"])


def parse_polygon(value: object) -> PolygonShape:
    """Read a Polygon or MultiPolygon geometry of at most 10,000 vertices and 100 rings.

    Raises GeoJSONError; whether rings cross themselves is for the database to say.

    References
    ----------
    RFC 7946, sections 3.1.6 and 3.1.7: a linear ring has four or more positions, the first equal to the last.
    """
    members = _geometry(value, ("Polygon", "MultiPolygon"))
    coordinates = members["coordinates"]
    nested = [coordinates] if members["type"] == "Polygon" else coordinates
    if not isinstance(nested, list) or not nested or not all(isinstance(rings, list) and rings for rings in nested):
        raise GeoJSONError("coordinates", "The coordinates of a polygon are a list of rings.")
    rings = [ring for polygon in nested for ring in polygon]
    if len(rings) > MOST_RINGS:
        raise GeoJSONError("too-many-rings", f"{len(rings)} rings: at most {MOST_RINGS} fit.")
    vertices = sum(len(ring) for ring in rings if isinstance(ring, list))
    if vertices > MOST_VERTICES:
        raise GeoJSONError("too-many-vertices", f"{vertices} vertices: at most {MOST_VERTICES} fit; simplify it.")
    return PolygonShape(tuple(tuple(_ring(ring) for ring in polygon) for polygon in nested))


def _geometry(value: object, types: tuple[str, ...]) -> Mapping[str, Any]:
    wanted = " or ".join(types)
    if not isinstance(value, Mapping):
        raise GeoJSONError("not-an-object", f"A GeoJSON {wanted} is an object with `type` and `coordinates`.")
    if "crs" in value:
        raise GeoJSONError("crs", "GeoJSON has no `crs` member: coordinates are WGS 84 longitude and latitude.")
    if value.get("type") not in types:
        raise GeoJSONError("type", f"The type is {_shown(value.get('type'))}; it must be {wanted}.")
    unknown = sorted(set(map(str, value)) - {"type", "coordinates", "bbox"})
    if unknown:
        raise GeoJSONError("unknown-member", f"A geometry has no member {_shown(unknown[0])}.")
    if "coordinates" not in value:
        raise GeoJSONError("coordinates", f"The {wanted} has no `coordinates`.")
    return value


def _ring(value: object) -> Ring:
    if not isinstance(value, list) or len(value) < 4:
        raise GeoJSONError("ring", "A ring is a list of four or more positions.")
    ring = tuple(_position(position) for position in value)
    if ring[0] != ring[-1]:
        raise GeoJSONError(
            "open-ring", f"A ring ends where it starts; this one goes from {ring[0][:]} to {ring[-1][:]}."
        )
    return ring


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
