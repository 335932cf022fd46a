"""Where to listen next: one sentence for each place, those that lack most first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from backend.http.query_parameters import refuse_unknown
from backend.policy import access
from backend.problems import InvalidParameter
from districts.models import Layer
from listening.desk.page import FAULTS, desk_page, problem_of
from listening.desk.wording import a_band
from listening.drawing.wording import listed, number
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.needmaps.boundaries import boundaries_of_today
from listening.needmaps.coverage import Lately, Proposal, propose
from listening.needmaps.query import parse_query
from listening.needmaps.representation import BandFigures, priority_bands, represent

# What may be asked for, and what is meant when nothing is: as the API has it.
MOST = {"conversations": 1_000_000, "sessions": 10_000}
USUAL = {"conversations": 3_000, "sessions": 100}


@dataclass(frozen=True, slots=True)
class NextPlace:
    """A place, its share of the sessions, and why."""

    name: str
    sessions: str
    sentence: str


@access(Coordinates)
@require_safe
def next_places(request: HttpRequest) -> HttpResponse:
    """The sessions of the next quarter, divided among the places that lack most conversations."""
    language = get_language() or ""
    shown: dict[str, Any] = {
        "asked": {name: request.GET.get(name, str(USUAL[name])) for name in MOST},
        "layers": _layers(request.GET.get("layer", ""), language),
    }
    try:
        refuse_unknown(request.GET, ("layer", "conversations", "sessions", "purpose"))
        query = parse_query({"layer": request.GET.get("layer", "")}, person_of(request).scope)
        affordable, sessions = (_number(name, shown["asked"][name]) for name in ("conversations", "sessions"))
        lately = Lately.of(query)
        proposals = propose(query, lately, affordable=affordable, sessions=sessions)
        _city, represented = represent(query, lately.period)
    except FAULTS as fault:
        return desk_page(request, "desk/next_places.html", shown, problem=problem_of(fault))
    shown["layers"] = _layers(query.layer.code, language)
    bands = {one.district_id: priority_bands(one) for one in represented}
    shown["places"] = [
        NextPlace(one.place.name, sessions_of(one), sentence(one, bands.get(one.place.district_id, ())))
        for one in proposals
    ]
    shown["is_partial"] = not query.reach.everywhere
    return desk_page(request, "desk/next_places.html", shown)


def sessions_of(proposal: Proposal) -> str:
    """How many sessions a place gets, in words."""
    told = ngettext("%(sessions)s session", "%(sessions)s sessions", proposal.sessions)
    return told % {"sessions": number(proposal.sessions)}


def sentence(proposal: Proposal, bands: Any) -> str:
    """Why a place gets its sessions, in words."""
    held, wanted = proposal.place.conversations, round(proposal.target)
    if not held:
        told = _("Nobody listened there in the last four quarters; %(wanted)s conversations would be its part.")
    elif proposal.deficit <= 0:
        told = ngettext(
            "%(held)s conversation in the last four quarters, as many as are its part, or more.",
            "%(held)s conversations in the last four quarters, as many as are its part, or more.",
            held,
        )
    else:
        told = ngettext(
            "%(held)s conversation in the last four quarters, of %(wanted)s that would be its part.",
            "%(held)s conversations in the last four quarters, of %(wanted)s that would be its part.",
            held,
        )
    said = told % {"held": number(held), "wanted": number(wanted)}
    if bands:
        said += " " + _("Heard too little: %(bands)s.") % {"bands": _listed(bands)}
    return said


def _listed(bands: list[BandFigures]) -> str:
    return listed(a_band(band.variable, band.band) for band in bands)


def _layers(chosen: str, language: str) -> list[tuple[str, str, bool]]:
    layers: list[Layer] = [edition.layer for edition in boundaries_of_today().editions]
    return [(layer.code, layer.name_in(language), layer.code == chosen) for layer in layers]


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= MOST[name]):
        words = {"value": text[:50], "name": name, "most": MOST[name]}
        detail = _("“%(value)s” is no number of %(name)s; give one from 1 to %(most)s.") % words
        raise InvalidParameter(detail, parameter=name, value=text, allowed=[f"1 to {MOST[name]}"])
    return int(text)
