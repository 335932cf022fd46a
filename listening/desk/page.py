"""What the pages of the desk share: the way between them, the purpose of who reads, and how a problem is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from rest_framework.serializers import ValidationError

from backend.problems import InternalError, InvalidParameter, Problem, as_problem
from listening.audit.errors import PurposeRequired
from listening.audit.purposes import Purpose
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.desk.wording import PURPOSES, TOLD, Text
from listening.fieldwork.models import User
from listening.fieldwork.person import person_of
from listening.records.models import Conversation
from listening.records.permissions import takes_purpose
from listening.sync.conflicts import clashes_of
from listening.sync.models import WaitingOp

# What may go wrong with what somebody typed or pressed; told on the page by `problem_of`.
FAULTS: Final = (Problem, ValidationError, OperationalError)


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the desk in the way between them; `waiting`: how many things there are to decide."""

    href: str
    name: str
    waiting: int
    is_open: bool


def desk_page(
    request: HttpRequest, template: str, shown: Mapping[str, Any], *, problem: Problem | None = None, status: int = 200
) -> HttpResponse:
    """A page of the desk; with a problem, told above everything else, under its status."""
    context = {
        **shown,
        "sections": _sections(request),
        "problem": problem,
        "told": problem and told_of(problem),
        "mistakes": [] if problem is None or len(problem.errors) < 2 else problem.errors,
        "purpose": told_purpose(request),
        "purposes": _purposes(request) if settings.PURPOSE_REQUIRED else [],
    }
    return render(request, template, context, status=status if problem is None else problem.status)


def problem_of(fault: Exception) -> Problem:
    """The problem that one of `FAULTS` is."""
    return as_problem(fault) or InternalError("Something broke on our side; nothing was changed.")


def told_of(problem: Problem) -> str:
    """What a problem says to a person in front of a page; what programs are told, where the desk has no words of it."""
    return str(TOLD.get(problem.slug, problem.detail))


def to_page(request: HttpRequest, name: str, query: str = "", fragment: str = "") -> HttpResponseRedirect:
    """Go on to a page of the desk, with the purpose that was told."""
    told = "&".join(part for part in (query, _purpose_query(request)) if part)
    return HttpResponseRedirect(f"{reverse(name)}{f'?{told}' if told else ''}{f'#{fragment}' if fragment else ''}")


def purpose_of(request: HttpRequest) -> Purpose | None:
    """The purpose that a form or an address names. Raises InvalidParameter for one that is not in the list."""
    text = told_purpose(request)
    if not text:
        return None
    try:
        return Purpose(text)
    except ValueError:
        words = {"value": text[:50], "purposes": ", ".join(Purpose)}
        detail = _("There is no purpose “%(value)s”; choose one of: %(purposes)s.") % words
        raise InvalidParameter(detail, parameter="purpose", value=text, allowed=list(Purpose)) from None


def told_purpose(request: HttpRequest) -> str:
    return request.POST.get("purpose", "") or request.GET.get("purpose", "")


def check_purpose(request: HttpRequest, others: Collection[UUID]) -> Purpose | None:
    """The purpose for which records of others are read or changed.

    Raises PurposeRequired where they take one and none was told, which is recorded; InvalidParameter.
    """
    purpose = purpose_of(request)
    if purpose is None and takes_purpose(others):
        record(Verb.REFUSED, Conversation, others, request=request)
        raise PurposeRequired(list(others))
    return purpose


def note_reading(request: HttpRequest, others: Collection[UUID], verb: Verb = Verb.READ_LIST) -> None:
    """Record that conversations of others are handed out. Raises PurposeRequired, InvalidParameter."""
    purpose = check_purpose(request, others)
    if others:
        record(verb, Conversation, others, request=request, purpose=purpose)


def _sections(request: HttpRequest) -> list[Section]:
    person: User = person_of(request)
    query = _purpose_query(request)
    pages = (
        ("desk", _("Came in"), 0, ("desk-themes",)),
        ("desk-conflicts", _("Conflicts"), clashes_of(person).filter(settlement="").count(), ("desk-settle",)),
        (
            "desk-waiting",
            _("Quarantine"),
            WaitingOp.objects.visible_to(person).filter(why=WaitingOp.Why.QUARANTINED).count(),
            ("desk-release", "desk-dismiss"),
        ),
        ("desk-phones", _("Phones"), 0, ()),
        ("desk-sessions", _("Sessions"), 0, ("desk-session-add", "desk-session")),
        ("desk-venues", _("Venues"), 0, ("desk-venue-add", "desk-venue")),
        ("desk-next", _("Where to listen next"), 0, ()),
    )
    here = request.resolver_match.url_name if request.resolver_match else ""
    return [
        Section(f"{reverse(page)}{f'?{query}' if query else ''}", name, waiting, here == page or here in below)
        for page, name, waiting, below in pages
    ]


def _purpose_query(request: HttpRequest) -> str:
    text = told_purpose(request)
    return urlencode({"purpose": text}) if text in list(Purpose) else ""


def _purposes(request: HttpRequest) -> list[tuple[str, Text, bool]]:
    told = told_purpose(request)
    return [(purpose.value, PURPOSES[purpose], purpose == told) for purpose in Purpose]
