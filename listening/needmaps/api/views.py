"""Need maps over HTTP, as GeoJSON or CSV."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.csv_text import csv_text
from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import CSV, GEOJSON, CSVRenderer, GeoJSONRenderer
from backend.periods import FORMS
from backend.problems import InvalidParameter
from districts.simplify import simplified_geometries
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.api.serializers import NeedMapSerializer
from listening.needmaps.build import CityNeed, DistrictNeed, NeedMap, build_need_map
from listening.needmaps.query import PARAMETERS, parse_query
from listening.records.models import Finding

# Metres: what a screen shows of a whole city, and what a close look needs.
TOLERANCES = {"simplified": 20.0, "full": 0.0}
GEOMETRIES = (*TOLERANCES, "none")


class NeedMapView(APIView):
    """Where a theme is heard, as a share of the conversations held there."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [GeoJSONRenderer, JSONRenderer, CSVRenderer]

    @extend_schema(
        operation_id="need_map",
        parameters=[
            OpenApiParameter("layer", str, description="Code of a layer; the city's default layer when left out."),
            OpenApiParameter("period", str, description=f"Days in the city's time: {FORMS}. This year when left out."),
            OpenApiParameter(
                "theme", str, description="Code of a theme; includes the themes below it. Any when left out."
            ),
            OpenApiParameter(
                "kind", str, enum=list(Finding.Kind.values), description="Kind of finding; any when left out."
            ),
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
        """A need map: per district the conversations held, those that mention the theme, and their share."""
        refuse_unknown(request.GET, (*PARAMETERS, "geometry"))
        params = request.GET.dict()
        geometry = params.get("geometry", "simplified")
        if geometry not in GEOMETRIES:
            raise InvalidParameter(
                f"There is no geometry {geometry!r}.", parameter="geometry", value=geometry, allowed=list(GEOMETRIES)
            )
        need_map = build_need_map(parse_query(params, person_of(request).scope))
        if request.accepted_renderer.media_type == CSV:
            body, content_type = as_csv(need_map), f"{CSV}; charset=utf-8; header=present"
        else:
            geometries = {} if geometry == "none" else simplified_geometries(need_map.edition, TOLERANCES[geometry])
            body, content_type = as_geojson(need_map, geometries), str(request.accepted_renderer.media_type)
        # Counting is cheap, sending is not: the tag is of what would be sent.
        etag = etag_of(content_type, body)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if request.accepted_renderer.media_type == CSV:
            headers["Content-Disposition"] = f'attachment; filename="{file_name(need_map)}.csv"'
        if not_modified(request, etag):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type=content_type, headers=headers)


def as_geojson(need_map: NeedMap, geometries: dict[int, str]) -> str:
    """A FeatureCollection (RFC 7946); what holds for the whole map stands beside the features."""
    features = ",".join(
        f'{{"type":"Feature","id":{need.district_id},"geometry":{geometries.get(need.district_id, "null")},'
        f'"properties":{json.dumps(properties(need_map, need), ensure_ascii=False)}}}'
        for need in need_map.districts
    )
    head = json.dumps(_head(need_map), ensure_ascii=False)
    return f'{{"type":"FeatureCollection",{head[1:-1]},"features":[{features}]}}'


def as_csv(need_map: NeedMap) -> str:
    """One row per district, then the city and what has no place in this layer."""
    header = ["code", "name", "conversations", "mentioning", "mentions", "share", "coverage"]
    rows: list[list[str | int | float | None]] = [
        [n.code, n.name, n.conversations, n.mentioning, n.mentions, _share(n), n.coverage] for n in need_map.districts
    ]
    for name, need in (("(unplaced)", need_map.unplaced), ("(city)", need_map.city)):
        rows.append(["", name, need.conversations, need.mentioning, need.mentions, _share(need), ""])
    return csv_text(header, rows)


def file_name(need_map: NeedMap) -> str:
    """What a table is of, in the name under which it is saved: a CSV has no other place to say so."""
    query = need_map.query
    period = query.period.label.replace("/", "_")
    schematic = "schematic" if need_map.edition.is_schematic else None
    parts = ["need-map", query.layer.code, period, query.theme and query.theme.code, query.kind, schematic]
    return "-".join(part for part in parts if part)


def properties(need_map: NeedMap, need: DistrictNeed) -> dict[str, Any]:
    """The counts of one district, complete in themselves: a feature may travel without its collection."""
    query = need_map.query
    return {
        "layer": query.layer.code,
        "code": need.code,
        "name": need.name,
        "edition": need_map.edition.code,
        "period": query.period.label,
        "theme": query.theme and query.theme.code,
        "kind": query.kind,
        "conversations": need.conversations,
        "mentioning": need.mentioning,
        "mentions": need.mentions,
        "share": _share(need),
        "coverage": need.coverage,
    }


def _head(need_map: NeedMap) -> dict[str, Any]:
    query, edition = need_map.query, need_map.edition
    return {
        "layer": query.layer.code,
        "edition": edition.code,
        "is_schematic": edition.is_schematic,
        "source": edition.source,
        "licence": edition.licence,
        "period": {
            "label": query.period.label,
            "first": query.period.first.isoformat(),
            "until": query.period.until.isoformat(),
        },
        "theme": query.theme and query.theme.code,
        "kind": query.kind,
        "geography_role": "encounter",
        "is_partial": need_map.is_partial,
        "breaks": list(need_map.breaks),
        "city": _counts(need_map.city),
        "unplaced": _counts(need_map.unplaced),
        "notes": NOTES,
    }


NOTES = [
    "share = mentioning / conversations; a conversation counts once however many findings it has.",
    "coverage: none = nobody listened there; thin = fewer than 20 conversations, too few to compare; enough.",
    "Internal counts, not protected against disclosure: do not publish.",
]


def _counts(need: CityNeed) -> dict[str, Any]:
    return {
        "conversations": need.conversations,
        "mentioning": need.mentioning,
        "mentions": need.mentions,
        "share": _share(need),
    }


def _share(need: CityNeed) -> float | None:
    return None if need.share is None else round(need.share, 4)
