"""A small picture of some features: SVG paths, drawn by the server. No script, no tiles of strangers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 640  # units of the view box
MOST_SHADES: Final = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """`shade` is 0 to 5, or empty: no value."""

    path: str
    label: str
    shade: str


@dataclass(frozen=True, slots=True)
class Drawing:
    height: int
    width: int
    shapes: list[Shape]


def drawing_of(features: Sequence[dict[str, Any]], shade: str, label: str) -> Drawing | None:
    """GeoJSON features with polygons in degrees, each outline once; None when there are none.

    Degrees of longitude are narrowed by the cosine of the middle latitude: over a city no projection differs visibly.
    """
    drawn: dict[str, dict[str, Any]] = {}
    for feature in features:
        if feature["geometry"] is not None:
            drawn.setdefault(repr(feature["geometry"]["coordinates"][0][0][:3]), feature)
    rings = {key: list(_rings(feature["geometry"])) for key, feature in drawn.items()}
    places = [place for found in rings.values() for ring in found for place in ring]
    if not places:
        return None
    west, east = min(x for x, _ in places), max(x for x, _ in places)
    south, north = min(y for _, y in places), max(y for _, y in places)
    narrowing = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / max((east - west) * narrowing, north - south, 1e-9)

    def written(ring: Iterable[Sequence[float]]) -> str:
        return "M" + "L".join(f"{(x - west) * narrowing * scale:.1f} {(north - y) * scale:.1f}" for x, y in ring) + "Z"

    shapes = [
        Shape("".join(map(written, rings[key])), str(feature["properties"].get(label, "")), _shade(feature, shade))
        for key, feature in drawn.items()
    ]
    return Drawing(math.ceil((north - south) * scale), math.ceil((east - west) * narrowing * scale), shapes)


def _rings(geometry: dict[str, Any]) -> Iterable[list[Sequence[float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon


def _shade(feature: dict[str, Any], name: str) -> str:
    value = feature["properties"].get(name)
    return str(min(value, MOST_SHADES - 1)) if isinstance(value, int) else ""
