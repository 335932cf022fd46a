"""Sign-in by the city's identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), state and nonce.

A person is known by issuer and subject, which together never change hands (section 5.7 there); never by an e-mail
address, which may. allauth keeps the state and the links; what the provider says is checked here.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import quote, urlencode, urlsplit

import jwt
import requests
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.base.provider import Provider, ProviderAccount
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from listening.fieldwork import invitations
from listening.fieldwork.models import Invitation, User

PATIENCE_S: Final = 5.0
LARGEST_ANSWER: Final = 262_144  # bytes
CLOCK_LEEWAY_S: Final = 60
# The provider signs with a key that only it has; a shared secret or none is no signature (RFC 8725, section 3.1).
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LONGEST_SUBJECT: Final = 191  # as allauth stores it; the standard allows 255 ASCII characters
LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


class ProviderFault(Exception):
    """The provider did not answer, or not as the standard says. The text is for developers and is not shown."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The part of a provider's metadata that is used (OpenID Connect Discovery 1.0, section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    by_basic: bool  # the client names itself in a header, not in the form

    @classmethod
    def of(cls, issuer: str) -> Discovery:
        """Ask an issuer. Raises ProviderFault."""
        told = fetch("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
        if told.get("issuer") != issuer:
            raise ProviderFault(f"It calls itself {told.get('issuer')!r}.")
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return cls(
            authorization_endpoint=_address(told.get("authorization_endpoint")),
            token_endpoint=_address(told.get("token_endpoint")),
            jwks_uri=_address(told.get("jwks_uri")),
            by_basic="client_secret_post" not in methods,
        )


class CityProvider(Provider):
    """The provider that the settings name, as allauth sees it."""

    id = "oidc"
    name = "OpenID Connect"
    account_class = ProviderAccount

    @property
    def issuer(self) -> str:
        return str(self.app.provider_id)

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """A page that leads on to the provider. Raises ProviderFault.

        Not a redirect: of a form, browsers follow those alone that `form-action` of our policy names, and the provider
        may send the browser through further hosts, which nobody can name.
        """
        found = Discovery.of(self.issuer)
        pkce = generate_code_challenge()
        nonce = secrets.token_urlsafe(32)
        state = self.stash_redirect_state(
            request, process, next_url, data, nonce=nonce, code_verifier=pkce.pop("code_verifier")
        )
        asked = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.app.client_id,
            "redirect_uri": callback_address(request),
            "state": state,
            "nonce": nonce,
            **pkce,
        }
        joint = "&" if urlsplit(found.authorization_endpoint).query else "?"
        address = f"{found.authorization_endpoint}{joint}{urlencode(asked)}"
        return render(request, "signin/onward.html", {"address": address, "provider": self.app.name})

    def subject(self, request: HttpRequest, code: str, state: dict[str, Any]) -> str:
        """Exchange a code for the subject that it stands for. Raises ProviderFault."""
        found = Discovery.of(self.issuer)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_address(request),
            "code_verifier": state["code_verifier"],
        }
        client = None
        if found.by_basic:
            client = (quote(self.app.client_id, safe=""), quote(self.app.secret, safe=""))  # RFC 6749, section 2.3.1
        else:
            form |= {"client_id": self.app.client_id, "client_secret": self.app.secret}
        answer = fetch("POST", found.token_endpoint, data=form, auth=client)
        claims = self.verified(str(answer.get("id_token", "")), fetch("GET", found.jwks_uri))
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), state["nonce"].encode()):
            raise ProviderFault("The nonce is another.")
        subject = str(claims["sub"])
        if not (0 < len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable()):
            raise ProviderFault("The subject cannot be stored.")
        return subject

    def verified(self, id_token: str, key_set: dict[str, Any]) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7). Raises ProviderFault."""
        try:
            kid = jwt.get_unverified_header(id_token).get("kid")
            keys = jwt.PyJWKSet.from_dict(key_set).keys
            # Who has one key need not name it.
            key = next(k for k in keys if k.key_id == kid or (kid is None and len(keys) == 1))
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=ALGORITHMS,
                issuer=self.issuer,
                audience=self.app.client_id,
                leeway=CLOCK_LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, StopIteration, ValueError, TypeError, AttributeError) as error:
            raise ProviderFault(f"{type(error).__name__} in the ID token") from error
        is_shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if is_shared else self.app.client_id) != self.app.client_id:
            raise ProviderFault("The ID token is for another client.")
        return claims


def configured() -> list[SocialApp]:
    """The provider of the settings, or none."""
    if not settings.OIDC_ISSUER:
        return []
    return [
        SocialApp(
            provider=CityProvider.id,
            provider_id=settings.OIDC_ISSUER,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
        )
    ]


def provider(request: HttpRequest) -> CityProvider:
    """The provider of the settings. Raises Http404 when there is none."""
    for app in configured():
        return CityProvider(request, app=app)
    raise Http404("No identity provider is configured.")


def start(request: HttpRequest, *, next_url: str | None, invitation: Invitation | None) -> HttpResponse:
    """Begin a sign-in; with an invitation, it makes the account known that comes back."""
    try:
        # In the session, which only we write: the number is enough, the secret of the link is not kept.
        data = {"invitation": invitation and invitation.pk}
        return provider(request).redirect(request, AuthProcess.LOGIN, next_url, data)
    except ProviderFault:
        return failed(request)


def finish(request: HttpRequest) -> HttpResponse:
    """The browser comes back from the provider."""
    city = provider(request)
    try:
        # The session knows which states it began; each is good once (CSRF, mix-up of sign-ins).
        state = city.unstash_redirect_state(request, request.GET.get("state", ""))
        subject = city.subject(request, request.GET.get("code", ""), state)
    except (PermissionDenied, ProviderFault):
        return failed(request)
    # No e-mail address, no name: nothing by which allauth could take them for somebody else.
    login = SocialLogin(user=User(), account=SocialAccount(provider=city.issuer, uid=subject), provider=city)
    login.state = state
    return cast("HttpResponse", complete_social_login(request, login))


def admit(login: SocialLogin) -> bool:
    """Whether the account is known, or an invitation makes it known now."""
    brought = (login.state.get("data") or {}).get("invitation")
    if not brought:
        return bool(login.is_existing)
    invitation = invitations.standing().filter(pk=brought).first()
    if login.is_existing or invitation is None:
        return False
    try:
        with transaction.atomic():
            if not invitations.use(invitation):
                return False
            # As a new password replaces the old one.
            SocialAccount.objects.filter(user=invitation.person).delete()
            login.account.user = login.user = invitation.person
            login.account.save()
    except IntegrityError:
        return False  # the same account was linked to somebody else in this instant
    return True


def refuse(request: HttpRequest) -> HttpResponse:
    """The provider vouches for somebody who is not known here, or no longer active."""
    return render(request, "signin/refused.html", {"provider": settings.OIDC_NAME}, status=HTTPStatus.FORBIDDEN)


def failed(request: HttpRequest) -> HttpResponse:
    """Nobody was signed in; the reason is on the provider's side, or the answer belongs to no question of ours."""
    return render(request, "signin/failed.html", {"provider": settings.OIDC_NAME}, status=HTTPStatus.BAD_REQUEST)


def callback_address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("oidc_callback"))


def is_safe_address(url: str) -> bool:
    """Whether what is said there stays between us: https, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_here = parts.scheme == "http" and parts.hostname in LOOPBACK
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)


def fetch(method: str, url: str, **form: Any) -> dict[str, Any]:
    """A JSON object from the provider: no redirect, limited in time and size. Raises ProviderFault."""
    body = b""
    try:
        with requests.request(
            method,
            url,
            timeout=PATIENCE_S,
            allow_redirects=False,
            stream=True,
            headers={"Accept": "application/json"},
            **form,
        ) as response:
            if response.status_code != HTTPStatus.OK:
                raise ProviderFault(f"{method} gave {response.status_code}.")
            for part in response.iter_content(65_536):
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise ProviderFault("The answer is too large.")
        told = json.loads(body)
    except (requests.RequestException, OSError, ValueError, RecursionError) as error:
        raise ProviderFault(type(error).__name__) from error
    if not isinstance(told, dict):
        raise ProviderFault("It is no JSON object.")
    return told


def _address(told: object) -> str:
    if isinstance(told, str) and is_safe_address(told):
        return told
    raise ProviderFault(f"{told!r} is no https address.")
