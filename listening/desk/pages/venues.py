"""Venues: all that there are, a new one, a change of those in a coordinator's districts."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from backend.policy import access
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.desk.forms import VenueForm
from listening.desk.page import FAULTS, desk_page, problem_of, to_page
from listening.desk.wording import VENUE_KINDS
from listening.fieldwork.models import Venue
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.fieldwork.venues import add_venue, change_venue, venues_kept_by


@access(Coordinates)
@require_safe
def venues(request: HttpRequest) -> HttpResponse:
    """All venues by name; those that one may change lead to their form."""
    kept = set(venues_kept_by(person_of(request)).order_by().values_list("pk", flat=True))
    shown = [(venue, VENUE_KINDS.get(venue.kind, venue.kind), venue.pk in kept) for venue in Venue.objects.all()]
    return desk_page(request, "desk/venues.html", {"venues": shown})


@access(Coordinates)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a venue in one's districts."""
    if request.method != "POST":
        return desk_page(request, "desk/venue.html", {"form": VenueForm()})
    form = VenueForm(request.POST)
    if form.is_valid():
        told = {name: form.cleaned_data[name] for name in ("code", "name", "kind")}
        try:
            with transaction.atomic():
                venue = add_venue(**told, location=form.location, by=person_of(request))
                record(Verb.CREATE, Venue, [venue.pk], request=request)
        except FAULTS as fault:
            form.add_problem(problem_of(fault))
        else:
            return to_page(request, "desk-venues")
    return desk_page(request, "desk/venue.html", {"form": form}, status=400)


@access(Coordinates)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a venue in one's districts."""
    person = person_of(request)
    venue = venues_kept_by(person).filter(pk=pk).first()
    if venue is None:
        raise Http404
    if request.method != "POST":
        return desk_page(request, "desk/venue.html", {"form": VenueForm(venue=venue), "venue": venue})
    form, status = VenueForm(request.POST, venue=venue), 400
    if form.is_valid():
        told = {name: form.cleaned_data[name] for name in ("name", "kind", "read")}
        try:
            with transaction.atomic():
                change_venue(pk, **told, location=form.location, by=person)
                record(Verb.CHANGE, Venue, [pk], request=request)
        except FAULTS as fault:
            problem = problem_of(fault)
            form.add_problem(problem)
            status = problem.status
        else:
            return to_page(request, "desk-venues")
    return desk_page(request, "desk/venue.html", {"form": form, "venue": venue}, status=status)
