"""Need maps over HTTP, as GeoJSON or CSV."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import CSV, GEOJSON, CSVRenderer, GeoJSONRenderer
from backend.problems import InvalidParameter
from districts.simplify import simplified_geometries
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.fieldwork.scope import Scope
from listening.needmaps.api.documents import Document, file_name
from listening.needmaps.api.parameters import COMPARE, KIND, LAYER, PERIOD, THEME
from listening.needmaps.api.serializers import NeedMapSerializer
from listening.needmaps.build import NeedMap, build_need_maps
from listening.needmaps.emerging import emerging_needs
from listening.needmaps.fallback import fallbacks
from listening.needmaps.grid import Compare, Windows
from listening.needmaps.query import PARAMETERS, parse_compare, parse_query, readable_themes
from listening.needmaps.trend import compare

# Metres: what a screen shows of a whole city, and what a close look needs.
TOLERANCES = {"simplified": 20.0, "full": 0.0}
GEOMETRIES = (*TOLERANCES, "none")


def _document(need_map: NeedMap, coarser: list[NeedMap], scope: Scope, by: Compare) -> Document:
    """With fallbacks, and with trends where a theme is asked for, of a quarter or a year."""
    query = need_map.query
    beside: dict[str, Any] = {"fallbacks": fallbacks(need_map, coarser)}
    if query.theme is not None and Windows.of(query.period, by).ref is not None:
        places = [(need.district_id, need.code, need.name) for need in need_map.districts]
        comparison = compare(query, places, list(readable_themes(scope)), by=by)
        theme = comparison.theme_number(query.theme)
        emerging = emerging_needs(query, comparison)
        if theme is not None:
            numbers = {place[0]: at for at, place in enumerate(comparison.grid.places)}
            beside["reference"] = comparison.reference
            beside["changes"] = {
                pk: change for pk, at in numbers.items() if (change := comparison.change(at, theme)) is not None
            }
            if emerging is not None:
                beside["emerging"] = {pk: bool(emerging.is_emerging[at, theme]) for pk, at in numbers.items()}
    return Document(need_map, **beside)


class NeedMapView(APIView):
    """Where a theme is heard, as a share of the conversations held there."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [GeoJSONRenderer, JSONRenderer, CSVRenderer]

    @extend_schema(
        operation_id="need_map",
        parameters=[
            LAYER,
            PERIOD,
            THEME,
            KIND,
            COMPARE,
            OpenApiParameter("geometry", str, enum=list(GEOMETRIES), description="simplified when left out."),
        ],
        responses={
            (200, GEOJSON): NeedMapSerializer,
            (200, "application/json"): NeedMapSerializer,
            (200, CSV): OpenApiResponse(str, description="One row per district."),
            304: OpenApiResponse(description="You have this need map."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """A need map: per district the share of conversations that mention the theme, and what it may claim."""
        refuse_unknown(request.GET, (*PARAMETERS, "compare", "geometry"))
        params = request.GET.dict()
        geometry = params.get("geometry", "simplified")
        if geometry not in GEOMETRIES:
            raise InvalidParameter(
                f"There is no geometry {geometry!r}.", parameter="geometry", value=geometry, allowed=list(GEOMETRIES)
            )
        scope = person_of(request).scope
        query = parse_query(params, scope)
        need_map, *coarser = build_need_maps(query, [query.edition, *query.coarser])
        document = _document(need_map, coarser, scope, parse_compare(params))
        if request.accepted_renderer.media_type == CSV:
            body, content_type = document.as_csv(), f"{CSV}; charset=utf-8; header=present"
        else:
            geometries = {} if geometry == "none" else simplified_geometries(need_map.edition, TOLERANCES[geometry])
            body, content_type = document.as_geojson(geometries), str(request.accepted_renderer.media_type)
        # Counting is cheap, sending is not: the tag is of what would be sent.
        etag = etag_of(content_type, body)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if request.accepted_renderer.media_type == CSV:
            headers["Content-Disposition"] = f'attachment; filename="{file_name(need_map)}.csv"'
        if not_modified(request, etag):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type=content_type, headers=headers)
