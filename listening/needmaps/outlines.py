"""The outlines of the places of a map: those of their districts; of places that are published as one, all of theirs."""

from __future__ import annotations

from collections.abc import Mapping

import shapely

from districts.models import BoundaryEdition, District
from districts.simplify import simplified_geometries
from listening.needmaps.build import NeedMap


def map_geometries(need_map: NeedMap, tolerance_m: float) -> Mapping[int, str]:
    """GeoJSON by district id, longitude and latitude (EPSG:4326), simplified by so many metres."""
    merged = {need.district_id: need.merged for need in need_map.districts if need.merged}
    return geometries(need_map.edition, tolerance_m, merged)


def geometries(
    edition: BoundaryEdition, tolerance_m: float, merged: Mapping[int, tuple[str, ...]]
) -> Mapping[int, str]:
    """The same of an edition; `merged` names the codes of those that are one place. One query more for these."""
    drawn = simplified_geometries(edition, tolerance_m)
    if not merged:
        return drawn
    codes = [code for within in merged.values() for code in within]
    number = dict(District.objects.filter(edition=edition, code__in=codes).values_list("code", "pk"))
    # They are simplified along shared borders, so that a union leaves no slivers.
    unions = {
        pk: shapely.union_all(shapely.from_geojson([drawn[number[code]] for code in within]))
        for pk, within in merged.items()
    }
    parts = {number[code] for code in codes} - set(merged)
    return {pk: one for pk, one in drawn.items() if pk not in parts} | {
        pk: str(shapely.to_geojson(_as_multi(one))) for pk, one in unions.items()
    }


def _as_multi(one: shapely.Geometry) -> shapely.Geometry:
    """A MultiPolygon, as districts are, exterior rings counterclockwise (RFC 7946, section 3.1.6)."""
    polygons = shapely.MultiPolygon([one]) if one.geom_type == "Polygon" else one
    return shapely.orient_polygons(polygons, exterior_cw=False)
