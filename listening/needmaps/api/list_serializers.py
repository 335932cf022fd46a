"""The shape of lists of themes and of places, for the schema and its readers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.needmaps.api.serializers import (
    PeriodSerializer,
    PlaceNeedSerializer,
    ProvenanceSerializer,
    TrendSerializer,
)
from listening.records.models import Finding


class MappedPlaceSerializer(serializers.Serializer[Any]):
    """A district."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()


class ThemeOfPlaceSerializer(PlaceNeedSerializer):
    """A theme in a place, with its trend."""

    theme = serializers.CharField()
    trend = TrendSerializer(allow_null=True)
    emerging = serializers.BooleanField(allow_null=True)
    coverage = None  # type: ignore[assignment]  # that of the place, which is told once


class ListHeadSerializer(serializers.Serializer[Any]):
    """What holds for a whole list."""

    layer = serializers.CharField()
    edition = serializers.CharField()
    period = PeriodSerializer()
    reference_period = PeriodSerializer(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.choices, allow_null=True)
    is_partial = serializers.BooleanField()
    method = serializers.CharField()
    provenance = ProvenanceSerializer()


class TrendLineSerializer(MappedPlaceSerializer, ThemeOfPlaceSerializer):
    """A theme in a place, with the names of the place."""


class TrendListSerializer(ListHeadSerializer):
    """Trends. `comparisons` are all that were made, over which false alarms are held down."""

    theme = serializers.CharField(allow_null=True)
    comparisons = serializers.IntegerField(min_value=0)
    false_discovery_rate = serializers.FloatField()
    trends = TrendLineSerializer(many=True)


class TopThemesSerializer(ListHeadSerializer):
    """The themes of a place, from the highest share_eb."""

    district = MappedPlaceSerializer()
    conversations = serializers.IntegerField(min_value=0)
    themes = ThemeOfPlaceSerializer(many=True)


class LargerPlaceSerializer(MappedPlaceSerializer):
    """A larger district in which a place lies."""

    layer = serializers.CharField()


class ResidentsSerializer(serializers.Serializer[Any]):
    """How many people live there, according to whom."""

    residents = serializers.IntegerField(min_value=0)
    year = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses


class DistrictProfileSerializer(ListHeadSerializer):
    """A place at a glance."""

    district = MappedPlaceSerializer()
    area_km2 = serializers.FloatField(min_value=0)
    parents = LargerPlaceSerializer(many=True)
    residents = ResidentsSerializer(allow_null=True)
    conversations = serializers.IntegerField(min_value=0)
    occasions = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Sessions, per district and day, as of the last merge."
    )
    listening_rate = serializers.FloatField(
        min_value=0, allow_null=True, help_text="Conversations per 1,000 residents; null where that says nothing."
    )
    has_value = serializers.BooleanField(help_text="Whether the share of any theme may be read.")
    themes = ThemeOfPlaceSerializer(many=True, help_text="The five heard most.")
    rising = serializers.ListField(child=serializers.CharField(), help_text="Codes of themes.")
    falling = serializers.ListField(child=serializers.CharField())
    emerging = serializers.ListField(child=serializers.CharField())
