"""Need maps by hexagon over HTTP, as GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import GEOJSON, GeoJSONRenderer
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.fieldwork.roles import READ_COUNTS
from listening.needmaps.api.documents import CLAIMED, METHOD, as_period, claimed, counts, place_claimed
from listening.needmaps.api.hexagon_serializers import HexagonMapSerializer
from listening.needmaps.api.parameters import KIND, QUARTERS, THEME
from listening.needmaps.hexagons import HexagonMap, HexagonNeed, build_hexagon_map, parse_resolution
from listening.needmaps.places import parse_places_query
from listening.needmaps.query import parse_kind
from listening.rollups.squares import RESOLUTIONS
from listening.statistics.breaks import BREAKS
from listening.statistics.intervals import LEVEL

PARAMETERS: Final = ("period", "theme", "kind", "resolution")
NOTES: Final = [
    "Only conversations with a point are in hexagons; the figures mean what they mean for districts.",
    "A hexagon with fewer than fewest_conversations is not shown; its conversations are in `elsewhere` and in `city`.",
    "is_withheld: fewer than fewest_conversations mention what was asked for, so that is not told.",
    "Whoever coordinates counts the conversations that they may read; whoever reads counts alone, all of them.",
    "Counts of the last merge. Internal, not protected against disclosure: do not publish.",
]
TOLD_OF_THEME: Final = ("mentioning", "mentions", "share", "share_severe", *CLAIMED)


class NeedMapHexagonsView(APIView):
    """Where a theme is heard, in places of one size."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [GeoJSONRenderer, JSONRenderer]

    @extend_schema(
        operation_id="need_map_hexagons",
        parameters=[
            QUARTERS,
            THEME,
            KIND,
            OpenApiParameter(
                "resolution", str, enum=[str(one) for one in RESOLUTIONS], description="Of H3; 8 when left out."
            ),
        ],
        responses={
            (200, GEOJSON): HexagonMapSerializer,
            (200, "application/json"): HexagonMapSerializer,
            304: OpenApiResponse(description="You have these hexagons."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """A need map by hexagon (H3): the figures of districts, where these say too little."""
        refuse_unknown(request.GET, PARAMETERS)
        params, scope = request.GET.dict(), person_of(request).scope
        hexagon_map = build_hexagon_map(
            parse_places_query(params, scope),
            kind=parse_kind(params.get("kind", "")),
            resolution=parse_resolution(params),
        )
        body = as_geojson(hexagon_map, is_partial=not scope.reach(*READ_COUNTS).everywhere)
        content_type = str(request.accepted_renderer.media_type)
        headers = {"ETag": etag_of(content_type, body), "Cache-Control": "private, no-cache"}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type=content_type, headers=headers)


def as_geojson(hexagon_map: HexagonMap, *, is_partial: bool) -> str:
    """A FeatureCollection; what holds for the whole map stands beside the features."""
    query = hexagon_map.query
    told = {
        "type": "FeatureCollection",
        "resolution": hexagon_map.resolution,
        "period": as_period(query.period),
        "theme": query.theme and query.theme.code,
        "kind": hexagon_map.kind,
        "geography_role": "encounter",
        "is_partial": is_partial,
        "fewest_conversations": query.sight.fewest,
        "breaks": list(BREAKS),
        "interval_level": LEVEL,
        "provenance": {
            "release": None,
            "counts": "live",
            "rounding_base": None,
            "method": METHOD,
            "missing": {},
        },
        "city": {**counts(hexagon_map.city), **claimed(hexagon_map.city)},
        "elsewhere": counts(hexagon_map.elsewhere),
        "notes": NOTES,
        "features": [as_feature(need) for need in hexagon_map.hexagons],
    }
    return json.dumps(told, ensure_ascii=False)


def as_feature(need: HexagonNeed) -> dict[str, Any]:
    """One hexagon. Of one that is withheld, nothing is told that says how many mention what was asked for."""
    figures = {**counts(need), "coverage": need.coverage, **place_claimed(need), "is_withheld": need.is_withheld}
    if need.is_withheld:
        figures |= dict.fromkeys(TOLD_OF_THEME)
    return {
        "type": "Feature",
        "id": need.index,
        "geometry": {"type": "Polygon", "coordinates": [need.ring]},
        "properties": {"hexagon": need.index, **figures},
    }
