"""Need maps over HTTP, as GeoJSON or CSV."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import CSV, GEOJSON, CSVRenderer, GeoJSONRenderer
from backend.periods import Period
from backend.problems import InvalidParameter
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.annotate import annotate
from listening.needmaps.api.documents import Document, file_name
from listening.needmaps.api.parameters import COMPARE, EDITION, KIND, LAYER, PERIOD, THEME
from listening.needmaps.api.serializers import NeedMapSerializer
from listening.needmaps.api.tagged import Tagged
from listening.needmaps.outlines import map_geometries
from listening.needmaps.query import PARAMETERS, parse_compare, parse_query
from listening.needmaps.tiers import calendar_name
from listening.needmaps.version import Version
from listening.releases.models import Release

# Metres: what a screen shows of a whole city, and what a close look needs.
TOLERANCES = {"simplified": 20.0, "full": 0.0}
GEOMETRIES = (*TOLERANCES, "none")
MOST_KEPT: Final = 64  # codes of releases, per process


class NeedMapView(APIView):
    """Where a theme is heard, as a share of the conversations held there."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [GeoJSONRenderer, JSONRenderer, CSVRenderer]

    @extend_schema(
        operation_id="need_map",
        parameters=[
            LAYER,
            EDITION,
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
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        scope = person_of(request).scope
        query = parse_query(params, scope, version=tagged.version)
        told = annotate(query, scope, by=parse_compare(params), version=tagged.version)
        need_map = told.need_map
        document = Document(told, _release_of(need_map.query.period, tagged.version.without_counts()))
        if request.accepted_renderer.media_type == CSV:
            saved_as = {"Content-Disposition": f'attachment; filename="{file_name(need_map)}.csv"'}
            kind = f"{CSV}; charset=utf-8; header=present"
            return tagged.answer(document.as_csv(), content_type=kind, headers=saved_as)
        drawn = {} if geometry == "none" else map_geometries(need_map, TOLERANCES[geometry])
        return tagged.answer(document.as_geojson(drawn), content_type=str(request.accepted_renderer.media_type))


@lru_cache(maxsize=MOST_KEPT)
def _release_of(period: Period, version: Version) -> str | None:
    """The release that the world reads of a period, kept by version: one query, none when it is kept."""
    return Release.objects.code_of(calendar_name(period))
