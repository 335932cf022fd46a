"""Who may ask for which period: whoever reads counts alone, reads of the open quarter only what is coarse.

The counts of a quarter that still grows can be read day after day, and two readings tell what was said between them. So
people who may not read the conversations themselves read closed quarters in any layer, and days of the open one in the
coarsest layers that divide the city, or in the city as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.db.models import Count

from backend import clock
from backend.periods import Period
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition, District
from listening.fieldwork.roles import COORDINATE, READ_COUNTS
from listening.fieldwork.scope import Scope


@dataclass(frozen=True, slots=True)
class Tier:
    """What a person reads of a layer: all, or closed quarters alone. `coarse`: layers of which they read all."""

    reads_open: bool
    coarse: tuple[str, ...] = ()

    @classmethod
    def of(cls, edition: BoundaryEdition, editions: Sequence[BoundaryEdition], scope: Scope) -> Self:
        """`editions` are those of today. One query, for whoever reads counts alone."""
        if reads_exactly(scope):
            return cls(reads_open=True)
        coarse = tuple(one.layer.code for one in coarse_editions(editions))
        return cls(edition.layer.code in coarse, coarse)

    def reads(self, period: Period) -> bool:
        return self.reads_open or period.until <= open_quarter().first

    def usual_period(self) -> Period:
        """The current year, or the newest quarter that is over."""
        if self.reads_open:
            return Period.year(clock.local_date(clock.now()).year)
        return newest_closed_quarter()


class PeriodIsOpen(InvalidParameter):
    """Your assignments read counts alone, and the period holds days of the open quarter; `allowed` names others."""

    slug, title, status = "period-is-open", "The period is not over", 400

    def __init__(self, tier: Tier, text: str) -> None:
        super().__init__(
            f"{text} holds days of the quarter that is not over; "
            f"your assignments read these by {', '.join(tier.coarse)} only.",
            parameter="period",
            value=text,
            allowed=[newest_closed_quarter().label, f"any period until {newest_closed_quarter().until.isoformat()}"],
        )


def reads_exactly(scope: Scope) -> bool:
    """Whether all that a person counts is also theirs to read, conversation by conversation."""
    return scope.reach(*COORDINATE) == scope.reach(*READ_COUNTS)


def open_quarter() -> Period:
    return _quarter_of(clock.local_date(clock.now()))


def newest_closed_quarter() -> Period:
    return _quarter_of(open_quarter().first - dt.timedelta(days=1))


def coarse_editions(editions: Sequence[BoundaryEdition]) -> list[BoundaryEdition]:
    """Those of the coarsest layers that divide the city, and of the layers above. One query."""
    held = District.objects.filter(edition__in=editions).order_by().values_list("edition").annotate(Count("pk"))
    several = {edition for edition, places in held if places > 1}
    dividing = max((one.layer.rank for one in editions if one.pk in several), default=0)
    return [one for one in editions if one.layer.rank >= dividing]


def _quarter_of(day: dt.date) -> Period:
    return Period.quarter(day.year, (day.month + 2) // 3)
