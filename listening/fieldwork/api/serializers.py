"""The wire shapes of venues and sessions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.http.strict_serializers import InstantField, StrictCharField, StrictSerializer, StrictUUIDField
from listening.fieldwork.models import Session, Venue


class VenueSerializer(serializers.Serializer[Any]):
    """A place where people are listened to; `point` is a GeoJSON point or null."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Venue.Kind.choices)
    point = serializers.SerializerMethodField()

    def get_point(self, venue: Venue) -> dict[str, Any] | None:
        point = venue.location
        return None if point is None else {"type": "Point", "coordinates": [point.x, point.y]}


class VenuesSerializer(serializers.Serializer[Any]):
    """The venues by name."""

    venues = VenueSerializer(many=True)


class SessionSerializer(StrictSerializer):
    """An outing or event; the id is made by the client, so that sending it again changes nothing."""

    id = StrictUUIDField()
    kind = serializers.ChoiceField(choices=Session.Kind.choices)
    title = StrictCharField(required=False, allow_blank=True, max_length=200)
    venue = StrictCharField(required=False, allow_null=True, max_length=80, help_text="Code of a venue.")
    started_at = InstantField()
    ended_at = InstantField(required=False, allow_null=True)
    convener = serializers.CharField(read_only=True, source="convener.username")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("ended_at") and attrs["ended_at"] < attrs["started_at"]:
            raise serializers.ValidationError({"ended_at": "A session does not end before it starts."})
        return attrs


class SessionsSerializer(serializers.Serializer[Any]):
    """Sessions, newest first."""

    sessions = SessionSerializer(many=True)
