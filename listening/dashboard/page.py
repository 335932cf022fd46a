"""The need map as a page shows it: places with their class, share and words, the legend, and where else to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.periods import Period
from districts.models import Layer
from listening.dashboard.changed import Changed, changed
from listening.dashboard.frame import FILES, Frame
from listening.dashboard.ranking import COLUMNS, Sort
from listening.dashboard.reading import SHADINGS, Reading
from listening.dashboard.sentence import sentences
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.legend import legend_of
from listening.drawing.picture import Area, Link, Picture, label_of
from listening.needmaps.annotate import Annotated
from listening.needmaps.build import CityNeed, DistrictNeed
from listening.needmaps.need import PlaceClaim
from listening.statistics.reliability import C as UNSURE

# Step of the colours of certainty, dark is sure, by reliability (the width of the interval).
SURE = {"A": 3, "B": 2, "C": 1}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Area):
    """One district: its row of the table and its area of the map.

    `css` is c1-c5, wide-1 to wide-5 (known roughly), sure-1 to sure-3 (certainty alone), heard (enough listening,
    nothing to compare), thin or none.
    """

    coverage: str
    counts: Counts
    share: str  # empty where there is too little listening for one
    interval: str
    listening: str
    fallback: str  # what holds around a place without a share
    changed: Changed | None
    is_emerging: bool
    profile: str  # where more is told of it


@dataclass(frozen=True, slots=True)
class Column:
    """One sortable column: where its header leads, and the aria-sort it has now."""

    name: str
    href: str
    aria_sort: str


class Page(Frame):
    """The need map, and everything the template shows of it."""

    legend_template, table_template = "dashboard/legend.html", "dashboard/table.html"

    def __init__(
        self, told: Annotated, reading: Reading, drawing: Drawing, layers: Sequence[Layer], language: str
    ) -> None:
        need_map = told.need_map
        super().__init__(need_map, reading, layers, language)
        self._told = told
        self.shading = reading.shading if reading.compares else SHADINGS[0]
        self._drawing = drawing
        self.sentences = sentences(need_map, self.topic)
        self.places = [self._place(need) for need in reading.sort.order(need_map.districts)]
        self.pictures = [Picture.of_districts(self.title, self.places, drawing)]
        self.legend = legend_of(need_map.breaks, need_map.city.share)

    @property
    def columns(self) -> dict[str, Column]:
        sort = self._reading.sort
        return {
            name: Column(name, f"?{self.address(sort=str(sort.when_chosen(name)))}#table", sort.aria(name))
            for name in COLUMNS
        }

    @property
    def shadings(self) -> list[Link]:
        """What the colours can say; nothing to choose where no share is shown."""
        says = (_("Share and certainty"), _("Share alone"), _("Certainty alone"))
        named = zip(SHADINGS, says, strict=True) if self.compares else ()
        return [Link("", words, name == self.shading, name) for name, words in named]

    @property
    def sort(self) -> Sort:
        return self._reading.sort

    @property
    def totals(self) -> list[tuple[str, Counts, str]]:
        """The rows under the table."""
        rows = [(_("Without a place on this map"), self.need_map.unplaced), (self.whole, self.need_map.city)]
        return [(name, Counts.of(need), self.percent(need.share)) for name, need in rows if need is not None]

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

    @property
    def downloads(self) -> list[Link]:
        """Those of the interface for programs, which say more of the same map than fits a table."""
        asked = {**self._asked(), "edition": self._reading.edition}
        query = urlencode({name: value for name, value in asked.items() if value})
        return [Link(f"{reverse('need-map')}?{query}&format={kind}", FILES[kind], name=kind) for kind in self.files]

    @property
    def reference(self) -> str:
        """The period that changes are told against; empty where none are."""
        return wording.period(self._told.reference) if self._told.reference else ""

    def _place(self, need: DistrictNeed) -> Place:
        counts = Counts.of(need)
        words = {"place": need.name, "conversations": counts.conversations, "mentioning": counts.mentioning}
        share = interval = ""
        if need.conversations == 0:
            css, texture, listening = "none", "dots", _("hardly any") if self.release else _("none yet")
            title = f"{need.name}: {self.nobody}"
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
            css, texture = self._look(need.claim)
            listening = _("just enough") if need.claim.reliability == UNSURE else _("enough")
            share = self.percent(need.value)
            interval = wording.interval(need.claim.share_low or 0.0, need.claim.share_high or 0.0)
            title = _(
                "%(place)s: %(share)s; %(mentioning)s of %(conversations)s conversations, which is %(interval)s"
            ) % {**words, "share": share, "interval": interval}
        else:
            css, texture, listening = "heard", "", _("enough")
            title = _("%(place)s: %(conversations)s conversations") % words
        return Place(
            id=need.district_id,
            code=need.code,
            name=need.name,
            profile=self.place_address(need.code),
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
            path=self._drawing.paths.get(need.district_id, ""),
            label=label_of(need.name, self._drawing, need.district_id),
        )

    def _look(self, claim: PlaceClaim) -> tuple[str, str]:
        """Class and pattern of a place with a share."""
        if self.shading == "certainty":
            return f"sure-{SURE[claim.reliability]}", ""
        if self.shading == "both" and claim.reliability == UNSURE:
            return f"wide-{claim.class_index}", f"wide-{claim.class_index}"
        return f"c{claim.class_index}", ""

    def _fallback(self, need: DistrictNeed) -> str:
        """What holds in the smallest place around it, for a place that has no share of its own."""
        around = self._told.fallbacks.get(need.district_id)
        if around is None or not self.compares or around.need.value is None:
            return ""
        return _("%(place)s: %(share)s") % {"place": around.need.name, "share": self.percent(around.need.value)}
