"""The need map as a page shows it: places with their class, share and words, the legend, and where else to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.periods import Period
from districts.models import Layer
from listening.dashboard import wording
from listening.dashboard.changed import Changed, changed
from listening.dashboard.choropleth import LETTER_SIZE, Drawing, class_of, fit
from listening.dashboard.ranking import COLUMNS, Sort
from listening.dashboard.reading import Reading
from listening.dashboard.sentence import sentences
from listening.needmaps.annotate import Annotated
from listening.needmaps.build import CityNeed, DistrictNeed, NeedMap
from listening.statistics.reliability import C as UNSURE


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts in the digits of the language."""

    conversations: str
    mentioning: str
    mentions: str

    @classmethod
    def of(cls, need: CityNeed) -> Counts:
        mentions = "" if need.mentions is None else wording.number(need.mentions)
        return cls(wording.number(need.conversations), wording.number(need.mentioning), mentions)


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A line of a name on the map, centred on x, standing on y."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """One district: its row of the table and its area of the map."""

    id: int
    name: str
    coverage: str
    css: str  # c1-c5, wide-1 to wide-5 (known roughly), heard (enough listening, nothing to compare), thin or none
    texture: str  # the pattern it is filled with, if any
    counts: Counts
    share: str  # empty where there is too little listening for one
    interval: str
    listening: str
    fallback: str  # what holds around a place without a share
    changed: Changed | None
    is_emerging: bool
    title: str
    path: str
    label: tuple[LabelLine, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One sortable column: where its header leads, and the aria-sort it has now."""

    name: str
    href: str
    aria_sort: str


@dataclass(frozen=True, slots=True)
class Step:
    """One class of the legend bar: from a share to the next, drawn from `x` on (units of the bar)."""

    css: str
    x: int
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Legend:
    """The bar of classes, all of one width, with the city's own share marked on it."""

    STEP = 60

    steps: tuple[Step, ...]
    width: int
    end: str
    city_x: int | None
    city_share: str


@dataclass(frozen=True, slots=True)
class Link:
    """A way to more."""

    href: str
    text: str


class Page:
    """Everything the template shows of one need map."""

    def __init__(
        self, told: Annotated, reading: Reading, drawing: Drawing, layers: Sequence[Layer], language: str
    ) -> None:
        self.need_map = need_map = told.need_map
        self._told = told
        self.drawing = drawing
        self.compares = reading.compares
        self.edition = need_map.edition
        self._reading = reading
        self._layers = layers
        self._language = language
        query = need_map.query
        theme = reading.themes.label(query.theme) if query.theme else ""
        self.topic = _topic(theme, query.kind)
        self.title = " · ".join(
            [
                theme or _("All themes"),
                *([str(wording.KINDS[query.kind])] if query.kind else []),
                wording.period(query.period),
                query.layer.name_in(language),
            ]
        )
        self.sentences = sentences(need_map, self.topic)
        self.is_empty = need_map.city.conversations == 0
        shown = {need.district_id for need in need_map.districts}
        # Around the districts of the reader, for the eye alone: it says nothing of what was heard there.
        self.surroundings = [path for pk, path in drawing.paths.items() if pk not in shown]
        self.places = [self._place(need) for need in reading.sort.order(need_map.districts)]
        self.legend = _legend(need_map)

    @property
    def columns(self) -> dict[str, Column]:
        sort = self._reading.sort
        return {
            name: Column(name, f"?{self.address(sort=str(sort.when_chosen(name)))}#table", sort.aria(name))
            for name in COLUMNS
        }

    @property
    def sort(self) -> Sort:
        return self._reading.sort

    @property
    def totals(self) -> list[tuple[str, Counts, str]]:
        """The rows under the table."""
        rows = [(_("Without a place on this map"), self.need_map.unplaced), (self.whole, self.need_map.city)]
        return [(name, Counts.of(need), self._percent(need.share)) for name, need in rows if need is not None]

    @property
    def release(self) -> str:
        """The release in which the figures are read; empty where they are counted."""
        source = self.need_map.query.source
        return source.release if source else ""

    @property
    def whole(self) -> str:
        """What all the counts together are of."""
        return _("Your districts") if self.need_map.is_partial else _("Whole city")

    @property
    def data_address(self) -> str:
        """The query of exactly this map at /api/v1/need-map."""
        return urlencode({name: value for name, value in self._asked().items() if value})

    @property
    def scale_bar(self) -> tuple[int, str]:
        bar = self.drawing.scale_bar
        return bar.units, wording.distance(bar.metres)

    @property
    def is_sparse(self) -> bool:
        """Whether most places say nothing, for want of listening."""
        heard = sum(need.value is not None for need in self.need_map.districts)
        return heard * 2 < len(self.places)

    @property
    def more(self) -> list[Link]:
        """Where a map that says little may lead: a longer period, larger places, all themes and kinds."""
        links = []
        if self.is_sparse:
            links += self._longer()
        if self.is_sparse and not self.is_empty:
            links += self._larger()
        if self.compares and not self.is_empty and not self.need_map.city.mentioning:
            links.append(Link(f"?{self.address(theme='', kind='')}", _("Show all themes and kinds")))
        return links

    def _longer(self) -> list[Link]:
        """The whole year of the period, or the newest year with records."""
        shown, available = self.need_map.query.period, self._reading.available
        year = Period.year(shown.first.year)
        period = year if year in available else available[0] if available else shown
        if period == shown:
            return []
        return [
            Link(f"?{self.address(period=period.label)}", _("Show %(period)s") % {"period": wording.period(period)})
        ]

    def _larger(self) -> list[Link]:
        """The next coarser layer."""
        rank = self.need_map.query.layer.rank
        coarser = next((layer for layer in self._layers if layer.rank > rank), None)
        if coarser is None:
            return []
        words = {"layer": coarser.name_in(self._language)}
        return [Link(f"?{self.address(layer=coarser.code)}", _("Show larger places: %(layer)s") % words)]

    def address(self, **changes: str) -> str:
        """The query string of this page, changed; it names everything, so that it can be kept and sent to others."""
        sort = self._reading.chosen_sort
        return urlencode({**self._asked(), **({"sort": str(sort)} if sort else {}), **changes})

    def _asked(self) -> Mapping[str, str]:
        query = self.need_map.query
        return {
            "layer": query.layer.code,
            "period": query.period.label,
            "theme": query.theme.code if query.theme else "",
            "kind": query.kind or "",
        }

    @property
    def reference(self) -> str:
        """The period that changes are told against; empty where none are."""
        return wording.period(self._told.reference) if self._told.reference else ""

    def _place(self, need: DistrictNeed) -> Place:
        counts = Counts.of(need)
        words = {"place": need.name, "conversations": counts.conversations, "mentioning": counts.mentioning}
        share = interval = ""
        if need.conversations == 0:
            css, texture, listening = "none", "dots", _("none yet")
            title = _("%(place)s: nobody listened yet") % words
        elif need.value is None or need.claim is None:
            css, texture, listening = "thin", "hatch", _("not enough")
            title = (
                ngettext(
                    "%(place)s: not enough listening, %(conversations)s conversation",
                    "%(place)s: not enough listening, %(conversations)s conversations",
                    need.conversations,
                )
                % words
            )
        elif self.compares:
            css, texture, listening = f"c{need.claim.class_index}", "", _("enough")
            if need.claim.reliability == UNSURE:
                css = texture = f"wide-{need.claim.class_index}"
                listening = _("just enough")
            share = self._percent(need.value)
            interval = wording.interval(need.claim.share_low or 0.0, need.claim.share_high or 0.0)
            title = _(
                "%(place)s: %(share)s; %(mentioning)s of %(conversations)s conversations, which is %(interval)s"
            ) % {**words, "share": share, "interval": interval}
        else:
            css, texture, listening = "heard", "", _("enough")
            title = _("%(place)s: %(conversations)s conversations") % words
        return Place(
            id=need.district_id,
            name=need.name,
            coverage=need.coverage,
            css=css,
            texture=texture,
            counts=counts,
            share=share,
            interval=interval,
            listening=listening,
            fallback=self._fallback(need),
            changed=changed(self._told.changes.get(need.district_id)),
            is_emerging=self._told.emerging.get(need.district_id, False),
            title=title,
            path=self.drawing.paths.get(need.district_id, ""),
            label=self._label(need),
        )

    def _fallback(self, need: DistrictNeed) -> str:
        """What holds in the smallest place around it, for a place that has no share of its own."""
        around = self._told.fallbacks.get(need.district_id)
        if around is None or not self.compares or around.need.value is None:
            return ""
        return _("%(place)s: %(share)s") % {"place": around.need.name, "share": self._percent(around.need.value)}

    def _label(self, need: DistrictNeed) -> tuple[LabelLine, ...]:
        """The name on the map, where there are few enough places to read them all."""
        spot = self.drawing.spots.get(need.district_id)
        if spot is None:
            return ()
        lines = fit(need.name, spot)
        top = spot.y - (len(lines) - 1) * LETTER_SIZE / 2 + 0.35 * LETTER_SIZE
        return tuple(LabelLine(spot.x, round(top + number * LETTER_SIZE), line) for number, line in enumerate(lines))

    def _percent(self, share: float | None) -> str:
        return "" if share is None else wording.percent(share, self.need_map.breaks)


def _topic(theme: str, kind: str | None) -> str:
    """Theme and kind inside a sentence."""
    kind_words = str(wording.KINDS_IN_A_SENTENCE[kind]) if kind else ""
    if theme and kind_words:
        return _("“%(theme)s” (%(kind)s)") % {"theme": theme, "kind": kind_words}
    return _("“%(theme)s”") % {"theme": theme} if theme else kind_words


def _legend(need_map: NeedMap) -> Legend:
    edges = (0.0, *need_map.breaks, 1.0)
    steps = []
    for number, (low, high) in enumerate(pairwise(edges), start=1):
        shown = {"low": wording.percent(low), "high": wording.percent(high)}
        if number == 1:
            words = _("under %(high)s")
        elif high == 1:
            words = _("%(low)s and more")
        else:
            words = _("%(low)s to under %(high)s")
        steps.append(Step(f"c{number}", (number - 1) * Legend.STEP, wording.percent(low), words % shown))
    share = need_map.city.share
    city_x = None
    if share is not None:
        number = class_of(min(share, 0.9999), need_map.breaks)
        low, high = edges[number - 1], edges[number]
        city_x = round((number - 1 + (share - low) / (high - low)) * Legend.STEP)
    return Legend(
        steps=tuple(steps),
        width=len(steps) * Legend.STEP,
        end=wording.percent(1.0),
        city_x=city_x,
        city_share="" if share is None else wording.percent(share, need_map.breaks),
    )
