"""The wire shape of representation and of weights, for the OpenAPI schema and the tests that hold answers to it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.needmaps.api.coverage_serializers import CoverageHeadSerializer
from listening.needmaps.representation import REASONS
from listening.statistics.coverage import OVER, UNDER


def fraction(told: str = "", *, null: bool = True) -> serializers.FloatField:
    """A field of 0 to 1."""
    return serializers.FloatField(min_value=0, max_value=1, allow_null=null, help_text=told)


def amount(told: str = "") -> serializers.FloatField:
    """A field of 0 or more, or null."""
    return serializers.FloatField(min_value=0, allow_null=True, help_text=told)


class BandRepresentationSerializer(serializers.Serializer[Any]):
    """One band of one variable; bands are never crossed."""

    variable = serializers.CharField()
    band = serializers.CharField()
    n = serializers.IntegerField(min_value=0, help_text="People of the band, ten of one conversation at most.")
    share = fraction("Of the people whose band is recorded.", null=False)
    ref_share = fraction("Of the residents; null where it is not known.")
    rr = amount("Representation ratio: share / ref_share; null for the `reason` of the variable.")
    rr_low = amount("90 % interval of rr, on the effective number of people.")
    rr_high = amount()
    rr_least = amount("rr if none of those not recorded were of the band.")
    rr_most = amount("rr if all of them were.")
    flag = serializers.ChoiceField(
        choices=[UNDER, OVER], allow_null=True, help_text="under: rr_high is below 0.8; over: rr_low is above 1.25."
    )


class ReferenceSerializer(serializers.Serializer[Any]):
    """Where the residents are from."""

    year = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses


class VariableRepresentationSerializer(serializers.Serializer[Any]):
    """One variable as a whole."""

    variable = serializers.CharField()
    reference = ReferenceSerializer(allow_null=True)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True, help_text="Why no ratio is told; null: it is.")
    n = serializers.IntegerField(min_value=0, help_text="People whose band is recorded and is one that residents have.")
    unknown = fraction("Share of the people whose band is not.")
    n_eff = amount("n / deff: as many people met by themselves would tell as much.")
    deff = amount("Design effect: people met together are alike.")
    dissimilarity = fraction("Share of the people who would have to be of another band.")
    dissimilarity_by_chance = fraction("What it would be if all residents were as likely to be met.")
    excess = serializers.FloatField(
        min_value=-1, max_value=1, allow_null=True, help_text="The one less the other; above 0.05 is uneven."
    )
    parity = fraction("Smallest rr / largest.")


class RepresentedSerializer(serializers.Serializer[Any]):
    """The people met in a place."""

    conversations = serializers.IntegerField(min_value=0)
    people = serializers.IntegerField(min_value=0, help_text="Ten of one conversation at most.")
    bands = BandRepresentationSerializer(many=True)
    variables = VariableRepresentationSerializer(many=True)


class RepresentedPlaceSerializer(RepresentedSerializer):
    """The people met in a place, with its names."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()


class RepresentationSerializer(CoverageHeadSerializer):
    """Who was listened to, against who lives there."""

    interval_level = serializers.FloatField()
    notes = serializers.ListField(child=serializers.CharField())
    city = RepresentedSerializer(help_text="All places together, and, for whoever reads all, what is in none.")
    places = RepresentedPlaceSerializer(many=True)


class WeighedDistrictSerializer(serializers.Serializer[Any]):
    """What was weighed."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()


class WeightedBandSerializer(serializers.Serializer[Any]):
    """One band before and after."""

    band = serializers.CharField()
    group = serializers.IntegerField(min_value=0, help_text="Bands with too few people have the group of another.")
    ref_share = fraction(null=False)
    share_before = fraction("Of the people met.", null=False)
    share_after = fraction("By the weights of their conversations.", null=False)


class WeightedMarginSerializer(serializers.Serializer[Any]):
    """What was weighed by."""

    variable = serializers.CharField()
    reference = ReferenceSerializer()
    bands = WeightedBandSerializer(many=True)


class WeightedShareSerializer(serializers.Serializer[Any]):
    """A theme, by weights and without."""

    theme = serializers.CharField()
    mentioning = serializers.IntegerField(min_value=0)
    share = fraction(null=False)
    share_weighted = fraction(null=False)


class WeightsSerializer(CoverageHeadSerializer):
    """What weighting does, and what it costs."""

    district = WeighedDistrictSerializer(allow_null=True, help_text="null: the city.")
    scheme = serializers.ChoiceField(choices=["raking"])
    margins = WeightedMarginSerializer(many=True)
    iterations = serializers.IntegerField(min_value=0)
    converged = serializers.BooleanField(
        help_text="false: weights had to be trimmed, so that margins are not quite met."
    )
    largest_gap = fraction("Between a weighted share and that of residents.", null=False)
    conversations = serializers.IntegerField(min_value=0)
    deff = serializers.FloatField(min_value=1, help_text="1 + the squared coefficient of variation of the weights.")
    n_eff = serializers.FloatField(min_value=0, help_text="Conversations that would tell as much without weights.")
    w_min = serializers.FloatField(min_value=0, help_text="Smallest weight; their mean is 1.")
    w_max = serializers.FloatField(min_value=0)
    themes = WeightedShareSerializer(many=True)
