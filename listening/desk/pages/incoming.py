"""What came in on a day: the first page of the desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from backend.http.query_parameters import refuse_unknown
from backend.policy import access
from listening.capture.api.pages import page_of
from listening.desk.heard import heard, theme_labels
from listening.desk.narrowing import PARAMETERS, day_named, districts_of, listeners_of, narrowed
from listening.desk.page import FAULTS, desk_page, note_reading, problem_of
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.records.models import Conversation


@access(Coordinates)
@require_safe
def incoming(request: HttpRequest) -> HttpResponse:
    """Conversations that arrived on a day, newest first: those that a coordinator may read."""
    person, language = person_of(request), get_language() or ""
    listeners = listeners_of(person)
    shown: dict[str, Any] = {
        "day": request.GET.get("day", ""),
        "unthemed": request.GET.get("unthemed") == "yes",
        "listeners": [(one.username, one.username == request.GET.get("listener")) for one in listeners],
        "districts": districts_of(person, language),
        "chosen_district": request.GET.get("district", ""),
        "back": request.GET.urlencode(),
    }
    try:
        refuse_unknown(request.GET, PARAMETERS)
        shown["day"] = day_named(request.GET.get("day", "")).isoformat()
        found = narrowed(Conversation.objects.visible_to(person), request.GET, listeners)
        page = page_of(found, request.GET)
        note_reading(request, page.of_others(person.pk))
    except FAULTS as fault:
        return desk_page(request, "desk/incoming.html", shown, problem=problem_of(fault))
    shown["conversations"] = heard(page.ids, theme_labels(language))
    shown["next_query"] = page.next_query
    return desk_page(request, "desk/incoming.html", shown)
