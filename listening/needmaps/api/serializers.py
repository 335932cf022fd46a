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


class ListeningSerializer(MappedPlaceSerializer):
    """What was listened in a place, and who lives there."""

    residents = serializers.IntegerField(min_value=0, allow_null=True)
    conversations = serializers.IntegerField(min_value=0)
    people = serializers.IntegerField(min_value=0, help_text="People in them, ten of one conversation at most.")
    sessions = serializers.IntegerField(
        min_value=0,
        allow_null=True,
        help_text="Without a session, what one hears on a day is one; no release tells sessions and listeners.",
    )
    listeners = serializers.IntegerField(min_value=0, allow_null=True)


class CoveredPlaceSerializer(ListeningSerializer):
    """A place with its rate; the three are null where there are no residents to take it of, or nobody was met."""

    listening_rate = serializers.FloatField(min_value=0, allow_null=True, help_text="People per 1,000 residents.")
    rate_ratio = serializers.FloatField(min_value=0, allow_null=True, help_text="To the rate of all places.")
    is_low = serializers.BooleanField(allow_null=True, help_text="Less than half of the rate of all.")


class CoverageHeadSerializer(serializers.Serializer[Any]):
    """What holds for all places."""

    layer = serializers.CharField()
    edition = serializers.CharField()
    is_partial = serializers.BooleanField()
    method = serializers.CharField()
    provenance = ProvenanceSerializer()
    period = PeriodSerializer()


class CoverageSerializer(CoverageHeadSerializer):
    """How much listening stands behind each place."""

    places = CoveredPlaceSerializer(many=True)
    elsewhere = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="Conversations held in none of the places."
    )
    dissimilarity = serializers.FloatField(
        min_value=0, max_value=1, allow_null=True, help_text="Share of the people that would have to be met elsewhere."
    )
    dissimilarity_by_chance = serializers.FloatField(
        min_value=0,
        max_value=1,
        allow_null=True,
        help_text="What it would be if all residents were as likely to be met.",
    )


class PriorityBandSerializer(serializers.Serializer[Any]):
    """A band that was met less than it lives there."""

    variable = serializers.CharField()
    band = serializers.CharField()
    rr = serializers.FloatField(min_value=0, help_text="Its share among the people met / its share among residents.")
    rr_high = serializers.FloatField(min_value=0, help_text="Upper end of its 90 % interval, below 0.8.")


class ProposedPlaceSerializer(ListeningSerializer):
    """A place with the conversations that it lacks; counts are of the last four quarters."""

    target = serializers.FloatField(
        min_value=0,
        help_text="Conversations that it should have in the period: a year, or the quarters of it that count.",
    )
    deficit = serializers.FloatField(min_value=0)
    suggested_sessions = serializers.IntegerField(min_value=0)
    priority_bands = PriorityBandSerializer(
        many=True, help_text="Whom to listen to there, the lowest ratio first; at most three, each proven low."
    )


class CoverageNextSerializer(CoverageHeadSerializer):
    """Where to listen next, from most sessions to none. `period` holds the four quarters that were looked at."""

    conversations = serializers.IntegerField(min_value=1, help_text="That can be held in a year, as asked.")
    sessions = serializers.IntegerField(min_value=1, help_text="That can be held in the quarter, as asked.")
    places = ProposedPlaceSerializer(many=True)


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
