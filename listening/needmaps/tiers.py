"""Who may ask for which period: whoever reads counts alone, reads whole quarters, and what is published as published.

The counts of a quarter that still grows can be read day after day, and two readings tell what was said between them; so
can two spans that differ by a day. People who may not read the conversations themselves read closed quarters in any
layer, and the open one in the coarsest layers that divide the city. Of a quarter that was published they read the
figures of its release, as the world does: exact ones beside rounded ones would undo the rounding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from django.db import connection
from django.db.models import Count

from backend import clock
from backend.db import sql
from backend.periods import Period
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition, District
from listening.fieldwork.roles import COORDINATE, READ_COUNTS
from listening.fieldwork.scope import Scope


@dataclass(frozen=True, slots=True)
class Published:
    """A quarter that was published. `code` is of the release that holds; empty, with a `reason`, if it was withdrawn.

    `periods` are those of which it has figures in a layer: the quarter, its year; `edition` of that layer.
    """

    quarter: str
    code: str
    reason: str
    edition: str
    periods: tuple[str, ...]

    @property
    def days(self) -> Period:
        return Period.parse(self.quarter)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the figures of a period are read: in a release, under the name that the period has there."""

    release: str
    period: str


@dataclass(frozen=True, slots=True)
class Tier:
    """What a person reads of a layer. `coarse`: layers of which they read the open quarter.

    `counts_alone`: not the conversations behind them. `published`: for these readers, what was published of the layer,
    the newest quarter first; `edition`: the boundaries that they ask for.
    """

    reads_open: bool
    coarse: tuple[str, ...] = ()
    counts_alone: bool = False
    published: tuple[Published, ...] = ()
    edition: str = ""

    @classmethod
    def of(cls, edition: BoundaryEdition, editions: Sequence[BoundaryEdition], scope: Scope) -> Self:
        """`editions` are those of today. Two queries, for whoever reads counts alone."""
        if reads_exactly(scope):
            return cls(reads_open=True)
        coarse = tuple(one.layer.code for one in coarse_editions(editions))
        layer = edition.layer.code
        return cls(layer in coarse, coarse, True, list_published(layer), edition.code)

    def in_edition(self, edition: BoundaryEdition) -> Self:
        """Of boundaries that no longer hold: they divide the open quarter anew, and two maps tell what lies between."""
        return replace(self, reads_open=self.reads_open and not self.counts_alone, edition=edition.code)

    def reads(self, period: Period) -> bool:
        """Whether `check` would let it pass, and `source` find it."""
        if not self.counts_alone:
            return True
        is_over = self.reads_open or period.until <= open_quarter().first
        return is_over and whole_quarters(period) and (not self.touched(period) or self._found(period) is not None)

    def check(self, period: Period) -> None:
        """Raises PeriodIsOpen, PeriodIsRagged."""
        if not self.reads_open and period.until > open_quarter().first:
            raise PeriodIsOpen(self, period.label)
        if self.counts_alone and not whole_quarters(period):
            raise PeriodIsRagged(self, period)

    def touched(self, period: Period) -> list[Published]:
        """The quarters of a period that were ever published; none for whoever reads the conversations."""
        return [one for one in self.published if one.days.first < period.until and period.first < one.days.until]

    def source(self, period: Period) -> Source | None:
        """Where its figures are read; None: counted live. Raises NotInRelease for what would need both."""
        if not self.touched(period):
            return None
        found = self._found(period)
        if found is None:
            raise NotInRelease(self, period)
        return found

    def usual_period(self) -> Period:
        """The current year, or the newest of what is over that may be read."""
        this_year = Period.year(clock.local_date(clock.now()).year)
        if self.reads_open and self.reads(this_year):
            return this_year
        newest = newest_closed_quarter()
        return next((one for one in (newest, *self.released()) if self.reads(one)), newest)

    def released(self) -> list[Period]:
        """What releases that hold have of the layer and its boundaries: quarters and years, the newest first."""
        found = [Period.parse(name) for one in self.published if self._holds(one) for name in one.periods]
        return sorted(found, key=lambda one: (one.until, one.first), reverse=True)

    def _found(self, period: Period) -> Source | None:
        name = calendar_name(period)
        held = (one for one in self.published if self._holds(one) and name in one.periods)
        return next((Source(one.code, name) for one in held), None)

    def _holds(self, one: Published) -> bool:
        return bool(one.code) and one.edition == self.edition


EXACTLY: Final = Tier(reads_open=True)


class PeriodIsOpen(InvalidParameter):
    """Your assignments read counts alone, and the period holds days of the open quarter; `allowed` names others."""

    slug, title, status = "period-is-open", "The period is not over", 400

    def __init__(self, tier: Tier, text: str) -> None:
        super().__init__(
            f"{text} holds days of the quarter that is not over; "
            f"your assignments read these by {', '.join(tier.coarse)} only.",
            parameter="period",
            value=text,
            allowed=[
                newest_closed_quarter().label,
                f"whole quarters until {newest_closed_quarter().until.isoformat()}",
            ],
        )


class PeriodIsRagged(InvalidParameter):
    """Your assignments read counts alone, which are told by whole quarters; `allowed` names the nearest ones.

    What two spans differ by would be what few people said.
    """

    slug, title, status = "period-is-ragged", "The period is not made of whole quarters", 400

    def __init__(self, tier: Tier, period: Period, *, parameter: str = "period", value: str = "") -> None:
        around = Period("", _quarter_of(period.first).first, _quarter_of(period.until - dt.timedelta(days=1)).until)
        if not tier.reads_open and around.until > open_quarter().first:
            around = replace(around, until=open_quarter().first)
        nearest = calendar_name(around)
        super().__init__(
            f"{value or period.label} is not made of whole quarters; your assignments read counts by these only. "
            f"The nearest is {nearest}.",
            parameter=parameter,
            value=value or period.label,
            allowed=[nearest],
        )


class NotInRelease(InvalidParameter):
    """Of a quarter that was published, your assignments read the figures of its release; it has none of what was asked.

    A release that was withdrawn has none until it is revised. `allowed` names what there is.
    """

    slug, title, status = "not-in-release", "The release has no such figures", 400

    def __init__(
        self, tier: Tier, period: Period, *, what: str = "", parameter: str = "period", value: str = ""
    ) -> None:
        told = tier.touched(period)
        gone = next((one for one in told if not one.code), None)
        names = ", ".join(sorted(one.quarter for one in told))
        if gone is not None:
            why = f"the release of {gone.quarter} was withdrawn: {gone.reason}"
        else:
            why = f"releases have no figures {what or 'of this layer and these boundaries for the period as a whole'}"
        super().__init__(
            f"{period.label} holds what was published ({names}); your assignments read it as the world does, and "
            f"{why.rstrip('.')}.",
            parameter=parameter,
            value=value or period.label,
            allowed=[] if what else [one.label for one in tier.released()],
        )


def reads_exactly(scope: Scope) -> bool:
    """Whether all that a person counts is also theirs to read, conversation by conversation."""
    return scope.reach(*COORDINATE) == scope.reach(*READ_COUNTS)


def list_published(layer: str) -> tuple[Published, ...]:
    """All quarters that were ever published, the newest first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.needmaps", "list_published.sql"), {"layer": layer})
        return tuple(
            Published(quarter, code, reason, edition, tuple(periods))
            for quarter, code, reason, edition, periods in cursor.fetchall()
        )


def open_quarter() -> Period:
    return _quarter_of(clock.local_date(clock.now()))


def newest_closed_quarter() -> Period:
    return _quarter_of(open_quarter().first - dt.timedelta(days=1))


def whole_quarters(period: Period) -> bool:
    """Whether a period is made of whole quarters."""
    return {grain for grain, _, _ in period.segments()} <= {"year", "quarter"}


def calendar_name(period: Period) -> str:
    """The name of a quarter or a year, however the period was written; of other days, the first and the last one."""
    for one in (Period.year(period.first.year), _quarter_of(period.first)):
        if (one.first, one.until) == (period.first, period.until):
            return one.label
    return f"{period.first.isoformat()}/{(period.until - dt.timedelta(days=1)).isoformat()}"


def coarse_editions(editions: Sequence[BoundaryEdition]) -> list[BoundaryEdition]:
    """Those of the coarsest layers that divide the city, and of the layers above. One query."""
    held = District.objects.filter(edition__in=editions).order_by().values_list("edition").annotate(Count("pk"))
    several = {edition for edition, places in held if places > 1}
    dividing = max((one.layer.rank for one in editions if one.pk in several), default=0)
    return [one for one in editions if one.layer.rank >= dividing]


def _quarter_of(day: dt.date) -> Period:
    return Period.quarter(day.year, (day.month + 2) // 3)
