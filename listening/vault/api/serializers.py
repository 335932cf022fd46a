"""The wire shape of a contact."""

from __future__ import annotations

from typing import Any, Final

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from rest_framework import serializers

from backend.http.strict_serializers import StrictCharField, StrictSerializer
from listening.vault.contacts import Detail, Person
from listening.vault.models import ContactDetail

MOST_DETAILS: Final = 5
LONGEST: Final = 200  # characters


class DetailSerializer(StrictSerializer):
    """A telephone number or an e-mail address."""

    kind = serializers.ChoiceField(choices=ContactDetail.Kind.choices)
    value = StrictCharField(max_length=LONGEST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            value = normal(attrs["kind"], attrs["value"])
        except ValueError as error:
            raise serializers.ValidationError({"value": str(error)}) from None
        return {**attrs, "value": value}


class ContactSerializer(StrictSerializer):
    """Whom to call back, and how."""

    name = StrictCharField(required=False, allow_blank=True, max_length=LONGEST)
    details = serializers.ListField(child=DetailSerializer(), min_length=1, max_length=MOST_DETAILS)
    expires_at = serializers.DateTimeField(read_only=True, help_text="When it is forgotten.")


def normal(kind: str, value: str) -> str:
    """A number in E.164, an address in small letters: equal ones are written alike. Raises ValueError, without it."""
    if kind == ContactDetail.Kind.EMAIL:
        try:
            validate_email(value)
        except ValidationError:
            raise ValueError("This is no e-mail address; write it as name@example.org.") from None
        return value.lower()
    try:
        number = phonenumbers.parse(value, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("This is no telephone number; write it with the country, as +39 051 1234567.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def person_from(told: dict[str, Any]) -> Person:
    details = dict.fromkeys(Detail(one["kind"], one["value"]) for one in told["details"])
    return Person(told.get("name", ""), tuple(details))
