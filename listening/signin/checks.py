"""Settings of sign-in that cannot be meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from listening.fieldwork.roles import Role
from listening.signin.oidc import is_safe_address

LONGEST_ISSUER = 200  # as allauth stores it
LONGEST_SESSION_S = 24 * 3600


@register(Tags.security)
def second_factor_roles(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A role with a slip of the pen would go without a second factor."""
    unknown = sorted(set(settings.SECOND_FACTOR_ROLES) - set(Role.values))
    if not unknown:
        return []
    return [
        Error(
            f"LISTENING_MFA_ROLES names {', '.join(unknown)}, which is no role.",
            hint=f"Roles are {', '.join(Role.values)}.",
            id="signin.E001",
        )
    ]


@register(Tags.security)
def session_limits(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A session ends, by itself and within a day (ASVS 5.0.0, V7.3)."""
    idle, absolute = settings.SESSION_COOKIE_AGE, settings.SESSION_ABSOLUTE_AGE
    if 60 < idle <= absolute <= LONGEST_SESSION_S:
        return []
    return [
        Error(
            "LISTENING_SESSION_IDLE_MINUTES and LISTENING_SESSION_HOURS set no sensible limits.",
            hint="Whole numbers: from 2 minutes, to at most 24 hours; idle not longer than altogether. "
            "The defaults are 30 minutes and 10 hours.",
            id="signin.E002",
        )
    ]


@register(Tags.security)
def identity_provider(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The identity provider is named completely, or not at all."""
    told = {
        "LISTENING_OIDC_ISSUER": settings.OIDC_ISSUER,
        "LISTENING_OIDC_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "LISTENING_OIDC_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
    }
    missing = [name for name, value in told.items() if not value]
    if len(missing) == len(told):
        return []
    if missing:
        return [
            Error(
                f"{', '.join(missing)} is not set, but others of the identity provider are.",
                hint="Set all three, as the provider gave them to you, or none.",
                id="signin.E003",
            )
        ]
    if not is_safe_address(settings.OIDC_ISSUER) or len(settings.OIDC_ISSUER) > LONGEST_ISSUER:
        return [
            Error(
                "LISTENING_OIDC_ISSUER is no https address of at most 200 characters.",
                hint="Give the issuer exactly as the provider spells it, without /.well-known/ at the end.",
                id="signin.E004",
            )
        ]
    return []
