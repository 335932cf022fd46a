"""What every view of the dashboard has: what it is of, its address, and the ways to the other views and periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from backend.periods import Period
from districts.models import Layer
from listening.dashboard.reading import SHADINGS, Reading
from listening.drawing import wording
from listening.drawing.legend import Swatch
from listening.drawing.picture import Link, Picture
from listening.drawing.table import Heading, Row
from listening.needmaps.build import NeedMap
from listening.needmaps.outlines import map_geometries

TABS: dict[str, str | Promise] = {
    "need": _lazy("Need"),
    "coverage": _lazy("Coverage"),
    "change": pgettext_lazy("of shares", "Change"),
    "trend": _lazy("Trend"),
    "compare": _lazy("Compare"),
    "clusters": _lazy("Clusters"),
    "hexagons": _lazy("Hexagons"),
}
# Files of a view by their name in the address, and what they are called.
FILES = {"csv": "CSV", "geojson": "GeoJSON"}
# Metres: a pixel or two, and what the API draws with, so that the two share one cached simplification.
TOLERANCE_M = 20.0


class Frame:
    """A view of the dashboard: the ways to the other ones, and what the page says around it."""

    view = "need"
    # The parts of the page that differ from view to view.
    legend_template = "dashboard/swatches.html"
    table_template = "dashboard/figures.html"
    needs_theme = True
    pictures: Sequence[Picture] = ()
    swatches: Sequence[Swatch] = ()
    sentences: Sequence[str] = ()
    legend_title = ""
    headings: Sequence[Heading] = ()
    rows: Sequence[Row] = ()
    # What its colours say; other than the usual where it can be chosen.
    shading = SHADINGS[0]
    # The kinds of file that tell what the view does.
    files: Sequence[str] = ("csv", "geojson")

    def __init__(self, need_map: NeedMap, reading: Reading, layers: Sequence[Layer], language: str) -> None:
        self.need_map = need_map
        self.compares = reading.compares
        self.edition = need_map.edition
        self.chosen = next((one for one in need_map.districts if one.code == reading.place), None)
        self._reading = reading
        self._layers = layers
        self._language = language
        query = need_map.query
        theme = reading.themes.label(query.theme) if query.theme else ""
        self.topic = _topic(theme, query.kind)
        heard = [theme or _("All themes"), *([str(wording.KINDS[query.kind])] if query.kind else [])]
        self.title = " · ".join(
            [
                # Listening is of no theme.
                *(heard if self.needs_theme else [str(TABS[self.view])]),
                wording.period(query.period),
                query.layer.name_in(language),
            ]
        )

    @property
    def release(self) -> str:
        """The release in which the figures are read; empty where they are counted."""
        source = self.need_map.query.source
        return source.release if source else ""

    @property
    def nobody(self) -> str:
        """What a place without a conversation is called."""
        return wording.nobody(is_rounded=bool(self.release))

    @property
    def whole(self) -> str:
        """What all the counts together are of."""
        return _("Your districts") if self.need_map.is_partial else _("Whole city")

    @property
    def chosen_id(self) -> int | None:
        """Id of the place that is looked at."""
        return self.chosen.district_id if self.chosen else None

    @property
    def is_schematic(self) -> bool:
        return self.edition.is_schematic

    @property
    def shapes_key(self) -> str:
        """Another text where the shapes are others; its first word is where they lie."""
        return f"{self.edition.layer.code} {self.edition.code} {'hexagons' if self.view == 'hexagons' else ''}"

    @property
    def is_empty(self) -> bool:
        return self.need_map.city.conversations == 0

    @property
    def shading_kept(self) -> str:
        """What was chosen for the colours, for views that know of it; empty for the usual."""
        return "" if self._reading.shading == SHADINGS[0] else self._reading.shading

    @property
    def tabs(self) -> list[Link]:
        """One for each view, of the same places, period and theme."""
        return [
            Link(f"?{self.address(view='' if name == 'need' else name)}", str(words), name == self.view, name)
            for name, words in TABS.items()
        ]

    @property
    def more(self) -> list[Link]:
        """Where a view that says little may lead."""
        return []

    @property
    def steps(self) -> list[Link]:
        """The quarters with records, from the oldest to the newest."""
        quarters = [one for one in self._reading.available if "Q" in one.label]
        shown = self.need_map.query.period
        return [
            Link(f"?{self.address(period=one.label)}", wording.period(one), one == shown, one.label)
            for one in sorted(quarters, key=lambda one: one.first)
        ]

    @property
    def step_before(self) -> Link | None:
        """The newest quarter that ends before the period that is shown, or with it."""
        return self._step_from(lambda one, shown: one.until <= shown.first, last=True)

    @property
    def step_after(self) -> Link | None:
        return self._step_from(lambda one, shown: one.first >= shown.until, last=False)

    @property
    def head(self) -> list[str]:
        return [heading.title for heading in self.headings]

    @property
    def file_rows(self) -> Sequence[Row]:
        """The rows of its files, the table's first."""
        return self.rows

    @property
    def held_against(self) -> str:
        """The other period of the view as its files are named; empty where there is none."""
        return ""

    @property
    def downloads(self) -> list[Link]:
        """The files with the same rows as the table."""
        return [
            Link(f"?{self.address(edition=self._reading.edition, format=kind)}", FILES[kind], name=kind)
            for kind in self.files
        ]

    def geometries(self) -> Mapping[int, str]:
        """GeoJSON by the number of an area, longitude and latitude (EPSG:4326)."""
        return map_geometries(self.need_map, TOLERANCE_M)

    def place_address(self, code: str) -> str:
        return f"?{self.address(place=code)}"

    def address(self, **changes: str) -> str:
        """The query string of this page, changed; it names everything, so that it can be kept and sent to others."""
        sort = self._reading.chosen_sort
        more = {
            "sort": str(sort) if sort else "",
            "view": "" if self.view == "need" else self.view,
            "with": self._reading.other.label if self._reading.other else "",
            "place": self._reading.place,
            "shading": self.shading_kept,
            **changes,
        }
        asked = {name: more.pop(name, value) for name, value in self._asked().items()}
        return urlencode({**asked, **{name: value for name, value in more.items() if value}})

    def _step_from(self, fits: Callable[[Period, Period], bool], *, last: bool) -> Link | None:
        shown = self.need_map.query.period
        quarters = {one.label: one for one in self._reading.available if "Q" in one.label}
        fitting = [step for step in self.steps if fits(quarters[step.name], shown)]
        return fitting[-1 if last else 0] if fitting else None

    def _asked(self) -> Mapping[str, str]:
        query = self.need_map.query
        return {
            "layer": query.layer.code,
            "period": query.period.label,
            "theme": query.theme.code if query.theme else "",
            "kind": query.kind or "",
        }

    def percent(self, share: float | None) -> str:
        return "" if share is None else wording.percent(share, self.need_map.breaks)


def _topic(theme: str, kind: str | None) -> str:
    """Theme and kind inside a sentence."""
    kind_words = str(wording.KINDS_IN_A_SENTENCE[kind]) if kind else ""
    if theme and kind_words:
        return _("“%(theme)s” (%(kind)s)") % {"theme": theme, "kind": kind_words}
    return _("“%(theme)s”") % {"theme": theme} if theme else kind_words
