"""The wire shapes of venues, sessions and phones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.http.strict_serializers import InstantField, StrictCharField, StrictSerializer, StrictUUIDField
from listening.fieldwork.device_keys import read_public_key
from listening.fieldwork.models import Device, Session, Venue


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


class EnrolmentCodeSerializer(serializers.Serializer[Any]):
    """A code by which one phone is enrolled; it is shown this once."""

    code = serializers.CharField()
    expires_at = serializers.DateTimeField()
    qr = serializers.CharField(help_text="A QR code as SVG: the address of the field app, and `#enrol=` with the code.")


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "description": "SubjectPublicKeyInfo (RFC 5480): DER in base64."},
            {"type": "object", "description": "JSON Web Key (RFC 7517): `kty` EC, `crv` P-256, `x`, `y`."},
        ]
    }
)
class PublicKeyField(serializers.Field[str, Any, str, Any]):
    """The public half of a P-256 key, brought to one form."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str | Mapping):
            raise serializers.ValidationError("A key is a text or a JSON Web Key.", code="invalid")
        try:
            return read_public_key(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid") from None


class EnrolmentSerializer(StrictSerializer):
    """What a phone says of itself when it is enrolled."""

    code = StrictCharField(max_length=100)
    name = StrictCharField(max_length=80, help_text="What its person calls it.")
    public_key = PublicKeyField()


class EnrolledSerializer(serializers.Serializer[Any]):
    """A phone that was enrolled; its token is shown this once."""

    device_id = serializers.UUIDField()
    token = serializers.CharField()
    lease_until = serializers.DateTimeField()
    comparison_number = serializers.CharField(help_text="Four digits; its person sees the same on the page.")


class HelloSerializer(StrictSerializer):
    """Nothing, to ask for a nonce; or the last nonce and its signature, to renew the lease."""

    nonce = StrictCharField(required=False, max_length=100)
    signature = StrictCharField(required=False, max_length=200, help_text="r and s (64 bytes) in base64url.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) == 1:
            missing = "signature" if "nonce" in attrs else "nonce"
            raise serializers.ValidationError({missing: "Send both nonce and signature, or neither."})
        return attrs


class GreetingSerializer(serializers.Serializer[Any]):
    """What a phone is told when it says hello."""

    device_id = serializers.UUIDField()
    server_time = serializers.DateTimeField()
    confirmed = serializers.BooleanField()
    lease_until = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="When it must be enrolled anew, if it is not used until then.")
    nonce = serializers.CharField(help_text="To be signed at the next hello.")
    nonce_until = serializers.DateTimeField()
    token = serializers.CharField(
        allow_null=True, help_text="A replacement for its token, which holds until this one is used; mostly null."
    )


class DeviceSerializer(serializers.Serializer[Any]):
    """A phone."""

    id = serializers.UUIDField()
    person = serializers.CharField(source="person.username")
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=Device.STATES)
    comparison_number = serializers.SerializerMethodField()
    enrolled_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    lease_until = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    misused_at = serializers.DateTimeField(allow_null=True, help_text="When a token came back that was replaced.")
    wipe_asked_at = serializers.DateTimeField(allow_null=True)
    wipe_told_at = serializers.DateTimeField(allow_null=True)

    def get_comparison_number(self, device: Device) -> str | None:
        """Of a phone of one's own that is not confirmed yet; otherwise null."""
        is_own = device.person_id == self.context["person"].pk
        return device.comparison_number if is_own and device.state == "unconfirmed" else None


class DevicesSerializer(serializers.Serializer[Any]):
    """Phones, the newest first."""

    devices = DeviceSerializer(many=True)


class ConfirmationSerializer(StrictSerializer):
    """The number that the phone shows."""

    comparison_number = StrictCharField(max_length=4)
