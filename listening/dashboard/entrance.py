"""The front door: the start page, signing in and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from backend.policy import Public, access
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.sign_in import SignInForm

DEMO_PEOPLE = (
    ("planner", _lazy("reads the need maps")),
    ("listener", _lazy("logs conversations")),
    ("coordinator", _lazy("reads what was logged and gives it themes")),
    ("navile", _lazy("coordinates the district Navile alone")),
    ("steward", _lazy("watches over what may be published")),
    ("admin", _lazy("may do everything, and opens the administration")),
)


@dataclass(frozen=True, slots=True)
class Door:
    """A place the start page leads to."""

    href: str
    name: str
    says: str


@access(Public)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page: what this is, and where it goes on."""
    doors = [
        Door(reverse("api-docs"), _("Interface for programs"), _("Every address of the API, to read and to try.")),
        Door(reverse("admin:index"), _("Administration"), _("People, venues, themes and boundaries.")),
        Door(reverse("health-ready"), _("State of the service"), _("Whether it can answer and reach its database.")),
    ]
    return render(request, "home.html", {"links": doors})


@access(Public)
class SignIn(LoginView):
    """Sign in with name and password; in the demo the page names the accounts."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Whoever reads need maps begins there; others at the start page."""
        return reverse("dashboard" if ReadsCounts.admits(self.request.user) else "home")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, demo_people=DEMO_PEOPLE if settings.DEMO else ())


@access(Public)
class SignOut(LogoutView):
    """Sign out (POST)."""
