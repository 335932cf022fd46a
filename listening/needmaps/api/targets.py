"""Targets over HTTP: how many conversations the places of a listener should have: a plan, and no count of records."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from listening.fieldwork.permissions import LogsOrCoordinates
from listening.fieldwork.person import person_of
from listening.fieldwork.roles import LOG
from listening.needmaps.api.coverage import answer
from listening.needmaps.boundaries import boundaries_of_today
from listening.needmaps.coverage import USUAL_CONVERSATIONS, plan


class PlaceTargetSerializer(serializers.Serializer[Any]):
    """A district of the base layer, and its part of a year's conversations."""

    code = serializers.CharField()
    name = serializers.CharField()
    target = serializers.FloatField(min_value=0, help_text="Conversations in a year, from all listeners together.")


class TargetsSerializer(serializers.Serializer[Any]):
    """Targets of the places where one logs."""

    layer = serializers.CharField(allow_null=True, help_text="The base layer; null before there are boundaries.")
    conversations = serializers.IntegerField(min_value=1, help_text="That the whole city can hold in a year.")
    places = PlaceTargetSerializer(many=True)


class CoverageTargetsView(APIView):
    """How much to listen where: for whoever logs, also on a phone."""

    permission_classes = [LogsOrCoordinates]
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="coverage_targets",
        responses={200: TargetsSerializer, 304: OpenApiResponse(description="You have these targets.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The districts in which the person asking logs, by code; those without residents have no target."""
        refuse_unknown(request.GET, ())
        reach = person_of(request).scope.reach(*LOG)
        base = next((one for one in boundaries_of_today().editions if one.layer.is_base), None)
        planned = plan(base, affordable=USUAL_CONVERSATIONS) if base else []
        return answer(
            request,
            {
                "layer": base.layer.code if base else None,
                "conversations": USUAL_CONVERSATIONS,
                "places": [
                    {"code": one.place.code, "name": one.place.name, "target": round(one.conversations, 1)}
                    for one in planned
                    if reach.covers(one.place.district_id)
                ],
            },
        )
