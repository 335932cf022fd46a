"""Signing in with name and password: each try counts, before the name is looked up."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm

from backend.http.rate_limit import refuse_if_too_many


class SignInForm(AuthenticationForm):
    """Answers alike for known and unknown names, also when it was tried too often. Raises TooManyRequests."""

    def clean(self) -> dict[str, Any]:
        if self.request is not None:
            refuse_if_too_many(self.request, "login", self.cleaned_data.get("username", ""))
        return super().clean()


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same at the door of the administration."""
