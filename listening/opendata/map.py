"""The map for everybody: what was published about one theme in one period, drawn as the planners' map is.

It knows releases alone, and nobody who reads it: what is shown is what stands in the files of a release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from backend.db import sql
from backend.http.security_headers import PAGES, framed_by
from backend.languages import name_in
from backend.periods import Period
from backend.policy import Public, access
from backend.webclients.addresses import library
from listening.drawing import wording
from listening.drawing.choropleth import Drawing, draw
from listening.drawing.legend import legend_of
from listening.drawing.picture import Area, Link, Picture
from listening.drawing.table import Row
from listening.opendata.reading import fetch
from listening.releases.licences import licence_url
from listening.statistics.breaks import BREAKS
from listening.statistics.reliability import FEWEST_EFFECTIVE, NEVER, TOO_FEW
from listening.statistics.reliability import C as UNSURE

PARAMETERS: Final = ("theme", "period", "layer")
LONGEST_VALUE: Final = 60
# Seconds that anybody may keep the page: a release is replaced a few times a year.
MAX_AGE_S: Final = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """One value of a filter."""

    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Told:
    """One place of a published need map. Shares are 0-1; None where nothing may be said."""

    id: int
    code: str
    name: str
    edition: str
    is_schematic: bool
    source: str
    conversations: int
    mentioning: int
    share: float | None
    low: float | None
    high: float | None
    reliability: str
    class_index: int | None
    geometry: str

    @property
    def has_value(self) -> bool:
        return self.share is not None and self.reliability not in {NEVER, TOO_FEW}


class PublicMap:
    """One published need map with the ways to the others."""

    view, compares, chosen_id = "need", True, None

    def __init__(self, offers: Sequence[dict[str, Any]], asked: Mapping[str, str], language: str) -> None:
        self.notices: list[str] = []
        self._offers = offers
        self._language = language
        one = self._choose("period", asked, {offer["period"]: offer for offer in offers}, offers[-1])
        self.period = Period.parse(one["period"])
        layer = self._choose("layer", asked, {each["code"]: each for each in one["layers"]}, one["layers"][0])
        theme = self._choose("theme", asked, {each["code"]: each for each in one["themes"]}, one["themes"][0])
        self._chosen = {"theme": theme["code"], "period": one["period"], "layer": layer["code"]}
        self.release, self.licence = one["release"], licence_url(one["licence"])
        self.themes = [Offer(t["code"], _named(t, "labels", language), t is theme) for t in one["themes"]]
        self.layers = [Offer(each["code"], _named(each, "names", language), each is layer) for each in one["layers"]]
        self.periods = [
            Offer(offer["period"], wording.period(Period.parse(offer["period"])), offer is one) for offer in offers
        ]
        self.topic = _("“%(theme)s”") % {"theme": _named(theme, "labels", language)}
        self.title = " · ".join(
            [_named(theme, "labels", language), wording.period(self.period), _named(layer, "names", language)]
        )
        rows = fetch(sql.read("listening.opendata", "map_places.sql"), {**self._chosen, "release": self.release})
        self.places = [Told(*row) for row in rows]
        drawing = draw({place.id: place.geometry for place in self.places})
        areas = {place.id: _area(place, drawing) for place in self.places}
        self.pictures = [Picture(self.title, list(areas.values()), drawing)]
        self.legend = legend_of(BREAKS, None)
        self.is_schematic = any(place.is_schematic for place in self.places)
        self.sources = ", ".join(sorted({place.source for place in self.places}))
        self.shapes_key = f"{layer['code']} {self.places[0].edition if self.places else ''} {self.release}"
        self.head = [_("Share"), _("Interval"), _("Mention it"), _("Conversations")]
        order = sorted(self.places, key=lambda place: (not place.has_value, -(place.share or 0.0), place.name))
        self.rows = [Row(areas[place.id], _cells(place), "") for place in order]
        self.sentences = self._sentences(order)

    @property
    def nobody(self) -> str:
        """What a place without a conversation is called."""
        return wording.nobody(is_rounded=True)

    @property
    def steps(self) -> list[Link]:
        return [
            Link(f"?{self.address(period=offer.value)}", offer.label, offer.selected, offer.value)
            for offer in self.periods
            if "Q" in offer.value
        ]

    @property
    def step_before(self) -> Link | None:
        fitting = [step for step in self.steps if Period.parse(step.name).until <= self.period.first]
        return fitting[-1] if fitting else None

    @property
    def step_after(self) -> Link | None:
        fitting = [step for step in self.steps if Period.parse(step.name).first >= self.period.until]
        return fitting[0] if fitting else None

    def address(self, **changes: str) -> str:
        """The query string of this page, changed."""
        return urlencode({**self._chosen, **changes})

    @property
    def data_address(self) -> str:
        """The query of exactly this map at /open/need-map.geojson."""
        return urlencode({**self._chosen, "release": self.release})

    def _choose(
        self, name: str, asked: Mapping[str, str], offered: Mapping[str, dict[str, Any]], usual: dict[str, Any]
    ) -> dict[str, Any]:
        """What was asked for, else the usual one with a word about it."""
        value = asked.get(name, "")
        if value and value not in offered:
            self.notices.append(
                _("Nothing is published for “%(value)s”; the map shows the usual one.")
                % {"value": value[:LONGEST_VALUE]}
            )
        return offered.get(value, usual)

    def _sentences(self, order: Sequence[Told]) -> list[str]:
        heard = [place for place in order if place.has_value]
        said = [
            _("Published figures of release %(release)s, rounded at random so that nobody can be found in them.")
            % {"release": self.release}
        ]
        if len(heard) > 1 and heard[0].share is not None and heard[-1].share is not None:
            said.append(
                _("Most often in %(highest)s (%(most)s), least often in %(lowest)s (%(least)s).")
                % {
                    "highest": heard[0].name,
                    "most": wording.percent(heard[0].share, BREAKS),
                    "lowest": heard[-1].name,
                    "least": wording.percent(heard[-1].share, BREAKS),
                }
            )
        if not heard:
            said.append(_("No place has enough listening to be compared with others."))
        return said


@access(Public)
@require_safe
@gzip_page
def public_map(request: HttpRequest) -> HttpResponse:
    """The newest published need map, or the one that the address names. Two queries; nobody is asked who they are."""
    language = get_language() or ""
    asked = {name: request.GET.get(name, "") for name in PARAMETERS}
    [(offers,)] = fetch(sql.read("listening.opendata", "map_offers.sql"))
    page = PublicMap(offers, asked, language) if offers else None
    is_embedded = request.GET.get("embed") == "1"
    response = render(
        request,
        "open/map.html",
        {
            "page": page,
            "notices": page.notices if page else [],
            "is_embedded": is_embedded,
            "enough": FEWEST_EFFECTIVE,
            "library": library(),
        },
        status=400 if page and page.notices else 200,
    )
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    patch_vary_headers(response, ["Accept-Language"])
    if is_embedded and settings.EMBED_ORIGINS:
        response.headers["Content-Security-Policy"] = framed_by(PAGES, settings.EMBED_ORIGINS)
        response.xframe_options_exempt = True  # the old header knows no list of origins
    return response


def _named(one: Mapping[str, Any], member: str, language: str) -> str:
    """The name in a language, else in the city's, else in any, else the code."""
    return name_in(language, one[member], str(one["code"]))


def _area(place: Told, drawing: Drawing) -> Area:
    if not place.conversations:
        css, texture, title = "none", "dots", f"{place.name}: {wording.nobody(is_rounded=True)}"
    elif not place.has_value:
        css, texture, title = "thin", "hatch", f"{place.name}: {_('not enough listening')}"
    else:
        css, texture = f"c{place.class_index}", ""
        if place.reliability == UNSURE:
            css = texture = f"wide-{place.class_index}"
        title = f"{place.name}: {wording.listed(_cells(place)[:2])}"
    return Area.drawn(drawing, place.id, place.code, place.name, css=css, texture=texture, title=title)


def _cells(place: Told) -> list[str]:
    counts = [wording.number(place.mentioning), wording.number(place.conversations)]
    if not place.has_value or place.share is None or place.low is None or place.high is None:
        return ["", "", *counts]
    return [wording.percent(place.share, BREAKS), wording.interval(place.low, place.high), *counts]
