"""How this service differs from what allauth would do by itself."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.signin import attempts, oidc, sessions

INCORRECT_CODE = _lazy("This code is not right, or it was used before. Wait for the next one.")


class AccountAdapter(DefaultAccountAdapter):
    """Names and passwords."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _lazy(
            "This name and password do not match an account. Check both and try again."
        ),
        "incorrect_password": _lazy("This is not your password."),
        "enter_current_password": _lazy("This is not your password."),
        "incorrect_code": INCORRECT_CODE,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are made by administrators."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages answer with pages."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The pages say themselves what happened."""

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To the second factor when a role asks for one; to the need map whoever reads it; others to the start page."""
        if sessions.lacks_second_factor(person_of(request), request.session):
            return reverse("mfa_index")
        return reverse("dashboard" if ReadsCounts.admits(request.user) else "home")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        attempts.count(request, f"password:{credentials['username']}")

    def _rollback_login_failed_rl_usage(self) -> None:
        """A try is spent, also when it succeeded: what is given back would help who guesses in between."""

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """As for somebody unknown. By password nobody comes here: Django finds no inactive person."""
        return oidc.refuse(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has just signed in has just proved who they are."""
        return not sessions.just_signed_in(context.request.session)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The city's identity provider, of which there is at most one, named by the settings."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[Any]:
        """Providers come from the settings: the table of allauth stays empty and is not asked."""
        return oidc.configured()

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> oidc.CityProvider:
        return oidc.provider(request)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Only somebody known comes in, or whoever brings an invitation and is known from then on."""
        if not oidc.admit(sociallogin):
            raise ImmediateHttpResponse(oidc.refuse(request))


class SecondFactorAdapter(DefaultMFAAdapter):
    """Apps, keys and codes."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": INCORRECT_CODE}

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def _get_site_name(self) -> str:
        return _("Neighbourhood listening") + f" {settings.CITY_NAME}"

    def encrypt(self, text: str) -> str:
        """So that a copy of the database alone makes no codes."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ValidationError when the secret key is another than at set-up: no code is right then."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise self.validation_error("incorrect_code") from None


def _cipher() -> Fernet:
    """AES-128-CBC with HMAC-SHA-256; the key is derived from the secret key of the service (RFC 5869)."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"listening.signin.factors")
    return Fernet(base64.urlsafe_b64encode(key.derive(settings.SECRET_KEY.encode())))
