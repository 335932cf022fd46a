"""The wire shapes of the geography, for the OpenAPI schema and the tests that hold answers against it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class EditionSerializer(serializers.Serializer[Any]):
    """A dated set of boundaries; `valid_to` is the first day on which it no longer holds."""

    code = serializers.CharField()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    is_schematic = serializers.BooleanField(help_text="Drawn from figures, not surveyed.")
    source = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses
    licence = serializers.CharField()
    districts = serializers.IntegerField()


class LayerSerializer(serializers.Serializer[Any]):
    """One level or partition of the city; rank 0 is the base layer."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    rank = serializers.IntegerField()
    is_base = serializers.BooleanField()
    is_default = serializers.BooleanField()
    editions = EditionSerializer(many=True)


class LayersSerializer(serializers.Serializer[Any]):
    """The layers from fine to coarse."""

    layers = LayerSerializer(many=True)


class NameSerializer(serializers.Serializer[Any]):
    """A name by which people call a district."""

    language = serializers.CharField()
    kind = serializers.ChoiceField(choices=["official", "alias"])
    name = serializers.CharField()


class PopulationSerializer(serializers.Serializer[Any]):
    """The newest figure of residents."""

    residents = serializers.IntegerField()
    year = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses
    exclude_from_rates = serializers.BooleanField()


class ParentSerializer(serializers.Serializer[Any]):
    """A district of a coarser layer in which some of this one lies; shares are of this one, 0-1."""

    id = serializers.IntegerField()
    layer = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    share_of_area = serializers.FloatField()
    share_of_population = serializers.FloatField(allow_null=True)
    is_main = serializers.BooleanField()


class CrosswalkPlaceSerializer(serializers.Serializer[Any]):
    """A district of one of the two editions."""

    code = serializers.CharField()
    name = serializers.CharField()


class CrosswalkPartSerializer(serializers.Serializer[Any]):
    """A part of a district of `from` that lies in a district of `to`; shares are of the former, 0-1.

    `to` is null for what lies in none. `is_main`: whole counts of conversations that name the district go there.
    """

    to = CrosswalkPlaceSerializer(allow_null=True)
    share_of_area = serializers.FloatField()
    share_of_population = serializers.FloatField(allow_null=True, help_text="Null where residents are not known.")
    is_main = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        return {"from": CrosswalkPlaceSerializer(), **super().get_fields()}


class CrosswalkSerializer(serializers.Serializer[Any]):
    """From one edition of a layer to another."""

    layer = serializers.CharField()
    to = serializers.CharField(help_text="Code of the edition.")
    parts = CrosswalkPartSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.CharField(help_text="Code of the edition."), **super().get_fields()}


class DistrictPropertiesSerializer(serializers.Serializer[Any]):
    """What is known of a district."""

    id = serializers.IntegerField()
    layer = serializers.CharField()
    edition = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    names = NameSerializer(many=True)
    area_km2 = serializers.FloatField()
    population = PopulationSerializer(allow_null=True)
    exclude_from_rates = serializers.BooleanField()
    is_schematic = serializers.BooleanField()
    parents = ParentSerializer(many=True)


class DistrictFeatureSerializer(serializers.Serializer[Any]):
    """A district as a GeoJSON feature (RFC 7946)."""

    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.IntegerField()
    geometry = serializers.JSONField(allow_null=True)
    properties = DistrictPropertiesSerializer()


class DistrictCollectionSerializer(serializers.Serializer[Any]):
    """Districts of one edition as a GeoJSON FeatureCollection."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    layer = serializers.CharField()
    edition = serializers.CharField()
    is_schematic = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses
    licence = serializers.CharField()
    features = DistrictFeatureSerializer(many=True)
