"""Calendar periods as people write them: 2026, 2026-Q3, 2026-07, 2026-07-15 and 2026-01-15/2026-03-20.

Pure: days of the proleptic Gregorian calendar, no clock, no time zone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Grain = Literal["day", "month", "quarter", "year"]

FORMS = "2026, 2026-Q3, 2026-07, 2026-07-15 or 2026-01-15/2026-03-20"
FIRST_YEAR, LAST_YEAR = 2000, 2199

_LABEL = re.compile(r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?", re.ASCII)


class NotAPeriod(ValueError):
    """A text that names no period."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a period; write {FORMS}, between {FIRST_YEAR} and {LAST_YEAR}.")


@dataclass(frozen=True, slots=True)
class Period:
    """A run of whole days: `first` is in it, `until` is the first day after it."""

    label: str
    first: dt.date
    until: dt.date

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period. An ISO 8601 interval of two days includes its last day.

        Raises NotAPeriod, naming the forms that are understood.
        """
        if "/" in text:
            head, _, tail = text.partition("/")
            first, last = _day(head, text), _day(tail, text)
            if last < first:
                raise NotAPeriod(text)
            return cls(text, first, last + dt.timedelta(days=1))
        match = _LABEL.fullmatch(text)
        if match is None or not FIRST_YEAR <= int(match["year"]) <= LAST_YEAR:
            raise NotAPeriod(text)
        year = int(match["year"])
        if match["day"]:
            day = _day(text, text)
            return cls(text, day, day + dt.timedelta(days=1))
        if match["quarter"]:
            return cls.quarter(year, int(match["quarter"]))
        if match["month"]:
            if not 1 <= int(match["month"]) <= 12:
                raise NotAPeriod(text)
            return cls.month(year, int(match["month"]))
        return cls.year(year)

    @classmethod
    def year(cls, year: int) -> Period:
        return cls(str(year), dt.date(year, 1, 1), dt.date(year + 1, 1, 1))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> Period:
        return cls(f"{year}-Q{quarter}", dt.date(year, 3 * quarter - 2, 1), _month_start(year, 3 * quarter + 1))

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        return cls(f"{year}-{month:02}", dt.date(year, month, 1), _month_start(year, month + 1))

    def segments(self) -> Iterator[tuple[Grain, dt.date, dt.date]]:
        """Cut the period into the fewest runs of whole years, quarters, months and single days.

        Yields (grain, first, until) with `first` and `until` on boundaries of the grain; the runs are disjoint and
        cover the period, so additive counts kept per year, quarter, month and day give the period's count.
        """
        yield from _cut(self.first, self.until, "year")


_FINER: dict[Grain, Grain] = {"year": "quarter", "quarter": "month", "month": "day"}


def _cut(first: dt.date, until: dt.date, grain: Grain) -> Iterator[tuple[Grain, dt.date, dt.date]]:
    if first >= until:
        return
    if grain == "day":
        yield ("day", first, until)
        return
    start, end = _ceiling(first, grain), _floor(until, grain)
    if start >= end:
        yield from _cut(first, until, _FINER[grain])
        return
    yield from _cut(first, start, _FINER[grain])
    yield (grain, start, end)
    yield from _cut(end, until, _FINER[grain])


def _floor(day: dt.date, grain: Grain) -> dt.date:
    match grain:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "month":
            return day.replace(day=1)
        case "day":
            return day


def _ceiling(day: dt.date, grain: Grain) -> dt.date:
    floor = _floor(day, grain)
    if floor == day:
        return day
    months = {"year": 12, "quarter": 3, "month": 1, "day": 0}[grain]
    return _month_start(floor.year, floor.month + months)


def _month_start(year: int, month: int) -> dt.date:
    """The first of a month; month 13 is January of the next year."""
    return dt.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _day(text: str, whole: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise NotAPeriod(whole) from error
    if len(text) != 10 or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotAPeriod(whole)
    return day
