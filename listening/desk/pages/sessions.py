"""Sessions of a coordinator's districts: the newest, a new one, a change."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe
from uuid6 import uuid7

from backend.policy import access
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.desk.forms import SessionForm
from listening.desk.page import FAULTS, desk_page, problem_of, to_page
from listening.desk.wording import SESSION_KINDS
from listening.fieldwork.models import Session
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.fieldwork.sessions import change_session, open_session

MOST_SHOWN = 100


@access(Coordinates)
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The newest sessions that a coordinator may read."""
    found = Session.objects.visible_to(person_of(request)).select_related("convener", "venue")[:MOST_SHOWN]
    shown = [(session, SESSION_KINDS.get(session.kind, session.kind)) for session in found]
    return desk_page(request, "desk/sessions.html", {"sessions": shown})


@access(Coordinates)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Open a session, exactly once: the form brings its id."""
    if request.method != "POST":
        return desk_page(request, "desk/session.html", {"form": SessionForm()})
    form = SessionForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                session, is_new = open_session(
                    pk=form.cleaned_data["id"] or uuid7(), by=person_of(request), **form.told
                )
                if is_new:
                    record(Verb.CREATE, Session, [session.pk], request=request)
        except FAULTS as fault:
            form.add_problem(problem_of(fault))
        else:
            return to_page(request, "desk-sessions")
    return desk_page(request, "desk/session.html", {"form": form}, status=400)


@access(Coordinates)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a session that a coordinator may read."""
    person = person_of(request)
    session = Session.objects.visible_to(person).select_related("convener", "venue").filter(pk=pk).first()
    if session is None:
        raise Http404
    if request.method != "POST":
        return desk_page(request, "desk/session.html", {"form": SessionForm(session=session), "session": session})
    form, status = SessionForm(request.POST, session=session), 400
    if form.is_valid():
        try:
            with transaction.atomic():
                change_session(pk, read=form.cleaned_data["read"], by=person, **form.told)
                record(Verb.CHANGE, Session, [pk], request=request)
        except FAULTS as fault:
            problem = problem_of(fault)
            form.add_problem(problem)
            status = problem.status
        else:
            return to_page(request, "desk-sessions")
    return desk_page(request, "desk/session.html", {"form": form, "session": session}, status=status)
