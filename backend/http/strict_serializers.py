"""Serializers that take JSON at its word: no unknown members, no numbers for texts, no instants without an offset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses members it does not know; read-only ones are ignored, so what was read can be sent."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = set(self.fields)
            unknown = sorted(set(map(str, data)) - known)
            if unknown:
                raise serializers.ValidationError(
                    {
                        name: serializers.ErrorDetail(
                            f"There is no member {name!r}; known are {', '.join(sorted(known))}.", code="unknown-member"
                        )
                        for name in unknown
                    }
                )
        return super().to_internal_value(data)


class StrictUUIDField(serializers.UUIDField):
    """A UUID as text; the plain field also takes integers."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            raise serializers.ValidationError("A UUID is written as text.", code="invalid")
        return UUID(str(super().to_internal_value(data)))


class StrictCharField(serializers.CharField):
    """Text; the plain field turns numbers into text."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A JSON integer; the plain field also takes texts, true and 1.0."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """true or false; the plain field also takes "yes" and 0."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class InstantField(serializers.DateTimeField):
    """An instant with its offset from UTC; one without could mean any of two dozen."""

    def to_internal_value(self, value: Any) -> dt.datetime:
        if not isinstance(value, str):
            raise serializers.ValidationError("An instant is written as text, as in RFC 3339.", code="invalid")
        try:
            instant = dt.datetime.fromisoformat(value)
        except ValueError:
            raise serializers.ValidationError(
                f"{value!r} is not an instant; write it as 2026-11-20T10:15:00+01:00.", code="invalid"
            ) from None
        if instant.tzinfo is None:
            raise serializers.ValidationError(
                f"{value!r} has no offset from UTC; write it as 2026-11-20T10:15:00+01:00 or with a final Z.",
                code="no-offset",
            )
        try:
            return instant.astimezone(dt.UTC)
        except (OverflowError, ValueError):
            raise serializers.ValidationError(f"{value!r} is outside the calendar.", code="invalid") from None
