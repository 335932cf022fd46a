"""Districts as vector tiles over HTTP. Boundaries are public; what was heard there comes apart, to who may read it."""

from __future__ import annotations

import json
from typing import Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from backend.http.conditional import etag_of, not_modified
from backend.http.renderers import MVTRenderer
from backend.http.vector_tiles import ADDRESS, ANSWERS, TileJSONSerializer, tile_answer, tile_named, tilejson
from districts.api.parameters import parse_edition
from districts.api.views import CACHE, PublicGeographyView
from districts.render import geography_version
from districts.tiles import MAX_ZOOM, MIN_ZOOM, bounds_of, district_tile

# The shape of the tiles: a release that changes it must change every entity tag.
SHAPE: Final = 1
WHICH = [
    OpenApiParameter("edition", str, description="Code of an edition; the one valid on `date` when left out."),
    OpenApiParameter("date", str, description="A day, e.g. 2026-11-23; today when left out."),
]
LAYERS: Final = {"districts": ("Districts of one edition.", {"id": "Number", "code": "String", "name": "String"})}


class DistrictTilesView(PublicGeographyView):
    """What a map needs to know of the tiles of a layer."""

    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="describe_district_tiles",
        parameters=WHICH,
        responses={200: TileJSONSerializer, 304: OpenApiResponse(description="You have this description.")},
    )
    def get(self, request: Request, layer: str) -> HttpResponse:
        """The TileJSON of the districts of a layer, for the edition that was asked for."""
        edition = parse_edition(layer, request.GET)
        told = tilejson(
            request,
            name=f"{edition.layer.code} {edition.code}",
            description="Drawn from figures, not surveyed." if edition.is_schematic else "",
            attribution=f"{edition.source} ({edition.licence})",
            zooms=(MIN_ZOOM, MAX_ZOOM),
            bounds=bounds_of(edition),
            layers=LAYERS,
            params={"edition": edition.code},
        )
        body = json.dumps(told, ensure_ascii=False)
        headers = {"ETag": etag_of(body), "Cache-Control": CACHE}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


class DistrictTileView(PublicGeographyView):
    """One tile of the districts of a layer."""

    renderer_classes = [MVTRenderer]

    @extend_schema(operation_id="district_tile", parameters=[*ADDRESS, *WHICH], responses=ANSWERS)
    def get(self, request: Request, layer: str, z: str, x: str, y: str) -> HttpResponse:
        """Boundaries as Mapbox Vector Tile; features have the ids by which need maps name their districts."""
        tile = tile_named(z, x, y, min_zoom=MIN_ZOOM, max_zoom=MAX_ZOOM)
        edition = parse_edition(layer, request.GET)
        version = geography_version()
        headers = {"ETag": etag_of(SHAPE, edition.pk, version, tile), "Cache-Control": CACHE}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return tile_answer(district_tile(edition, tile, version=version), headers)
