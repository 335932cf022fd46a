"""Is this a usable layer? Every geometric and naming flaw, found with spatial indexes, measured in metres.

Pure: looks at a table of districts, knows no database. Areas are planar in the UTM zone of the layer, exact to about
1 in 2,500 over a city.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely

from districts.importing.report import Flaw
from districts.names import normalise

# Official layers have slivers of centimetres along shared edges; they are told, never altered: points on them are
# placed by rule.
SLIVER_M2 = 10.0
# Neighbours that share more of the smaller one than this are not neighbours but two drawings of one place.
LARGEST_OVERLAP = 0.01


def check_codes(layer: gpd.GeoDataFrame) -> Iterator[Flaw]:
    """Codes are there and unique; names are there and distinct."""
    rows = defaultdict(list)
    for row, code in enumerate(layer["code"], start=1):
        rows[code].append(row)
    for code, at in rows.items():
        if not code:
            for row in at:
                yield Flaw("error", "missing-code", f"row {row}", "it has no code.", "Give each district its code.")
        elif len(at) > 1:
            yield Flaw(
                "error",
                "duplicate-code",
                code,
                f"rows {', '.join(map(str, at))} have this code.",
                "Give each district a code of its own, or merge the rows.",
            )
    by_name = defaultdict(list)
    for code, name in zip(layer["code"], layer["name"], strict=True):
        if not name:
            yield Flaw("error", "missing-name", code, "it has no name.", "Give each district a name.")
        else:
            by_name[normalise(name)].append(f"{code} {name}")
    for same in by_name.values():
        if len(same) > 1:
            yield Flaw(
                "warning",
                "name-clash",
                "; ".join(same),
                "they read alike.",
                "Both are kept; they differ by code alone.",
            )


def mend_geometry(layer: gpd.GeoDataFrame, largest_repair: float) -> tuple[gpd.GeoDataFrame, list[Flaw]]:
    """Make every geometry a valid multipolygon, or say why not.

    An invalid polygon is made valid when that changes its area by no more than `largest_repair` (a fraction).
    """
    flaws: list[Flaw] = []
    metric = layer.to_crs(layer.estimate_utm_crs()) if _has_area(layer) else layer
    mended = []
    for feature, geometry, flat in zip(_features(layer), layer.geometry, metric.geometry, strict=True):
        if geometry is None or geometry.is_empty:
            flaws.append(
                Flaw("error", "empty-geometry", feature, "it has no geometry.", "Draw it, or leave the row out.")
            )
            mended.append(geometry)
            continue
        if geometry.geom_type not in {"Polygon", "MultiPolygon"}:
            flaws.append(
                Flaw("error", "wrong-geometry", feature, f"it is a {geometry.geom_type}.", "Districts are polygons.")
            )
            mended.append(geometry)
            continue
        geometry = shapely.force_2d(geometry)
        if not geometry.is_valid:
            reason = shapely.is_valid_reason(geometry)
            repaired = _polygons(shapely.make_valid(geometry, method="structure", keep_collapsed=False))
            before, after = (
                flat.area,
                _polygons(shapely.make_valid(flat, method="structure", keep_collapsed=False)).area,
            )
            change = abs(after - before) / max(before, after)
            if change <= largest_repair:
                flaws.append(
                    Flaw("repaired", "invalid-geometry", feature, f"{reason}.", "Made valid.", abs(after - before))
                )
                geometry = repaired
            else:
                flaws.append(
                    Flaw(
                        "error",
                        "invalid-geometry",
                        feature,
                        f"{reason}; making it valid changes {change:.2%} of its area.",
                        f"Mend it in the source, or allow it with largest_repair: {change * 1.1:.4f}.",
                        abs(after - before),
                    )
                )
        mended.append(shapely.multipolygons([geometry]) if geometry.geom_type == "Polygon" else geometry)
    return layer.set_geometry(gpd.GeoSeries(mended, index=layer.index, crs=layer.crs)), flaws


def check_coverage(layer: gpd.GeoDataFrame) -> Iterator[Flaw]:
    """Overlaps between districts, and holes that no district fills. Needs valid polygons."""
    metric = layer.to_crs(layer.estimate_utm_crs())
    polygons = metric.geometry.to_numpy()
    features = _features(layer)
    tree = shapely.STRtree(polygons)
    one, other = tree.query(polygons, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    shared = shapely.area(shapely.intersection(polygons[one], polygons[other]))
    smaller = np.minimum(shapely.area(polygons[one]), shapely.area(polygons[other]))
    for i, j, size, least in zip(one, other, shared, smaller, strict=True):
        pair = f"{features[i]} and {features[j]}"
        if size < 1e-4:  # a square centimetre: arithmetic
            continue
        if size < SLIVER_M2:
            yield Flaw("warning", "sliver-overlap", pair, "they overlap.", "Points there go to the lower code.", size)
        elif size <= LARGEST_OVERLAP * least:
            yield Flaw("warning", "overlap", pair, "they overlap.", "Points there go to the lower code.", size)
        else:
            yield Flaw(
                "error",
                "overlap",
                pair,
                f"they share {size / least:.1%} of the smaller one.",
                "Cut one of them in the source.",
                size,
            )
    for hole in _holes(shapely.union_all(polygons)):
        beside = [features[k] for k in tree.query(hole, predicate="intersects")]
        where = " and ".join(beside[:4])
        if hole.area < SLIVER_M2:
            yield Flaw(
                "warning", "sliver-gap", where, "a gap.", "Points there go to the nearest, within 1 m.", hole.area
            )
        else:
            yield Flaw(
                "warning",
                "gap",
                where,
                "a hole that no district fills.",
                "Points there are outside; is a district missing?",
                hole.area,
            )


def _has_area(layer: gpd.GeoDataFrame) -> bool:
    return bool(np.isfinite(layer.total_bounds).all())


def _features(layer: gpd.GeoDataFrame) -> list[str]:
    return [
        f"{code or f'row {row}'} {name}".strip()
        for row, (code, name) in enumerate(zip(layer["code"], layer["name"], strict=True), start=1)
    ]


def _polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygonal part: repairs may leave lines and points beside it."""
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def _holes(union: shapely.Geometry) -> list[shapely.Geometry]:
    return [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
