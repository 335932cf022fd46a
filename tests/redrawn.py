"""Squareville drawn anew: a split, a merge and a border that moved."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import geopandas
import yaml
from shapely.geometry import Polygon, box

from districts.importing.report import ImportReport
from districts.importing.run import import_edition
from tests.squareville import SIDE, SOUTH, WEST

REFORM: Final = dt.date(2026, 5, 20)


def rectangle(column: float, row: float, columns: float = 1, rows: float = 1) -> Polygon:
    """A rectangle of Squareville, in sides of an area from its south-west corner."""
    x, y = WEST + column * SIDE, SOUTH + row * SIDE
    return box(round(x, 6), round(y, 6), round(x + columns * SIDE, 6), round(y + rows * SIDE, 6))


# The areas as they were, and after the reform: 1 is split, 2 and 3 are one, and 5 has taken from 6.
BEFORE: Final = {str(n + 1): rectangle(n % 3, n // 3) for n in range(9)}
AFTER: Final = {
    "1a": rectangle(0, 0, 0.3),
    "1b": rectangle(0.3, 0, 0.7),
    "23": rectangle(1, 0, 2),
    "4": rectangle(0, 1),
    "5": rectangle(1, 1, 1.4),
    "6": rectangle(2.4, 1, 0.6),
    **{code: BEFORE[code] for code in "789"},
}


def redraw(
    folder: Path,
    polygons: dict[str, Polygon] = AFTER,
    *,
    layer: str = "area",
    rank: int = 0,
    code: str = "second",
    valid_from: dt.date = REFORM,
    residents: dict[str, int] | None = None,
) -> ImportReport:
    """Import an edition of a layer, as a city would."""
    mapping = {
        "layer": {"code": layer, "rank": rank, "names": {"it": layer, "en": layer}},
        "edition": {"code": code, "valid_from": valid_from},
        "source": "Drawn for tests",
        "licence": "CC0-1.0",
        "fields": {"code": "cod", "name": "nome"},
    }
    table = geopandas.GeoDataFrame(
        {"cod": list(polygons), "nome": [f"Area {one}" for one in polygons]},
        geometry=list(polygons.values()),
        crs="EPSG:4326",
    )
    if residents is not None:
        table["res"] = [residents[one] for one in polygons]
        mapping["population"] = {"field": "res", "year": 2026, "source": "counted"}
    config, source = folder / f"{layer}-{code}.yaml", folder / f"{layer}-{code}.geojson"
    config.write_text(yaml.safe_dump(mapping), encoding="utf-8")
    table.to_file(source)
    return import_edition(config, source)
