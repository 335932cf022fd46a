"""Who may ask for which period: whoever reads counts alone, reads of the open quarter only what is coarse.

The counts of a quarter that still grows can be read day after day, and two readings tell what was said between them. So
people who may not read the conversations themselves read closed quarters in any layer, and days of the open one in the
coarsest layer that divides the city, or in the city as a whole.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Count

from backend import clock
from backend.periods import Period
from districts.models import BoundaryEdition, Layer
from listening.fieldwork.roles import COORDINATE, READ_COUNTS
from listening.fieldwork.scope import Scope


def reads_exactly(scope: Scope) -> bool:
    """Whether all that a person counts is also theirs to read, conversation by conversation."""
    return scope.reach(*COORDINATE) == scope.reach(*READ_COUNTS)


def is_closed(period: Period) -> bool:
    """Whether all days of a period lie in quarters that are over, by the calendar of the city."""
    return period.until <= open_quarter().first


def open_quarter() -> Period:
    return _quarter_of(clock.local_date(clock.now()))


def newest_closed_quarter() -> Period:
    return _quarter_of(open_quarter().first - dt.timedelta(days=1))


def coarse_layers() -> list[Layer]:
    """The coarsest layers that divide the city today, and those above them, fine to coarse. Two queries."""
    editions = BoundaryEdition.objects.valid_on(clock.today())
    counted = editions.values_list("layer__rank").annotate(places=Count("districts"))
    dividing = max((rank for rank, places in counted if places > 1), default=0)
    return list(Layer.objects.filter(rank__gte=dividing, editions__in=editions).order_by("rank", "code").distinct())


def _quarter_of(day: dt.date) -> Period:
    return Period.quarter(day.year, (day.month + 2) // 3)
