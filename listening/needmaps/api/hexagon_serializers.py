"""The shape of a need map in hexagons, for the schema and its readers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.needmaps.api.serializers import (
    ClaimedCountsSerializer,
    CountsSerializer,
    PeriodSerializer,
    PlaceNeedSerializer,
    ProvenanceSerializer,
)
from listening.records.models import Finding


class HexagonNeedSerializer(PlaceNeedSerializer):
    """The properties of one hexagon. Where `is_withheld`, all that says how many mention it is null."""

    hexagon = serializers.CharField(help_text="Index of H3, 15 hexadecimal digits.")
    is_withheld = serializers.BooleanField(help_text="Too few mention what was asked for to tell how many.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for name in fields.keys() - {"hexagon", "is_withheld", "conversations", "coverage"}:
            fields[name].allow_null = True
        return fields


class HexagonFeatureSerializer(serializers.Serializer[Any]):
    """One hexagon as a GeoJSON feature; its polygon goes counter-clockwise."""

    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.CharField()
    geometry = serializers.JSONField()
    properties = HexagonNeedSerializer()


class HexagonMapSerializer(serializers.Serializer[Any]):
    """A need map by hexagon as a GeoJSON FeatureCollection with what holds for all of it."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    resolution = serializers.IntegerField()
    period = PeriodSerializer()
    theme = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.choices, allow_null=True)
    geography_role = serializers.ChoiceField(choices=["encounter"])
    is_partial = serializers.BooleanField()
    fewest_conversations = serializers.IntegerField(help_text="A hexagon with fewer is not shown to you.")
    breaks = serializers.ListField(child=serializers.FloatField())
    interval_level = serializers.FloatField()
    provenance = ProvenanceSerializer()
    city = ClaimedCountsSerializer()
    elsewhere = CountsSerializer(help_text="What lies in hexagons that are not shown.")
    notes = serializers.ListField(child=serializers.CharField())
    features = HexagonFeatureSerializer(many=True)
