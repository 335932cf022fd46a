"""Squareville, a city of nine square areas on a grid, small enough to count by hand.

Areas are numbered 1 to 9 from south-west to north-east, three to a row, each 0.01 degree wide, the first corner at
longitude 11.30, latitude 44.48. Every row is a zona (A, B, C); the three rows are one quartiere (10). The zone di
prossimita are the three columns (west, middle, east): they cross the zone, as in Bologna.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.utils import timezone

from districts.models import BoundaryEdition, District, Layer, Membership

WEST, SOUTH, SIDE = 11.30, 44.48, 0.01


@dataclass(frozen=True)
class City:
    """Layers and districts of Squareville, by code."""

    layers: dict[str, Layer]
    districts: dict[tuple[str, str], District]

    def area(self, code: int) -> District:
        return self.districts["area", str(code)]


def inside(code: int, dx: float = 0.5, dy: float = 0.5) -> tuple[float, float]:
    """A point in an area: `dx` and `dy` are fractions of its side from its south-west corner."""
    row, column = divmod(code - 1, 3)
    return (WEST + (column + dx) * SIDE, SOUTH + (row + dy) * SIDE)


def square(column: int, row: int, columns: int = 1, rows: int = 1) -> Polygon:
    x, y = WEST + column * SIDE, SOUTH + row * SIDE
    return Polygon.from_bbox((round(x, 6), round(y, 6), round(x + columns * SIDE, 6), round(y + rows * SIDE, 6)))


def build_city(*, valid_from: dt.date = dt.date(2020, 1, 1)) -> City:
    layers = {
        "area": Layer.objects.create(code="area", rank=0, names={"it": "Area", "en": "Area"}),
        "zona": Layer.objects.create(code="zona", rank=1, names={"it": "Zona", "en": "Zone"}, is_default=True),
        "prossimita": Layer.objects.create(code="prossimita", rank=1, names={"it": "Prossimità", "en": "Proximity"}),
        "quartiere": Layer.objects.create(code="quartiere", rank=2, names={"it": "Quartiere", "en": "District"}),
    }
    districts: dict[tuple[str, str], District] = {}

    def add(layer: str, code: str, name: str, polygon: Polygon) -> None:
        edition, _ = BoundaryEdition.objects.get_or_create(
            layer=layers[layer],
            code="first",
            defaults={
                "status": BoundaryEdition.Status.ACTIVE,
                "valid_from": valid_from,
                "source": "Drawn for tests",
                "licence": "CC0-1.0",
                "checksum": f"squareville-{layer}",
                "imported_at": timezone.localtime(),
            },
        )
        districts[layer, code] = District.objects.create(
            edition=edition,
            code=code,
            name=name,
            geometry=MultiPolygon(polygon, srid=4326),
            point_on_surface=Point(*polygon.centroid.coords, srid=4326),
            area_km2=0.88,
        )

    for number in range(1, 10):
        row, column = divmod(number - 1, 3)
        add("area", str(number), f"Area {number}", square(column, row))
    for row, code in enumerate("ABC"):
        add("zona", code, f"Zona {code}", square(0, row, columns=3))
    for column, code in enumerate(("west", "middle", "east")):
        add("prossimita", code, code.title(), square(column, 0, rows=3))
    add("quartiere", "10", "Centro", square(0, 0, columns=3, rows=3))

    pairs = []
    for number in range(1, 10):
        row, column = divmod(number - 1, 3)
        area = districts["area", str(number)]
        pairs += [
            (area, districts["zona", "ABC"[row]]),
            (area, districts["prossimita", ("west", "middle", "east")[column]]),
            (area, districts["quartiere", "10"]),
        ]
    pairs += [
        (district, districts["quartiere", "10"])
        for (layer, _), district in districts.items()
        if layer in {"zona", "prossimita"}
    ]
    Membership.objects.bulk_create(
        Membership(child=child, parent=parent, share_of_area=1, is_main=True) for child, parent in pairs
    )
    return City(layers, districts)
