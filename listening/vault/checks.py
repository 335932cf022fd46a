"""System checks of the vault's keys: wrong ones are told at the start, not when a resident is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from listening.vault.keys import index_key, parse_keys

MAKE = "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"


@register(Tags.security)
def vault_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Both keys, or none: then no contact is kept."""
    if not settings.VAULT_KEYS and not settings.VAULT_INDEX_KEY:
        return []
    try:
        parse_keys(settings.VAULT_KEYS)
    except ValueError as error:
        hint = f"Write name:key, the current one first, separated by commas; a key is what `{MAKE}` prints."
        return [Error(f"LISTENING_VAULT_KEYS cannot be read: {error}.", hint=hint, id="vault.E001")]
    try:
        index_key(settings.VAULT_INDEX_KEY)
    except ValueError as error:
        hint = f"Set it to what `{MAKE}` prints, and keep it for good."
        return [Error(f"LISTENING_VAULT_INDEX_KEY cannot be read: {error}.", hint=hint, id="vault.E002")]
    return []
