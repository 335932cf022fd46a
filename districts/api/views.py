"""The city's geography over HTTP: layers, and districts as GeoJSON. Boundaries are public."""

from __future__ import annotations

import json

from django.db.models import Count
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.csv_text import csv_text
from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import CSV, GEOJSON, CSVRenderer, GeoJSONRenderer
from backend.policy import Public
from backend.problems import NotFound
from districts.api.parameters import (
    DEFAULT_TOLERANCE_M,
    parse_crosswalk,
    parse_districts_query,
    parse_tolerance,
)
from districts.api.serializers import (
    CrosswalkSerializer,
    DistrictCollectionSerializer,
    DistrictFeatureSerializer,
    LayersSerializer,
)
from districts.crosswalk import read_crosswalk
from districts.models import BoundaryEdition, District, Layer
from districts.render import district_features, geography_version

# Boundaries change a few times in a decade: a minute of staleness is cheap, and after it a 304 is.
CACHE = "public, max-age=60"
# The shape of the answer: a release that changes it must change every entity tag.
SHAPE = 1


class PublicGeographyView(APIView):
    """Ignores credentials: the answer is the same for all, so a shared cache may keep it."""

    permission_classes = [Public]
    authentication_classes: list[type[BaseAuthentication]] = []


class LayersView(PublicGeographyView):
    """The layers of the city."""

    renderer_classes = [JSONRenderer]

    @extend_schema(operation_id="list_layers", responses=LayersSerializer)
    def get(self, request: Request) -> HttpResponse:
        """Layers from fine to coarse, with their editions, newest first."""
        refuse_unknown(request.GET, [])
        editions: dict[int, list[dict[str, object]]] = {}
        sizes = dict(District.objects.values_list("edition").annotate(Count("pk")))
        for e in BoundaryEdition.objects.active().order_by("-valid_from"):
            editions.setdefault(e.layer_id, []).append(
                {
                    "code": e.code,
                    "valid_from": e.valid_from.isoformat(),
                    "valid_to": e.valid_to and e.valid_to.isoformat(),
                    "is_schematic": e.is_schematic,
                    "source": e.source,
                    "licence": e.licence,
                    "districts": sizes.get(e.pk, 0),
                }
            )
        body = json.dumps(
            {
                "layers": [
                    {
                        "code": layer.code,
                        "names": layer.names,
                        "rank": layer.rank,
                        "is_base": layer.is_base,
                        "is_default": layer.is_default,
                        "editions": editions.get(layer.pk, []),
                    }
                    for layer in Layer.objects.all()
                ]
            },
            ensure_ascii=False,
        )
        headers = {"ETag": etag_of(body), "Cache-Control": CACHE}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


GEOMETRY_PARAMETERS = [
    OpenApiParameter("geometry", str, enum=["simplified", "full", "none"], description="simplified when left out."),
    OpenApiParameter(
        "tolerance_m",
        float,
        description=f"Metres, 0 to 1000, of simplification; {DEFAULT_TOLERANCE_M:.0f} when left out.",
    ),
]


class DistrictsView(PublicGeographyView):
    """Districts of one layer."""

    renderer_classes = [GeoJSONRenderer, JSONRenderer]

    @extend_schema(
        operation_id="list_districts",
        parameters=[
            OpenApiParameter("layer", str, description="Code of a layer; the city's default layer when left out."),
            OpenApiParameter("edition", str, description="Code of an edition; the one valid on `date` when left out."),
            OpenApiParameter("date", str, description="A day, e.g. 2026-11-23; today when left out."),
            OpenApiParameter("bbox", str, description="minx,miny,maxx,maxy in degrees, longitude first."),
            OpenApiParameter("point", str, description="longitude,latitude: only the districts that hold it."),
            OpenApiParameter("code", str, description="Only the district with this code."),
            *GEOMETRY_PARAMETERS,
        ],
        responses={
            (200, GEOJSON): DistrictCollectionSerializer,
            (200, "application/json"): DistrictCollectionSerializer,
            304: OpenApiResponse(description="You have these districts."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Districts as GeoJSON, simplified together so that neighbours still touch."""
        query = parse_districts_query(request.GET)
        edition = query.edition
        version = geography_version()
        headers = {"ETag": _etag(edition, version, request), "Cache-Control": CACHE}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        districts = District.objects.as_of(edition)
        if query.bbox is not None:
            districts = districts.meeting(query.bbox)
        if query.point is not None:
            districts = districts.containing(query.point)
        if query.code is not None:
            districts = districts.filter(code=query.code)
        head = json.dumps(
            {
                "layer": edition.layer.code,
                "edition": edition.code,
                "is_schematic": edition.is_schematic,
                "source": edition.source,
                "licence": edition.licence,
            },
            ensure_ascii=False,
        )
        keys = districts.order_by("code").values_list("pk", flat=True)
        features = ",".join(district_features(edition, keys, query.tolerance_m, version=version))
        return HttpResponse(
            f'{{"type":"FeatureCollection",{head[1:-1]},"features":[{features}]}}',
            content_type=request.accepted_renderer.media_type,
            headers=headers,
        )


class DistrictView(PublicGeographyView):
    """One district."""

    renderer_classes = [GeoJSONRenderer, JSONRenderer]

    @extend_schema(
        operation_id="read_district",
        parameters=GEOMETRY_PARAMETERS,
        responses={(200, GEOJSON): DistrictFeatureSerializer, (200, "application/json"): DistrictFeatureSerializer},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """One district of any edition."""
        refuse_unknown(request.GET, ["geometry", "tolerance_m"])
        tolerance_m = parse_tolerance(request.GET)
        edition = BoundaryEdition.objects.active().filter(districts=pk).first()
        if edition is None:
            raise NotFound(f"There is no district {pk}; /api/v1/districts lists them.")
        version = geography_version()
        headers = {"ETag": _etag(edition, version, request), "Cache-Control": CACHE}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        (feature,) = district_features(edition, [pk], tolerance_m, version=version)
        return HttpResponse(feature, content_type=request.accepted_renderer.media_type, headers=headers)


def _etag(edition: BoundaryEdition, version: str, request: Request) -> str:
    """What is asked for, of which state of the geography."""
    return etag_of(SHAPE, edition.pk, version, request.accepted_renderer.media_type, request.get_full_path())


CROSSWALK_NOTES = [
    "Shares are of the district of `from`, and add up to 1; a part in a thousand is drawing noise and left out.",
    "share_of_population: residents taken as spread evenly within each district of `to`.",
    "Conversations are whole: one that names a district counts in its main successor. Points are placed exactly.",
]
DECIMALS = 6


class CrosswalkView(PublicGeographyView):
    """From one edition of a layer to another."""

    renderer_classes = [JSONRenderer, CSVRenderer]

    @extend_schema(
        operation_id="district_crosswalk",
        parameters=[
            OpenApiParameter("layer", str, description="Code of a layer; the city's default layer when left out."),
            OpenApiParameter("from", str, description="Code of an edition; the one of today when left out."),
            OpenApiParameter("to", str, description="Code of an edition; the one of today when left out."),
        ],
        responses={
            (200, "application/json"): CrosswalkSerializer,
            (200, CSV): OpenApiResponse(str, description="One row per part."),
            304: OpenApiResponse(description="You have this crosswalk."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Which part of each district of one edition lies in which district of another, by area and by residents."""
        source, target = parse_crosswalk(request.GET)
        parts = [
            part._replace(
                share_of_area=round(part.share_of_area, DECIMALS),
                share_of_population=None
                if part.share_of_population is None
                else round(part.share_of_population, DECIMALS),
            )
            for part in read_crosswalk(source, target)
        ]
        if request.accepted_renderer.media_type == CSV:
            header = ["from_code", "from_name", "to_code", "to_name", "share_of_area", "share_of_population", "is_main"]
            body = csv_text(header, [[*part[:-1], int(part.is_main)] for part in parts])
            content_type = f"{CSV}; charset=utf-8; header=present"
        else:
            content_type = "application/json"
            body = json.dumps(
                {
                    "layer": source.layer.code,
                    "from": source.code,
                    "to": target.code,
                    "parts": [
                        {
                            "from": {"code": part.source_code, "name": part.source_name},
                            "to": None
                            if part.target_code is None
                            else {"code": part.target_code, "name": part.target_name},
                            "share_of_area": part.share_of_area,
                            "share_of_population": part.share_of_population,
                            "is_main": part.is_main,
                        }
                        for part in parts
                    ],
                    "notes": CROSSWALK_NOTES,
                },
                ensure_ascii=False,
            )
        headers = {"ETag": etag_of(content_type, body), "Cache-Control": CACHE}
        if request.accepted_renderer.media_type == CSV:
            name = f"crosswalk-{source.layer.code}-{source.code}-{target.code}.csv"
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type=content_type, headers=headers)
