"""What came in on a day: the first page of the desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Self

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from backend.http.query_parameters import refuse_unknown
from backend.policy import access
from listening.capture.api.pages import page_of
from listening.desk.heard import heard, theme_labels
from listening.desk.narrowing import PARAMETERS, day_named, districts_of, listeners_of, narrowed, newest_day
from listening.desk.page import FAULTS, desk_page, note_reading, problem_of
from listening.drawing import wording
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.records.models import Conversation


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which something came in, and the query that shows it."""

    words: str
    query: str

    @classmethod
    def of(cls, day: dt.date, params: QueryDict) -> Self:
        query = params.copy()
        query["day"] = day.isoformat()
        return cls(wording.day(day), query.urlencode())


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
        if not page.ids and not request.GET.get("cursor"):
            newest = newest_day(Conversation.objects.visible_to(person), request.GET, listeners)
            shown["newest"] = newest and Day.of(newest, request.GET)
        note_reading(request, page.of_others(person.pk))
    except FAULTS as fault:
        return desk_page(request, "desk/incoming.html", shown, problem=problem_of(fault))
    shown["conversations"] = heard(page.ids, theme_labels(language))
    shown["next_query"] = page.next_query
    return desk_page(request, "desk/incoming.html", shown)
