"""The wire shape of a need map, for the OpenAPI schema and the tests that hold answers against it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.records.models import Finding


class CountsSerializer(serializers.Serializer[Any]):
    """Counts of a set of conversations."""

    conversations = serializers.IntegerField(min_value=0, help_text="Conversations held.")
    mentioning = serializers.IntegerField(min_value=0, help_text="Of these, the ones that mention what was asked for.")
    mentions = serializers.IntegerField(min_value=0, help_text="Findings of it.")
    share = serializers.FloatField(
        min_value=0, max_value=1, allow_null=True, help_text="mentioning / conversations; null when nobody listened."
    )


class DistrictNeedSerializer(CountsSerializer):
    """The properties of one district in a need map."""

    layer = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    edition = serializers.CharField()
    period = serializers.CharField()
    theme = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.choices, allow_null=True)
    coverage = serializers.ChoiceField(choices=["none", "thin", "enough"])


class NeedFeatureSerializer(serializers.Serializer[Any]):
    """One district as a GeoJSON feature; geometry is null when it was not asked for."""

    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.IntegerField()
    geometry = serializers.JSONField(allow_null=True)
    properties = DistrictNeedSerializer()


class PeriodSerializer(serializers.Serializer[Any]):
    """Whole days: `first` is in it, `until` is the first day after it."""

    label = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses
    first = serializers.DateField()
    until = serializers.DateField()


class NeedMapSerializer(serializers.Serializer[Any]):
    """A need map as a GeoJSON FeatureCollection with what holds for all of it."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    layer = serializers.CharField()
    edition = serializers.CharField()
    is_schematic = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses
    licence = serializers.CharField()
    period = PeriodSerializer()
    theme = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.choices, allow_null=True)
    geography_role = serializers.ChoiceField(choices=["encounter"])
    breaks = serializers.ListField(child=serializers.FloatField())
    is_partial = serializers.BooleanField(
        help_text="Your assignments are for some districts: only these are listed and counted, as `city` too."
    )
    city = CountsSerializer()
    unplaced = CountsSerializer()
    notes = serializers.ListField(child=serializers.CharField())
    features = NeedFeatureSerializer(many=True)
