"""How a period compares with an earlier one, and which needs emerge: for all places and themes of a layer together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from backend.periods import Period
from listening.codelists.models import Theme
from listening.needmaps.estimate import Estimates, estimate
from listening.needmaps.grid import Compare, Grid
from listening.needmaps.need import DistrictNeed, Place, place_claim
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.released import Figures, ReleasedPlace, figures_of
from listening.needmaps.tiers import Source
from listening.releases.values import CONVERSATIONS, NeedValue
from listening.statistics import trends
from listening.statistics.arrays import BoolArray
from listening.statistics.reliability import has_value
from listening.statistics.trends import UNCLEAR, Trend


@dataclass(frozen=True, slots=True)
class Change:
    """How the share of a theme in a place differs from an earlier period.

    `low` and `high` are of the 90 % interval of the difference (share now - share then); `q` is `p` adjusted over all
    places and themes of the layer. Of a release, it is the label and the difference that are published.
    """

    label: Trend
    difference: float
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    reference: Period
    mentioning_then: int | None
    conversations_then: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All themes of a layer in a period, beside an earlier one where there is one that means the same."""

    grid: Grid
    themes: tuple[Theme, ...]
    now: Estimates
    trends: trends.Trends | None
    is_readable: BoolArray

    @property
    def reference(self) -> Period | None:
        return self.grid.windows.ref

    @property
    def places(self) -> tuple[Place, ...]:
        return self.grid.places

    @property
    def compared(self) -> int:
        """Of how many places and themes a change was tested."""
        return 0 if self.trends is None else int(self.trends.is_compared.sum())

    def conversations(self, place: int) -> int:
        return int(self.grid.now.held[place, 0])

    def occasions(self, place: int) -> int | None:
        """Sessions, per district and day."""
        return int(self.grid.now.sums.arrays()[0][place].max(initial=0))

    def has_value(self, place: int) -> bool:
        """Whether the share of any theme may be read."""
        return bool(has_value(self.now.reliability[place]).any())

    def need(self, place: int, theme: int) -> DistrictNeed:
        """The counts of a place and a theme, by their numbers, and what they may claim."""
        pk, code, name = self.grid.places[place]
        return DistrictNeed(
            conversations=int(self.grid.now.held[place, 0]),
            mentioning=int(self.grid.now.mentioning[place, theme]),
            mentions=int(self.grid.mentions[place, theme]),
            severe=int(self.grid.severe[place, theme]),
            claim=place_claim(self.now, place, theme),
            district_id=pk,
            code=code,
            name=name,
        )

    def change(self, place: int, theme: int) -> Change | None:
        """The change at a place and a theme, by their numbers; None where one of the periods has no conversations.

        Where one of them has too few for a value, nothing but *unclear* is said.
        """
        return self._changes(slice(place, place + 1), theme)[0]

    def changes(self, theme: int) -> list[Change | None]:
        """The change of a theme, by its number, in each place."""
        return self._changes(slice(0, len(self.grid.places)), theme)

    def _changes(self, places: slice, theme: int) -> list[Change | None]:
        told, reference = self.trends, self.reference
        if told is None or reference is None:
            return [None] * len(self.grid.places[places])
        columns = (
            told.is_compared, self.is_readable, told.label, told.difference, told.interval.low, told.interval.high,
            told.p_value, told.q_value, self.grid.ref.mentioning,
        )  # fmt: skip
        lines = zip(
            *(column[places, theme].tolist() for column in columns), self.grid.ref.held[places, 0].tolist(), strict=True
        )
        return [
            Change(label if readable else UNCLEAR, difference, low, high, p, q, reference, mentioning, held)
            if compared
            else None
            for compared, readable, label, difference, low, high, p, q, mentioning, held in lines
        ]

    def place_number(self, district_id: int) -> int | None:
        return next((at for at, place in enumerate(self.grid.places) if place[0] == district_id), None)

    def theme_number(self, theme: Theme) -> int | None:
        return next((at for at, one in enumerate(self.themes) if one.pk == theme.pk), None)


@dataclass(frozen=True, slots=True, eq=False)
class Released:
    """All themes of a layer as a release tells them: a Comparison of what is published."""

    figures: Figures
    on_map: tuple[ReleasedPlace, ...]
    themes: tuple[Theme, ...]
    reference: Period | None

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple((one.district_id, one.code, one.name) for one in self.on_map)

    @property
    def compared(self) -> int:
        lines = ((place, theme) for place in range(len(self.on_map)) for theme in range(len(self.themes)))
        return sum(self.change(*line) is not None for line in lines)

    def conversations(self, place: int) -> int:
        return self.figures.count(self.on_map[place], CONVERSATIONS)

    def occasions(self, place: int) -> int | None:
        return None

    def has_value(self, place: int) -> bool:
        return any(self.need(place, theme).value is not None for theme in range(len(self.themes)))

    def need(self, place: int, theme: int) -> DistrictNeed:
        return self.figures.need(self.on_map[place], self.themes[theme].code)

    def change(self, place: int, theme: int) -> Change | None:
        one = self.on_map[place]
        row = self.figures.needs[one.layer, one.code, self.themes[theme].code]
        return None if self.reference is None else released_change(row, self.figures.source)

    def place_number(self, district_id: int) -> int | None:
        return next((at for at, place in enumerate(self.on_map) if place.district_id == district_id), None)

    def theme_number(self, theme: Theme) -> int | None:
        return next((at for at, one in enumerate(self.themes) if one.pk == theme.pk), None)


def released_change(row: NeedValue, source: Source) -> Change | None:
    """The trend of a row of a release; None where it has none."""
    if row.trend is None or row.trend_difference is None:
        return None
    before = Period.parse(f"{int(source.period[:4]) - 1}{source.period[4:]}")
    return Change(cast(Trend, row.trend), row.trend_difference, None, None, None, None, before, None, None)


def compare_released(query: NeedMapQuery, themes: Sequence[Theme], *, by: Compare = "year") -> Released:
    """All themes that the release tells in the layer. Trends are with the year before, or not there. Four queries."""
    figures = figures_of(query, all_themes=True)
    told = figures.themes(query.layer.code)
    places = tuple(figures.of(query, query.edition))
    found = Released(figures, places, tuple(one for one in themes if one.code in told), None)
    changes = (released_change(row, figures.source) for row in figures.needs.values())
    reference = next((change.reference for change in changes if change is not None), None)
    return replace(found, reference=reference if by == "year" else None)


def compare(grid: Grid, themes: Sequence[Theme]) -> Comparison:
    """Compare all themes of a layer with the earlier period.

    The themes are the family over which false alarms are held down: give all that the reader may map.
    """
    now = estimate(grid.now.held, grid.now.mentioning, grid.now.sums)
    then = estimate(grid.ref.held, grid.ref.mentioning, grid.ref.sums)
    is_readable = has_value(now.reliability) & has_value(then.reliability)
    compared = None if grid.windows.ref is None else _trends(grid, now, then)
    return Comparison(grid, tuple(themes), now, compared, is_readable)


def _trends(grid: Grid, now: Estimates, then: Estimates) -> trends.Trends:
    """Of the places of the map: what lies in none of them is no member of the family."""
    here = slice(0, len(grid.places))
    return trends.compare(
        grid.now.mentioning[here],
        grid.now.held[here],
        grid.ref.mentioning[here],
        grid.ref.held[here],
        design_effect=now.deff[here],
        earlier_design_effect=then.deff[here],
    )
