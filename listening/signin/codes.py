"""Codes of the second factor: each is good once, whichever process is asked."""

from __future__ import annotations

import datetime as dt

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django.db.models import Q

from backend import clock
from listening.signin import attempts


class _OnceForm(BaseAuthenticateForm):
    def clean_code(self) -> str:
        attempts.count(context.request, f"code:{self.user.pk}")
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not take_step(self.authenticator):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SignInCodeForm(_OnceForm, AuthenticateForm):
    """The code that completes a sign-in."""


class ConfirmCodeForm(_OnceForm, ReauthenticateForm):
    """The code that confirms who is there before something important."""


class FirstCodeForm(ActivateTOTPForm):
    """The code that proves that the app has the secret."""

    def clean_code(self) -> str:
        attempts.count(context.request, f"code:{self.user.pk}")
        code: str = super().clean_code()
        return code


def take_step(authenticator: Authenticator) -> bool:
    """Whether the code of this time step is used for the first time (RFC 6238, section 5.2).

    The database decides. allauth asks the cache, which each process has for itself.
    """
    period = app_settings.TOTP_PERIOD
    now = clock.now()
    began = dt.datetime.fromtimestamp(now.timestamp() // period * period, tz=dt.UTC)
    unused = Authenticator.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=began), pk=authenticator.pk)
    return bool(unused.update(last_used_at=now))
