"""People whose password everybody knows must not exist in a city's own service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from listening.demo.people import demo_people


@register(Tags.database)
def no_demo_people(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Runs with `check --database default`, at `migrate`, and when the service becomes ready."""
    if settings.DEMO or "default" not in (databases or ()):
        return []
    try:
        names = list(demo_people().values_list("username", flat=True))
    except DatabaseError:
        return []  # before the first migration there are no people at all
    if not names:
        return []
    return [
        Error(
            f"The demonstration's people exist here: {', '.join(names)}. Everybody knows their password.",
            hint="Use another database than the demonstration's, or delete these people.",
            id="demo.E001",
        )
    ]
