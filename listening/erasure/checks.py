"""System checks of what is deleted when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from listening.erasure.retention import parse_days


@register()
def retention(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A city that believes that it deletes must do so."""
    try:
        parse_days(settings.RETENTION)
    except ValueError as error:
        hint = "Write name=days, separated by commas, e.g. text=365,point=730,record=1826,waiting=90."
        return [Error(f"LISTENING_RETENTION: {error}.", hint=hint, id="erasure.E001")]
    return []


@register()
def legal_basis(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """On what conversations are counted is one of two."""
    if settings.STATISTICS_BASIS in {"public_task", "consent"}:
        return []
    said = f"LISTENING_STATISTICS_BASIS is {settings.STATISTICS_BASIS!r}."
    return [Error(said, hint="Write public_task or consent.", id="erasure.E002")]
