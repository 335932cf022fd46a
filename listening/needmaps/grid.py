"""All themes of a layer in periods side by side: what trends, emerging needs, and lists of themes come from.

A trend is one of a family: whether one place changed can only be said beside all places and themes of the same layer
and period. So they are counted together, in one query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from backend.db import sql
from backend.periods import Period
from listening.fieldwork.scope import Reach
from listening.needmaps.estimate import sums_over_occasions
from listening.needmaps.need import Place
from listening.statistics.design_effect import SessionSums

Compare = Literal["year", "previous"]
COMPARISONS: Final[tuple[Compare, ...]] = ("year", "previous")

Integers = NDArray[np.int64]

NUMBERS: Final = {"now": 0, "ref": 1, "base": 2}  # of the windows, in compare_periods.sql


@dataclass(frozen=True, slots=True)
class Windows:
    """The periods that are held side by side: the one asked for, the one it is compared with, and those before it.

    `ref` and `base` are None where nothing can be compared: of a month or of ragged days there is no earlier one that
    means the same. `base` is the four quarters before a quarter.
    """

    now: Period
    ref: Period | None = None
    base: Period | None = None

    @classmethod
    def of(cls, period: Period, compare: Compare = "year") -> Windows:
        """The windows of a period: a quarter beside that of last year, or the previous one; a year beside the last."""
        first, until = period.first, period.until
        if period == Period.year(first.year):
            return cls(period, Period.year(first.year - 1))
        quarter = Period.quarter(first.year, (first.month + 2) // 3)
        if (first, until) != (quarter.first, quarter.until):
            return cls(period)
        before = _quarter_before(quarter)
        ref = Period.quarter(first.year - 1, (first.month + 2) // 3) if compare == "year" else before
        base = Period(f"{first.year - 1}-Q{(first.month + 2) // 3}/{before.label}", ref_first(first), first)
        return cls(period, ref, base)

    def named(self) -> list[tuple[str, Period]]:
        both = (("now", self.now), ("ref", self.ref), ("base", self.base))
        return [(name, period) for name, period in both if period is not None]


def ref_first(first: dt.date) -> dt.date:
    """The same day of the year before; `first` is the first of a month."""
    return first.replace(year=first.year - 1)


def _quarter_before(quarter: Period) -> Period:
    last = quarter.first - dt.timedelta(days=1)
    return Period.quarter(last.year, (last.month + 2) // 3)


@dataclass(frozen=True, slots=True)
class Window:
    """Counts in one period. Arrays of shape (places + 1, themes), the last place being what is in none of the map;
    `held` is of all conversations: (places + 1, 1). `sums` are over occasions, as of the last merge; of the four
    quarters before they are zero, which says nothing.
    """

    held: Integers
    mentioning: Integers
    sums: SessionSums


@dataclass(frozen=True, slots=True)
class Grid:
    """All themes in all places. `themes` are ids; `mentions` and `severe` are of the present window, shaped alike.

    `unplaced` is what of the present window has no place in the layer: held (alike for all themes), mentioning,
    mentions and severe, shaped (4, themes).
    """

    windows: Windows
    places: tuple[Place, ...]
    themes: tuple[int, ...]
    now: Window
    ref: Window
    base: Window
    mentions: Integers
    severe: Integers
    unplaced: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """All themes in all windows, wherever in the city: any layer is drawn from it without counting again.

    `counts` is (3 windows, 7, themes + 1, districts): the columns of compare_periods.sql, of all conversations first,
    then of each theme. `districts` are those that records are stored under; 0 is none.
    """

    windows: Windows
    themes: tuple[int, ...]
    districts: tuple[int, ...]
    counts: Integers

    def placed(self, places: Sequence[Place], lies_in: Mapping[int, int]) -> Grid:
        """The same in the places of a layer; `lies_in` says which of them a district lies in, or is.

        What lies in a larger district of which the reader has a part, and so in no place of the map, still is part of
        all.
        """
        numbers = {pk: at for at, (pk, _, _) in enumerate(places)}
        at = np.array([numbers.get(lies_in.get(one, 0), len(places)) for one in self.districts], np.int64)
        counts = _gathered(self.counts, at, len(places) + 1)
        now, ref, base = (window_of(one[:5]) for one in counts)
        mentions, severe = counts[0, 5:, 1:].transpose(0, 2, 1)
        nowhere = np.array([one not in lies_in for one in self.districts], np.bool_)
        lost = self.counts[0][:, :, nowhere].sum(axis=2)
        held = np.broadcast_to(lost[0, 0], len(self.themes))
        unplaced = np.stack([held, lost[0, 1:], lost[5, 1:], lost[6, 1:]])
        return Grid(self.windows, tuple(places), self.themes, now, ref, base, mentions, severe, unplaced)


def count_themes(windows: Windows, *, role: str, kind: str | None, themes: Sequence[int], reach: Reach) -> Counted:
    """Count all themes in all windows. One query, whatever the number of layers, themes, places and records."""
    segments = [
        (NUMBERS[name], grain, first, until)
        for name, period in windows.named()
        for grain, first, until in period.segments()
    ]
    numbers, grains, firsts, untils = (list(column) for column in zip(*segments, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "compare_periods.sql"),
            {
                "role": role,
                "kind": kind or "any",
                "themes": list(themes),
                "windows": numbers,
                "grains": grains,
                "firsts": firsts,
                "untils": untils,
                "first": min(firsts),
                "until": max(untils),
                "districts": reach.as_list(),
            },
        )
        rows = np.fromiter(chain.from_iterable(cursor.fetchall()), np.int64).reshape(-1, 10)
    # Line 0 holds all conversations.
    lines = np.zeros(max(themes, default=0) + 1, np.int64)
    lines[list(themes)] = np.arange(1, len(themes) + 1)
    districts, columns = np.unique(rows[:, 2], return_inverse=True)
    counts = np.zeros((len(NUMBERS), len(themes) + 1, len(districts), 7), np.int64)
    np.add.at(counts, (rows[:, 0], lines[rows[:, 1]], columns), rows[:, 3:])
    return Counted(windows, tuple(themes), tuple(districts.tolist()), counts.transpose(0, 3, 1, 2))


def _gathered(counts: Integers, at: Integers, length: int) -> Integers:
    """Columns added up: column i of the counts belongs to column at[i] of so many."""
    order = np.argsort(at, kind="stable")
    numbers, firsts = np.unique(at[order], return_index=True)
    gathered = np.zeros((*counts.shape[:-1], length), np.int64)
    if len(numbers):
        gathered[..., numbers] = np.add.reduceat(counts[..., order], firsts, axis=-1)
    return gathered


def window_of(counts: Integers) -> Window:
    """A window from counts of shape (5, themes + 1, places + 1): conversations, merged, occasions, squares, crossed."""
    conversations, merged, occasions, squares, crossed = counts.transpose(0, 2, 1)
    held, mentioning = slice(0, 1), slice(1, None)
    return Window(
        held=conversations[:, held],
        mentioning=conversations[:, mentioning],
        sums=sums_over_occasions(
            occasions[:, held],
            merged[:, held],
            merged[:, mentioning],
            squares[:, mentioning],
            crossed[:, mentioning],
            squares[:, held],
        ),
    )
