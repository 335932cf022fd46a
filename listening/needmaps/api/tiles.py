"""Where people were listened to, as vector tiles over HTTP."""

from __future__ import annotations

import json
from typing import Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import MVTRenderer
from backend.http.vector_tiles import ADDRESS, ANSWERS, TileJSONSerializer, tile_answer, tile_named, tilejson
from districts.tiles import city_bounds
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.api.parameters import QUARTERS, THEME
from listening.needmaps.density import MAX_ZOOM, MIN_ZOOM, density_tile, tile_version
from listening.needmaps.places import parse_places_query

# The shape of the tiles: a release that changes it must change every entity tag.
SHAPE: Final = 1
PLACES_PARAMETERS: Final = ("period", "theme")
LAYERS: Final = {
    "density": (
        "Squares in which conversations with a point were held.",
        {"conversations": "Number", "side": "Number: how many squares of this zoom it is wide; 1, 2, 4 or 8."},
    )
}


class DensityTilesView(APIView):
    """What a map needs to know of the tiles of squares."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="describe_density_tiles",
        parameters=[QUARTERS, THEME],
        responses={200: TileJSONSerializer, 304: OpenApiResponse(description="You have this description.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The TileJSON of the squares of a period and a theme."""
        refuse_unknown(request.GET, PLACES_PARAMETERS)
        query = parse_places_query(request.GET.dict(), person_of(request).scope)
        told = tilejson(
            request,
            name=f"density {query.period.label}",
            description=f"Squares with fewer than {query.sight.fewest} conversations are not shown."
            if query.sight.fewest > 1
            else "",
            zooms=(MIN_ZOOM, MAX_ZOOM),
            bounds=city_bounds(),
            layers=LAYERS,
            params={"period": query.period.label} | ({"theme": query.theme.code} if query.theme else {}),
        )
        body = json.dumps(told, ensure_ascii=False)
        headers = {"ETag": etag_of(body), "Cache-Control": "private, no-cache"}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


class DensityTileView(APIView):
    """One tile of squares."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [MVTRenderer]

    @extend_schema(operation_id="density_tile", parameters=[*ADDRESS, QUARTERS, THEME], responses=ANSWERS)
    def get(self, request: Request, z: str, x: str, y: str) -> HttpResponse:
        """How many conversations were held in which square, as Mapbox Vector Tile; of the last merge."""
        refuse_unknown(request.GET, PLACES_PARAMETERS)
        tile = tile_named(z, x, y, min_zoom=MIN_ZOOM, max_zoom=MAX_ZOOM)
        query = parse_places_query(request.GET.dict(), person_of(request).scope)
        theme = query.theme and query.theme.pk
        tag = etag_of(SHAPE, tile, theme, query.period.first, query.period.until, query.sight, tile_version(tile))
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if not_modified(request, tag):
            return HttpResponse(status=304, headers=headers)
        return tile_answer(density_tile(query, tile), headers)
