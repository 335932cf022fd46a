"""The wire shape of a need map, for the OpenAPI schema and the tests that hold answers against it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.records.models import Finding


class ProvenanceSerializer(serializers.Serializer[Any]):
    """Where the figures come from: counted live, or read in the release that holds, as the world reads them.

    Whoever reads counts alone gets released figures of what was published. Live ones differ from it by the rounding.
    """

    release = serializers.CharField(allow_null=True, help_text="What the world reads of the same period.")
    counts = serializers.ChoiceField(choices=["live", "released"])
    rounding_base = serializers.IntegerField(allow_null=True)
    method = serializers.CharField(help_text="Version of how the figures are worked out.")
    missing = serializers.DictField(
        child=serializers.CharField(), help_text="By name of a member that is null: why it is not told."
    )


class CountsSerializer(serializers.Serializer[Any]):
    """Counts of a set of conversations."""

    conversations = serializers.IntegerField(min_value=0, help_text="Conversations held.")
    mentioning = serializers.IntegerField(min_value=0, help_text="Of these, the ones that mention what was asked for.")
    mentions = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Findings of it; null of a release, as all that `missing` names."
    )
    share = serializers.FloatField(
        min_value=0, max_value=1, allow_null=True, help_text="mentioning / conversations; null when nobody listened."
    )
    share_severe = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="Share of the conversations that mention it with a severity of 4 or 5.",
    )


class ClaimedCountsSerializer(CountsSerializer):
    """Counts, and how surely the share is known."""

    share_low = serializers.FloatField(min_value=0, max_value=1, allow_null=True, help_text="90 % interval of share.")
    share_high = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    n_eff = serializers.FloatField(
        min_value=0, allow_null=True, help_text="conversations / deff: as many independent ones say as much."
    )
    deff = serializers.FloatField(
        min_value=1, max_value=5, allow_null=True, help_text="Design effect: people at one table talk alike."
    )


class PlaceNeedSerializer(ClaimedCountsSerializer):
    """What the counts of a place may claim."""

    coverage = serializers.ChoiceField(choices=["none", "thin", "enough"])
    share_eb = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="Empirical-Bayes share, the value of the map; null when nobody listened anywhere.",
    )
    local_weight = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="How much of share_eb is the place's own; 0 where nobody listened.",
    )
    reliability = serializers.ChoiceField(
        choices=["A", "B", "C", "X", "0"],
        help_text="Width of the interval: A up to 15 points, B up to 30, C more; X n_eff under 20; 0 never listened.",
    )
    location_quotient = serializers.FloatField(
        min_value=0, allow_null=True, help_text="share_eb over the share of the city: 2 is twice as often."
    )
    class_index = serializers.IntegerField(
        min_value=1, allow_null=True, help_text="Class of share_eb by `breaks`, from 1; null where it has no value."
    )


class TrendSerializer(serializers.Serializer[Any]):
    """How the share differs from that of an earlier period, in shares: 0.1 is ten points."""

    label = serializers.ChoiceField(choices=["rising", "falling", "stable", "unclear"])  # type: ignore[assignment]  # a wire name that Field also uses
    difference = serializers.FloatField(min_value=-1, max_value=1)
    difference_low = serializers.FloatField(
        min_value=-1,
        max_value=1,
        allow_null=True,
        help_text="90 % interval of the difference; a release tells none of what follows but the reference period.",
    )
    difference_high = serializers.FloatField(min_value=-1, max_value=1, allow_null=True)
    p = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    q = serializers.FloatField(
        min_value=0, max_value=1, allow_null=True, help_text="p adjusted over all places and themes (BH)."
    )
    reference_period = serializers.CharField()
    reference_conversations = serializers.IntegerField(min_value=1, allow_null=True)
    reference_mentioning = serializers.IntegerField(min_value=0, allow_null=True)


class FallbackSerializer(PlaceNeedSerializer):
    """The smallest place around one without a value whose share may be read."""

    layer = serializers.CharField()
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    coverage = None  # type: ignore[assignment]  # always enough


class DistrictNeedSerializer(PlaceNeedSerializer):
    """The properties of one district in a need map."""

    layer = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    edition = serializers.CharField()
    period = serializers.CharField()
    theme = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.choices, allow_null=True)
    trend = TrendSerializer(allow_null=True)
    emerging = serializers.BooleanField(
        allow_null=True, help_text="Heard far more often than in the four quarters before; null where not tested."
    )
    fallback = FallbackSerializer(allow_null=True)


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
    reference_period = PeriodSerializer(allow_null=True)
    theme = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.choices, allow_null=True)
    geography_role = serializers.ChoiceField(choices=["encounter"])
    breaks = serializers.ListField(child=serializers.FloatField())
    is_partial = serializers.BooleanField(
        help_text="Your assignments are for some districts: only these are listed and counted, as `city` too."
    )
    interval_level = serializers.FloatField()
    provenance = ProvenanceSerializer()
    city = ClaimedCountsSerializer()
    unplaced = CountsSerializer(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField())
    features = NeedFeatureSerializer(many=True)


class CellColumnSerializer(serializers.Serializer[Any]):
    """One column of the table of cells."""

    name = serializers.CharField()
    titles = serializers.CharField()
    datatype = serializers.ChoiceField(choices=["string", "date", "integer", "double"])
    required = serializers.BooleanField()  # type: ignore[assignment]  # a wire name that Field also uses


class CellColumnsSerializer(serializers.Serializer[Any]):
    """Metadata of CSV on the Web; `tableSchema` holds the columns, each with its `dc:description`."""

    url = serializers.CharField()
    tableSchema = serializers.DictField()


class ClusterSerializer(PlaceNeedSerializer):
    """A place, and whether it is high or low together with those that touch it."""

    coverage = None  # type: ignore[assignment]  # reliability says it
    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    is_tested = serializers.BooleanField(help_text="false: nobody listened there, or in nothing that touches it.")
    gi_z = serializers.FloatField(allow_null=True)
    gi_p = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    is_high = serializers.BooleanField()
    is_low = serializers.BooleanField()
    lisa_p = serializers.FloatField(min_value=0, max_value=1, allow_null=True)
    quadrant = serializers.ChoiceField(choices=["HH", "LH", "LL", "HL"], allow_null=True)


class ClustersSerializer(serializers.Serializer[Any]):
    """Candidate clusters of a need map."""

    layer = serializers.CharField()
    edition = serializers.CharField()
    period = PeriodSerializer()
    theme = serializers.CharField(allow_null=True)
    kind = serializers.ChoiceField(choices=Finding.Kind.values, allow_null=True)
    is_partial = serializers.BooleanField()
    method = serializers.CharField()
    provenance = ProvenanceSerializer()
    permutations = serializers.IntegerField(min_value=999)
    seed = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())
    places = ClusterSerializer(many=True)
