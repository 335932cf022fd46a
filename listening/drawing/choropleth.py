"""Drawing districts: from GeoJSON geometries to SVG paths, and from shares to classes.

Pure: text and numbers in, text and numbers out. Knows no database, no request, no language and no colour; the colours
of the classes are CSS (`static/dashboard/dashboard.css`), the markup is `templates/dashboard/map.html`.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely

# Longest side of the picture, in whole units: a city 16 km wide is drawn to 8 m, under half a pixel on a screen.
LONGEST_SIDE = 2000
# Room for the outlines of the outermost districts, in units.
MARGIN = 6
# Of more names than this, most would not fit into their districts.
MOST_NAMES = 30
# Lettering, in units; a letter of a sans-serif is about 0.55 of its size wide.
LETTER_SIZE = 40
LETTER_WIDTH = 0.55 * LETTER_SIZE
METRES_PER_DEGREE = 111_320  # of latitude, mean over the ellipsoid (WGS 84) to 0.5 %

Position = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Paths in one coordinate system: x to the right, y down, whole units from 0 to `width` and `height`."""

    width: int
    height: int
    metres_per_unit: float
    paths: Mapping[int, str]
    # Empty where there are too many districts to name.
    spots: Mapping[int, Spot] = field(default_factory=dict)
    # West and north edge in degrees, the squeeze of longitude, units a degree, margin: the way back to the globe.
    frame: tuple[float, float, float, float, int] = (0.0, 0.0, 1.0, 1.0, 0)

    @property
    def frame_text(self) -> str:
        """The frame for a script, with points whatever the language."""
        return " ".join(f"{value:.10g}" for value in self.frame)

    @property
    def scale_bar(self) -> ScaleBar:
        """The longest round distance (1, 2 or 5 times a power of ten) of at most a quarter of the width."""
        limit_m = self.width * self.metres_per_unit / 4
        power = 10 ** math.floor(math.log10(limit_m))
        metres = next(step * power for step in (5, 2, 1) if step * power <= limit_m)
        return ScaleBar(metres=metres, units=round(metres / self.metres_per_unit))


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A distance on the ground and its length in the picture."""

    metres: float
    units: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a name may stand in a district, and the room to its sides, in units."""

    x: int
    y: int
    room: int


def class_of(share: float, breaks: Sequence[float]) -> int:
    """Number of the class of a share, 1 for the lowest to len(breaks) + 1; a share on a break is in the upper class.

    Parameters
    ----------
    share : float
        0-1.
    breaks : Sequence[float]
        Ascending, 0-1, fixed for all periods so that maps can be compared by eye.
    """
    return bisect_right(breaks, share) + 1


def draw(geometries: Mapping[int, str]) -> Drawing:
    """Project districts to the plane and write each as the data of one SVG path.

    Parameters
    ----------
    geometries : Mapping[int, str]
        GeoJSON Polygon or MultiPolygon text per district, longitude/latitude (EPSG:4326, degrees). What is empty
        or null is left out of the paths.

    Returns
    -------
    Drawing
        Longest side LONGEST_SIDE units. Coordinates are rounded before they are made relative, so that a corner that
        two districts share is drawn at one place and no gap opens between them.

    Raises
    ------
    ValueError
        For any other type of geometry.

    Notes
    -----
    Equirectangular projection with the standard parallel in the middle of the extent: x = longitude * cos(latitude).
    Over a city (0.2 degrees) shapes are true to 0.2 %. It does not serve a picture of a country, nor one across the
    antimeridian.
    """
    shapes = {key: list(_rings(json.loads(text))) for key, text in geometries.items()}
    positions = [position for rings in shapes.values() for ring in rings for position in ring]
    if not positions:
        return Drawing(LONGEST_SIDE, LONGEST_SIDE, 1.0, {})
    west, east = min(x for x, _ in positions), max(x for x, _ in positions)
    south, north = min(y for _, y in positions), max(y for _, y in positions)
    squeeze = math.cos(math.radians((south + north) / 2))
    extent = max((east - west) * squeeze, north - south) or 1.0
    units_per_degree = (LONGEST_SIDE - 2 * MARGIN) / extent

    def project(position: Position) -> tuple[int, int]:
        x, y = position
        return (
            round((x - west) * squeeze * units_per_degree) + MARGIN,
            round((north - y) * units_per_degree) + MARGIN,
        )

    paths = {key: "".join(_subpath([project(p) for p in ring]) for ring in rings) for key, rings in shapes.items()}
    right, bottom = project((east, south))
    return Drawing(
        width=right + MARGIN,
        height=bottom + MARGIN,
        metres_per_unit=METRES_PER_DEGREE / units_per_degree,
        frame=(west, north, squeeze, units_per_degree, MARGIN),
        paths={key: path for key, path in paths.items() if path},
        spots={
            key: _spot([[project(p) for p in ring] for ring in shapes[key]])
            for key, path in paths.items()
            if path and len(paths) <= MOST_NAMES
        },
    )


def fit(name: str, spot: Spot) -> list[str]:
    """A name broken at blanks and hyphens into lines that have room at a spot; no lines when it does not fit."""
    letters = int(spot.room / LETTER_WIDTH)
    lines = [""]
    for word in re.findall(r"[^\s-]+-?\s*|-\s*", name):
        if lines[-1] and len((lines[-1] + word).rstrip()) > letters:
            lines.append("")
        lines[-1] += word
    lines = [line.rstrip() for line in lines]
    return lines if max(map(len, lines)) <= letters and len(lines) <= 3 else []


def _rings(geometry: dict[str, Any] | None) -> Iterator[list[Position]]:
    match geometry:
        case None:
            return
        case {"type": "Polygon", "coordinates": polygon}:
            polygons = [polygon]
        case {"type": "MultiPolygon", "coordinates": polygons}:
            pass
        case _:
            raise ValueError(f"A district is a Polygon or a MultiPolygon, not {geometry.get('type')!r}.")
    for polygon in polygons:
        for ring in polygon:
            # GeoJSON repeats the first position at the end; in a path "z" closes the ring.
            yield [(position[0], position[1]) for position in ring[:-1]]


def _subpath(corners: list[tuple[int, int]]) -> str:
    """One closed ring, an absolute start and relative steps; nothing when it shrinks to less than a triangle."""
    steps: list[tuple[int, int]] = []
    here = corners[0]
    for corner in corners[1:]:
        if corner != here:
            steps.append((corner[0] - here[0], corner[1] - here[1]))
            here = corner
    if len(steps) < 2:
        return ""
    moves = "".join(f"{dx}{dy:+d}" if number == 0 else f"{dx:+d}{dy:+d}" for number, (dx, dy) in enumerate(steps))
    return f"M{corners[0][0]} {corners[0][1]}l{moves}z"


def _spot(rings: list[list[tuple[int, int]]]) -> Spot:
    area = shapely.make_valid(shapely.union_all([shapely.Polygon(ring) for ring in rings if len(ring) > 2]))
    circle = shapely.maximum_inscribed_circle(area, tolerance=4)
    # In an oblong the circle may lie anywhere along it: the middle is better where it has nearly as much room.
    middle = area.centroid
    if not area.contains(middle) or area.boundary.distance(middle) < 0.8 * circle.length:
        middle = shapely.Point(circle.coords[0])
    x, y = middle.x, middle.y
    level = shapely.intersection(area, shapely.LineString([(0, y), (LONGEST_SIDE, y)]))
    [here] = [part for part in shapely.get_parts(level) if part.distance(middle) < 1]
    west, _, east, _ = here.bounds
    return Spot(round(x), round(y), round(2 * min(x - west, east - x)))
