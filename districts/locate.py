"""Which district a point lies in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.contrib.gis.geos import Point
from django.db import connection

How = Literal["inside", "nearest", "outside"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a point was placed: the base-layer district, and by which part of the rule."""

    district_id: int | None
    how: How


def locate(point: Point) -> Location:
    """Place a point (EPSG:4326) in the base layer valid today. One query.

    Edges belong to both neighbours, and real layers overlap by slivers: the lowest code wins, in natural order ("2"
    before "10"). Real layers also have gaps of centimetres: up to 1 m away the nearest district is meant. Otherwise the
    point is outside.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, ST_Covers(d.geometry, at.point)"
            " FROM (SELECT ST_SetSRID(ST_MakePoint(%s, %s), 4326) AS point) AS at"
            " JOIN districts_district d ON d.id = districts_locate(at.point)",
            [point.x, point.y],
        )
        found = cursor.fetchone()
    if found is None:
        return Location(None, "outside")
    return Location(found[0], "inside" if found[1] else "nearest")
