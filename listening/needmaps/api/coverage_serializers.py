"""The shape of what is told of listening done and to be done, for the schema and its readers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.needmaps.api.list_serializers import MappedPlaceSerializer
from listening.needmaps.api.serializers import PeriodSerializer, ProvenanceSerializer


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
