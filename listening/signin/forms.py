"""The form that changes a password."""

from __future__ import annotations

from allauth.account.forms import ChangePasswordForm
from allauth.core import context

from listening.signin import attempts


class PasswordForm(ChangePasswordForm):
    """Asks for the password of today, which may be guessed as often as at the sign-in."""

    def clean_oldpassword(self) -> str:
        attempts.count(context.request, f"password:{context.request.user.get_username()}")
        password: str = super().clean_oldpassword()
        return password
