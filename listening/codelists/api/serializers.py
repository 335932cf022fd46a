"""The wire shape of themes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from listening.codelists.models import Theme


class ThemeSerializer(serializers.Serializer[Any]):
    """One theme; `label` is in the language that was asked for."""

    code = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # a wire name that Field also uses
    label = serializers.CharField()  # type: ignore[assignment]  # a wire name that Field also uses
    labels = serializers.DictField(child=serializers.CharField())
    sensitivity = serializers.ChoiceField(choices=Theme.Sensitivity.choices)


class ThemesSerializer(serializers.Serializer[Any]):
    """The themes on offer, parents before children."""

    language = serializers.CharField()
    themes = ThemeSerializer(many=True)
