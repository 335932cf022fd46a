"""Sign-in of programs, phones and machines: `Authorization: Bearer ...` (RFC 6750). The prefix says what it is.

| prefix | is | may |
| `nlt_` | a token of a person | what the person may |
| `nld_` | a token of a phone | what its person may, while its lease runs and it is confirmed |
| `nlk_` | a key of a machine | what its account may, of this only what the key is for |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from backend import clock
from backend.http.client_address import exact_client_address
from listening.fieldwork import api_keys, device_tokens, tokens
from listening.fieldwork.errors import CHALLENGE, INVALID_TOKEN, DeviceUnconfirmed, KeyNotForThis, LeaseExpired
from listening.fieldwork.key_scopes import scope_asked
from listening.fieldwork.models import ApiKey, ApiToken, Device, User
from listening.fieldwork.permissions import FromPhone, NotFromPhone, OnPages

SignedIn = tuple[User, ApiToken | Device | ApiKey]


class BearerAuthentication(BaseAuthentication):
    """Resolves the bearer token of a request to a person or machine; `request.auth` is the row of the credential."""

    def authenticate(self, request: Request) -> SignedIn | None:
        token = bearer_token(request)
        if token is None:
            return None
        by_prefix = RESOLVERS.get(token[: len(tokens.PREFIX)])
        found = None if by_prefix is None else by_prefix(request, token)
        if found is None:
            # The same for every token that is not good: which ones there are is nobody's business.
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        return found

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE if bearer_token(request) is None else INVALID_TOKEN


def bearer_token(request: Request) -> str | None:
    """What follows `Bearer` in the header; None when another scheme is used, or none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _person(request: Request, token: str) -> SignedIn | None:
    found = tokens.find(token)
    return None if found is None else (found.user, found)


def _phone(request: Request, token: str) -> SignedIn | None:
    device = device_tokens.resolve(token)
    if device is None:
        return None
    # Hello is where a lease is renewed, and where a phone learns that it was confirmed.
    if getattr(request.parser_context["view"], "needs_lease", True):
        if clock.now() >= device.lease_until:
            raise LeaseExpired("The lease of this phone is over: POST /api/v1/devices/hello renews it.")
        if device.confirmed_at is None:
            raise DeviceUnconfirmed("Confirm this phone first, on the page of your phones.")
    return device.person, device


def _machine(request: Request, token: str) -> SignedIn | None:
    key = api_keys.resolve(token, address=exact_client_address(request._request))
    if key is None:
        return None
    asked = scope_asked(request.parser_context["view"], request.method or "")
    if asked not in key.scopes:
        needs = f"It would need {asked}." if asked else "No key may do this."
        raise KeyNotForThis(f"This key is not for this. {needs}", scope=asked)
    return key.account, key


RESOLVERS: Final[Mapping[str, Callable[[Request, str], SignedIn | None]]] = {
    tokens.PREFIX: _person,
    device_tokens.PREFIX: _phone,
    api_keys.PREFIX: _machine,
}


class BearerSchemes(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped upstream
    """How the OpenAPI document names them, and which of them an operation takes."""

    target_class = BearerAuthentication
    name = ["personalToken", "phoneToken", "apiKey"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        refused = set() if scope_asked(auto_schema.view, auto_schema.method) else {"apiKey"}
        if NotFromPhone in auto_schema.view.permission_classes:
            refused.add("phoneToken")
        if OnPages in auto_schema.view.permission_classes:
            refused |= {"phoneToken", "personalToken"}
        if FromPhone in auto_schema.view.permission_classes:
            refused.add("personalToken")
        return [{name: []} for name in self.name if name not in refused]

    def get_security_definition(self, auto_schema: object) -> list[dict[str, str]]:
        described = (
            "A token of a person: `nlt_...`",
            "A token of a phone: `nld_...`",
            "A key of a machine: `nlk_...`; for what the key is for.",
        )
        return [{"type": "http", "scheme": "bearer", "description": description} for description in described]
