"""P4: everything that a release says beyond its rounded counts, as a function of these counts alone. Pure.

Takes values that are public and returns values that may be: sums over coarser layers, shares with their intervals,
classes, trends. It never sees a count that was not published, so nothing here needs protecting, and whoever has the
tables can do it again (`test_derive.py` does).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from listening.releases.values import CONVERSATIONS, PERSONS, CellValue, NeedValue, PlaceValue
from listening.statistics import breaks, intervals, reliability, shrinkage, trends
from listening.statistics.arrays import BoolArray, FloatArray, IntArray, TextArray

METHOD: Final = "p4-1"
DECIMALS: Final = 4  # of shares: a published count is known to no more
QUARTERS_OF_A_YEAR: Final = 4

Grid = tuple[str, str]  # period and layer


def with_coarser(leaves: Iterable[CellValue], places: Sequence[PlaceValue]) -> tuple[CellValue, ...]:
    """The cells and their sums over the layers that their places lie in, in order of their keys.

    A place that lies in two of a crossing layer gives each its share of residents; such sums are rounded to whole
    numbers. Layers that P1 reaches are left to it: each figure stands once.
    """
    cells = list(leaves)
    parents = {(place.layer, place.code): place.parents for place in places}
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for cell in cells:
        for layer, within in parents[cell.layer, cell.place].items():
            for code, share in within.items():
                sums[cell.product, cell.period, layer, code, cell.theme, cell.variable, cell.band] += share * cell.value
    of_p1 = {cell.layer for cell in cells if cell.product == "P1"}
    of_p1 |= {layer for (at, _), within in parents.items() if at in of_p1 for layer in within}
    coarser = [
        CellValue(product, period, layer, code, theme, int(np.floor(total + 0.5)), variable, band)
        for (product, period, layer, code, theme, variable, band), total in sums.items()
        if product != "P2" or layer not in of_p1
    ]
    return tuple(sorted([*cells, *coarser], key=lambda cell: cell.order))


def year_of_quarters(year: str, quarters: Sequence[Sequence[CellValue]], layer: str) -> tuple[CellValue, ...]:
    """P1 of a year: the sum of four published quarters, for what each of them has in a layer."""
    if len(quarters) != QUARTERS_OF_A_YEAR:
        return ()
    known: list[dict[tuple[str, str], int]] = [
        {(cell.place, cell.theme): cell.value for cell in cells if cell.product == "P1" and cell.layer == layer}
        for cells in quarters
    ]
    everywhere = sorted(set(known[0]).intersection(*known[1:]))
    return tuple(
        CellValue("P1", year, layer, place, theme, sum(quarter[place, theme] for quarter in known))
        for place, theme in everywhere
    )


def derive_needs(
    cells: Sequence[CellValue],
    places: Sequence[PlaceValue],
    *,
    bases: Mapping[str, int],
    earlier: Sequence[CellValue] = (),
) -> tuple[NeedValue, ...]:
    """The need map of all layers and periods that have counts, in order of its keys.

    Parameters
    ----------
    cells
        As published, `with_coarser`.
    bases
        Rounding base of each theme.
    earlier
        Cells of a year before, of layers whose boundaries are the same; without them there are no trends.
    """
    before = _counts(_a_year_later(earlier))
    order = {(place.layer, place.code): place.position for place in places}
    needs: list[NeedValue] = []
    for (period, layer), counted in _counts(cells).items():
        codes = sorted({place for place, _ in counted}, key=lambda code: order[layer, code])
        themes = sorted({theme for _, theme in counted} - {CONVERSATIONS, PERSONS})
        if not themes or not any((code, CONVERSATIONS) in counted for code in codes):
            continue
        grid = _Grid.of(counted, codes, themes, bases, times=_times(period, layer, cells))
        trend = _trends(grid, _Grid.of(before.get((period, layer), {}), codes, themes, bases, times=grid.times))
        needs += _rows(period, layer, codes, themes, grid, trend)
    return tuple(sorted(needs, key=lambda need: need.order))


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Counts of places x themes and what follows from them; `given`: the release has this pair."""

    given: BoolArray
    mentions: IntArray
    conversations: IntArray
    estimate: intervals.PublishedShare
    interval: intervals.Interval
    reliability: TextArray
    times: int

    @classmethod
    def of(
        cls,
        counted: Mapping[tuple[str, str], int],
        codes: Sequence[str],
        themes: Sequence[str],
        bases: Mapping[str, int],
        *,
        times: int,
    ) -> _Grid:
        shape = (len(codes), len(themes))
        given = np.array([[(code, theme) in counted for theme in themes] for code in codes], dtype=np.bool_)
        mentions = np.array([[counted.get((code, theme), 0) for theme in themes] for code in codes], dtype=np.int64)
        held = np.array([[counted.get((code, CONVERSATIONS), 0)] for code in codes], dtype=np.int64)
        held = np.broadcast_to(held, shape)
        share, size = np.zeros(shape), np.zeros(shape)
        least = min(bases.values())
        for column, theme in enumerate(themes):
            base = bases.get(theme, least)
            # Of a restricted theme the year was rounded at once, to a larger base; of others each quarter was.
            told = intervals.published_share(
                mentions[:, column], held[:, column], base=base, times=times if base == least else 1
            )
            share[:, column], size[:, column] = told.share, told.size
        interval = intervals.wilson(share, size)
        # Too little listening is judged by the conversations: the rounding of a rare theme is in the interval.
        classes = reliability.reliability(held, held, interval)
        return cls(given, mentions, held, intervals.PublishedShare(share, size), interval, classes, times)

    @property
    def has_value(self) -> BoolArray:
        return reliability.has_value(self.reliability) & self.given


def _counts(cells: Iterable[CellValue]) -> dict[Grid, dict[tuple[str, str], int]]:
    """Counts without bands, per period and layer, by place and theme."""
    found: defaultdict[Grid, dict[tuple[str, str], int]] = defaultdict(dict)
    for cell in cells:
        if not cell.variable:
            found[cell.period, cell.layer][cell.place, cell.theme] = cell.value
    return dict(sorted(found.items()))


def _a_year_later(cells: Iterable[CellValue]) -> list[CellValue]:
    """The same cells under the name of the period that is compared with them."""
    return [replace(cell, period=f"{int(cell.period[:4]) + 1}{cell.period[4:]}") for cell in cells]


def _times(period: str, layer: str, cells: Iterable[CellValue]) -> int:
    """How many roundings a count holds: those of four quarters, where a year was not rounded by itself."""
    if len(period) > len("2026"):
        return 1
    leaves = {cell.layer for cell in cells if cell.product == "P2"}
    p1 = {cell.layer for cell in cells if cell.product == "P1" and cell.period == period}
    return QUARTERS_OF_A_YEAR if layer in p1 or layer not in leaves else 1


def _trends(now: _Grid, before: _Grid) -> trends.Trends:
    compared = now.has_value & before.has_value
    return trends.compare(
        np.minimum(now.mentions, now.conversations),
        now.conversations,
        np.minimum(before.mentions, before.conversations),
        before.conversations,
        design_effect=_effect(now),
        earlier_design_effect=_effect(before),
        family=compared,
    )


def _effect(grid: _Grid) -> FloatArray:
    """How many published conversations say as much as one exact one; 1 where there are none."""
    size = grid.estimate.size
    effect = np.ones(size.shape)
    np.divide(grid.conversations, size, out=effect, where=size > 0)
    return np.maximum(effect, 1.0)


def _rows(
    period: str, layer: str, codes: Sequence[str], themes: Sequence[str], grid: _Grid, trend: trends.Trends
) -> Iterable[NeedValue]:
    shown = grid.has_value
    shrunk = shrinkage.shrink(np.minimum(grid.mentions, grid.conversations), grid.conversations).share
    classes = breaks.class_index(shrunk, shown=shown)
    for row, code in enumerate(codes):
        for column, theme in enumerate(themes):
            at = row, column
            if not grid.given[at]:
                continue
            need = {
                "conversations": int(grid.conversations[at]),
                "mentioning": int(grid.mentions[at]),
                "reliability": str(grid.reliability[at]),
            }
            if not shown[at]:
                yield NeedValue(period, layer, code, theme, **need)  # type: ignore[arg-type]
                continue
            compared = bool(trend.is_compared[at])
            yield NeedValue(
                period, layer, code, theme, **need,  # type: ignore[arg-type]
                share=_rounded(grid.estimate.share[at]),
                share_low=_rounded(grid.interval.low[at]),
                share_high=_rounded(grid.interval.high[at]),
                share_eb=_rounded(shrunk[at]),
                n_eff=round(float(grid.estimate.size[at]), 1),
                class_index=int(classes[at]),
                trend=str(trend.label[at]) if compared else None,
                trend_difference=_rounded(trend.difference[at]) if compared else None,
            )  # fmt: skip


def _rounded(share: float) -> float:
    return round(float(share), DECIMALS) + 0.0  # never -0.0
