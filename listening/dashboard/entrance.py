"""The front door: the start page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backend.policy import Public, access


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
        Door(reverse("public-map"), _("Published map"), _("For everybody: the need map as it was published.")),
        Door(reverse("open-landing"), _("Open data"), _("Releases, files and an interface, without signing in.")),
        Door(reverse("field"), _("Field app"), _("For listeners: log on the phone, also without a network.")),
        Door(reverse("api-docs"), _("Interface for programs"), _("Every address of the API, to read and to try.")),
        Door(reverse("admin:index"), _("Administration"), _("People, venues, themes and boundaries.")),
        Door(reverse("health-ready"), _("State of the service"), _("Whether it can answer and reach its database.")),
    ]
    return render(request, "home.html", {"links": doors})
