"""A city that publishes has a key of its own for disclosure control."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from listening.publishing.errors import NoDisclosureKey
from listening.publishing.key import disclosure_key

HINT = (
    "Set it to the output of `python3 -c 'import secrets; print(secrets.token_hex(32))'` and keep it: with its "
    "key a release can be made again, byte for byte."
)


@register(Tags.security)
def key_of_disclosure(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Not set, the service works and publishes nothing; wrong, it must not start."""
    try:
        disclosure_key()
    except NoDisclosureKey as error:
        if settings.DISCLOSURE_KEY:
            return [Error(error.detail, hint=HINT, id="publishing.E001")]
        if settings.PROCESS == "web":
            return [Warning(error.detail, hint=HINT, id="publishing.W001")]
    return []
