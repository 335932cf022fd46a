"""Coverage: how much listening stands behind each place, against who lives there, and where to listen next."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from districts.models import Layer
from listening.dashboard.frame import Frame
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.legend import Swatch
from listening.drawing.picture import Area, Picture
from listening.drawing.table import Cell, Heading, Row
from listening.needmaps.build import NeedMap
from listening.needmaps.coverage import Coverage, Listening, Proposal
from listening.statistics.coverage import FIVE_FOURTHS, FOUR_FIFTHS, LEAST_RATE_RATIO

# Ratios to the city's listening rate that part the classes.
EDGES = (LEAST_RATE_RATIO, FOUR_FIFTHS, FIVE_FOURTHS)
# Of the proposals, those with sessions that the page names.
MOST_PROPOSALS = 5


class CoveragePage(Frame):
    """People met for each 1,000 residents, place by place, against the city's rate."""

    view, needs_theme = "coverage", False

    def __init__(
        self,
        need_map: NeedMap,
        coverage: Coverage,
        proposals: Sequence[Proposal],
        reading: Reading,
        drawing: Drawing,
        layers: Sequence[Layer],
        language: str,
    ) -> None:
        super().__init__(need_map, reading, layers, language)
        self._coverage = coverage
        self._drawing = drawing
        areas = [self._area(at, place) for at, place in enumerate(coverage.places)]
        self.pictures = [Picture.of_districts(self.title, areas, drawing)]
        self.legend_title = _("People met for each 1,000 residents, against the whole city's rate")
        self.swatches = [
            Swatch("heard-1", "", _("under half of it")),
            Swatch("heard-2", "", _("half to four fifths")),
            Swatch("heard-3", "", _("four fifths to five fourths")),
            Swatch("heard-4", "", _("more")),
            Swatch("none", "dots", self.nobody),
            Swatch("thin", "hatch", _("no number of residents to compare with")),
        ]
        self.sentences = [self._low(), *self._next(proposals)]
        if self.release:
            self.sentences.append(_("In how many sessions people were met is not published."))
        self.headings = [
            Heading(_("Per 1,000"), ("people_per_1000",)),
            Heading(_("People"), ("people",)),
            Heading(_("Conversations"), ("conversations",)),
            *([] if self.release else [Heading(_("Sessions"), ("sessions",))]),
            Heading(_("Residents"), ("residents",)),
        ]
        order = sorted(range(len(areas)), key=lambda at: float(coverage.rates.per_1000[at]))
        self.rows = [
            Row.of(areas[at], self._cells(at, coverage.places[at]), self.place_address(coverage.places[at].code))
            for at in order
        ]

    def _low(self) -> str:
        count = int(self._coverage.rates.is_low.sum())
        return ngettext(
            "In %(count)s place fewer than half as many people were met as in the whole city, for each resident.",
            "In %(count)s places fewer than half as many people were met as in the whole city, for each resident.",
            count,
        ) % {"count": wording.number(count)}

    def _next(self, proposals: Sequence[Proposal]) -> list[str]:
        wanted = [one for one in proposals if one.sessions][:MOST_PROPOSALS]
        if not wanted:
            return []
        named = [
            _("%(place)s (%(sessions)s)") % {"place": one.place.name, "sessions": wording.number(one.sessions)}
            for one in wanted
        ]
        return [_("Listen here next, with so many sessions: %(places)s.") % {"places": wording.listed(named)}]

    def _area(self, at: int, place: Listening) -> Area:
        rates = self._coverage.rates
        words = {"place": place.name, "people": wording.number(place.people), "rate": self._rate(at)}
        texture = ""
        if not place.conversations:
            css, texture, title = "none", "dots", f"{place.name}: {self.nobody}"
        elif not rates.is_known[at]:
            css, texture = "thin", "hatch"
            title = _("%(place)s: %(people)s people met, residents not known") % words
        else:
            css = f"heard-{1 + sum(float(rates.ratio[at]) >= edge for edge in EDGES)}"
            title = _("%(place)s: %(people)s people met, %(rate)s for each 1,000 residents") % words
        return Area.drawn(
            self._drawing, place.district_id or 0, place.code, place.name, css=css, texture=texture, title=title
        )

    def _cells(self, at: int, place: Listening) -> list[Cell]:
        rates = self._coverage.rates
        rate = round(float(rates.per_1000[at]), 1) if rates.is_known[at] else None
        return [
            Cell(self._rate(at), (rate,)),
            _count(place.people),
            _count(place.conversations),
            *([] if self.release else [_count(place.sessions)]),
            _count(place.residents),
        ]

    def _rate(self, at: int) -> str:
        rates = self._coverage.rates
        return wording.decimal(float(rates.per_1000[at])) if rates.is_known[at] else ""


def _count(value: int | None) -> Cell:
    return Cell("" if value is None else wording.number(value), (value,))
