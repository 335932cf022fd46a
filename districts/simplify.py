"""Simplified boundaries that still fit together: what two neighbours share is simplified once.

Simplifying each polygon by itself opens gaps and overlaps between neighbours; on a choropleth they look like places
where nobody lives.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from districts.models import BoundaryEdition, District

# Tolerances are rounded down to these, so that the cache holds few versions of each edition.
STEPS_M = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
DECIMALS = 6  # about 0.1 m
# Real layers have gaps of centimetres along shared edges. They are closed for drawing, never in the stored boundaries.
GAP_WIDTH_M = 1.0


def simplified_geometries(edition: BoundaryEdition, tolerance_m: float) -> dict[int, str]:
    """GeoJSON geometries of an edition by district primary key, simplified as one coverage.

    Coordinates are EPSG:4326 degrees with 6 decimals, exterior rings counter-clockwise (RFC 7946, section 3.1.6). No
    district vanishes. With a tolerance of 0 the boundaries are as imported.

    The tolerance is in metres: Visvalingam-Whyatt removes a vertex when its triangle has an area below its square (see
    `shapely.coverage_simplify`). It is rounded down to one of `STEPS_M`. Cached: an edition never changes its geometry.
    """
    return _simplified(edition.pk, edition.checksum, _step(tolerance_m))


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Polygons of an edition in EPSG:4326 degrees, by district primary key, side by side."""

    keys: tuple[int, ...]
    polygons: NDArray[Any]


def simplified_coverage(edition: BoundaryEdition, tolerance_m: float) -> Coverage:
    """The same as `simplified_geometries`, as shapely polygons. Cached; not to be changed."""
    return _coverage(edition.pk, edition.checksum, _step(tolerance_m))


def _step(tolerance_m: float) -> float:
    return max(step for step in STEPS_M if step <= max(tolerance_m, 0.0))


@lru_cache(maxsize=64)
def _simplified(edition_id: int, checksum: str, tolerance_m: float) -> dict[int, str]:
    coverage = _coverage(edition_id, checksum, tolerance_m)
    return dict(zip(coverage.keys, shapely.to_geojson(coverage.polygons).tolist(), strict=True))


@lru_cache(maxsize=64)
def _coverage(edition_id: int, checksum: str, tolerance_m: float) -> Coverage:
    """The checksum is part of the key because two databases may give one number to different editions."""
    rows = District.objects.filter(edition=edition_id).values_list("pk", "geometry")
    found = [(pk, bytes(geometry.wkb)) for pk, geometry in rows]
    keys = tuple(pk for pk, _wkb in found)
    polygons = shapely.from_wkb(np.array([wkb for _pk, wkb in found], dtype=object))
    if tolerance_m > 0 and keys:  # nothing has no middle to be projected around
        polygons = simplify_coverage(polygons, tolerance_m)
    polygons = shapely.orient_polygons(shapely.transform(polygons, lambda xy: np.round(xy, DECIMALS)))
    return Coverage(keys, polygons)


def simplify_coverage(polygons: NDArray[Any], tolerance_m: float) -> NDArray[Any]:
    """Simplify neighbouring polygons together.

    Parameters
    ----------
    polygons : array of shapely polygons, shape (n,)
        In EPSG:4326 degrees; may have slivers of overlap, and gaps narrower than a metre.
    tolerance_m : float
        Metres, > 0.

    Returns
    -------
    array of shapely polygons, shape (n,)
        In EPSG:4326 degrees, edge-matched: neighbours have the same vertices along the edge they share.

    Notes
    -----
    Works in an equirectangular projection around the middle of the coverage; over a city it keeps lengths to about
    1 in 1,000, far finer than any tolerance.
    """
    minx, miny, maxx, maxy = shapely.total_bounds(polygons)
    middle = np.array([(minx + maxx) / 2, (miny + maxy) / 2])
    scale = np.array([METRES_PER_DEGREE * math.cos(math.radians(middle[1])), METRES_PER_DEGREE])
    metric = shapely.transform(polygons, lambda xy: (xy - middle) * scale)
    matched = shapely.coverage_clean(shapely.make_valid(metric), gap_width=GAP_WIDTH_M)
    simple = shapely.coverage_simplify(matched, tolerance_m)
    # What is smaller than the tolerance stays as it is rather than disappear.
    simple = np.where(shapely.is_empty(simple), matched, simple)
    degrees: NDArray[Any] = shapely.transform(simple, lambda xy: xy / scale + middle)
    return degrees
