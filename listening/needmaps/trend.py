"""How a period compares with an earlier one, and which needs emerge: for all places and themes of a layer together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from backend.periods import Period
from listening.codelists.models import Theme
from listening.needmaps.estimate import Estimates, estimate
from listening.needmaps.grid import Compare, Grid, Windows, count_grid
from listening.needmaps.need import DistrictNeed, Place, place_claim
from listening.needmaps.query import NeedMapQuery
from listening.statistics import trends
from listening.statistics.arrays import BoolArray
from listening.statistics.reliability import has_value
from listening.statistics.trends import UNCLEAR, Trend


@dataclass(frozen=True, slots=True)
class Change:
    """How the share of a theme in a place differs from an earlier period.

    `low` and `high` are of the 90 % interval of the difference (share now - share then); `q` is `p` adjusted over all
    places and themes of the layer.
    """

    label: Trend
    difference: float
    low: float
    high: float
    p: float
    q: float
    reference: Period
    mentioning_then: int
    conversations_then: int


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
        if self.trends is None or self.reference is None or not self.trends.is_compared[place, theme]:
            return None
        told, at = self.trends, (place, theme)
        return Change(
            label=cast(Trend, str(told.label[at])) if self.is_readable[at] else UNCLEAR,
            difference=float(told.difference[at]),
            low=float(told.interval.low[at]),
            high=float(told.interval.high[at]),
            p=float(told.p_value[at]),
            q=float(told.q_value[at]),
            reference=self.reference,
            mentioning_then=int(self.grid.ref.mentioning[at]),
            conversations_then=int(self.grid.ref.held[place, 0]),
        )

    def place_number(self, district_id: int) -> int | None:
        return next((at for at, place in enumerate(self.grid.places) if place[0] == district_id), None)

    def theme_number(self, theme: Theme) -> int | None:
        return next((at for at, one in enumerate(self.themes) if one.pk == theme.pk), None)


def compare(
    query: NeedMapQuery, places: Sequence[Place], themes: Sequence[Theme], *, by: Compare = "year"
) -> Comparison:
    """Count all themes that may be read and compare them. One query, whatever the number of themes and records.

    The themes are the family over which false alarms are held down: give all that the reader may map.
    """
    windows = Windows.of(query.period, by)
    numbers = [theme.pk for theme in themes]
    grid = count_grid(
        query.edition, places, windows, role=query.role, kind=query.kind, themes=numbers, reach=query.reach
    )
    now = estimate(grid.now.held, grid.now.mentioning, grid.now.sums)
    then = estimate(grid.ref.held, grid.ref.mentioning, grid.ref.sums)
    is_readable = has_value(now.reliability) & has_value(then.reliability)
    return Comparison(grid, tuple(themes), now, None if windows.ref is None else _trends(grid, now, then), is_readable)


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
