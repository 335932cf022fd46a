"""The share of one theme quarter after quarter, in all places of a layer: what lines are drawn from.

Whoever may read the conversations reads them counted; whoever reads counts alone, what was published of each quarter:
a row of exact figures would tell, quarter by quarter, what the published ones were rounded for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from backend.db import sql
from backend.periods import Period
from districts.models import District
from listening.fieldwork.scope import Scope
from listening.needmaps.estimate import estimate, sums_over_occasions
from listening.needmaps.need import Place, place_claim
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.tiers import reads_exactly
from listening.releases.models import ReleaseNeed
from listening.statistics.reliability import NEVER, TOO_FEW

# Two years: with more, the oldest are of another city.
QUARTERS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One quarter of one place. Shares are 0-1; None where too few were heard for one."""

    period: Period
    conversations: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """By district id, one point for each quarter. `is_published`: the figures are those that the world reads."""

    quarters: tuple[Period, ...]
    places: tuple[Place, ...]
    points: Mapping[int, Sequence[Point]]
    is_published: bool


def quarters_until(period: Period, count: int = QUARTERS) -> tuple[Period, ...]:
    """The last quarters that begin before a period ends, from the oldest."""
    last = period.until.year * 4 + (period.until.month - 1) // 3
    if period.until.day == 1 and period.until.month % 3 == 1:
        last -= 1
    return tuple(Period.quarter(*_numbered(number)) for number in range(last - count + 1, last + 1))


def count_series(query: NeedMapQuery, scope: Scope) -> Series:
    """The last quarters of a query's layer, theme and kind. Two queries."""
    quarters = quarters_until(query.period)
    listed = District.objects.filter(edition=query.edition).order_by("code").values_list("pk", "code", "name")
    places: list[Place] = [place for place in listed if query.reach.covers(place[0])]
    exactly = reads_exactly(scope)
    points = _counted(query, quarters, places) if exactly else _published(query, quarters, places)
    return Series(quarters, tuple(places), points, is_published=not exactly)


def _counted(query: NeedMapQuery, quarters: Sequence[Period], places: Sequence[Place]) -> dict[int, tuple[Point, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_series.sql"),
            {
                "edition": query.edition.pk,
                "role": query.role,
                "theme": query.theme.pk if query.theme else 0,
                "kind": query.kind or "any",
                "firsts": [quarter.first for quarter in quarters],
                "first": quarters[0].first,
                "until": quarters[-1].until,
                "districts": query.reach.as_list(),
            },
        )
        rows = cursor.fetchall()
    at = {pk: number for number, (pk, _, _) in enumerate(places)}
    of = {quarter.first: number for number, quarter in enumerate(quarters)}
    counts = np.zeros((len(quarters), len(places) + 1, 8), np.int64)
    for first, district, *told in rows:
        counts[of[first], at.get(district, len(places))] += np.array(told, np.int64)
    series: dict[int, list[Point]] = {pk: [] for pk in at}
    for number, quarter in enumerate(quarters):
        held, mentioning, *sums = (column[:, np.newaxis] for column in counts[number].T)
        estimates = estimate(held, mentioning, sums_over_occasions(*sums))
        for pk, place in at.items():
            claim = place_claim(estimates, place)
            has_value = claim.reliability not in {NEVER, TOO_FEW}
            series[pk].append(
                Point(
                    quarter,
                    int(held[place, 0]),
                    claim.share_eb if has_value else None,
                    claim.share_low if has_value else None,
                    claim.share_high if has_value else None,
                )
            )
    return {pk: tuple(points) for pk, points in series.items()}


def _published(
    query: NeedMapQuery, quarters: Sequence[Period], places: Sequence[Place]
) -> dict[int, tuple[Point, ...]]:
    """What releases that hold say of these quarters; of a single kind they say nothing."""
    told: dict[tuple[str, str], ReleaseNeed] = {}
    if query.theme is not None and query.kind is None:
        needs = ReleaseNeed.objects.filter(
            release__status="published",
            layer=query.layer.code,
            theme=query.theme.code,
            period__in=[quarter.label for quarter in quarters],
        ).order_by("release__quarter", "release__revision")
        told = {(need.place, need.period): need for need in needs}
    return {pk: tuple(_point(told.get((code, one.label)), one) for one in quarters) for pk, code, _ in places}


def _point(need: ReleaseNeed | None, quarter: Period) -> Point:
    if need is None:
        return Point(quarter, 0, None, None, None)
    has_value = need.reliability not in {None, NEVER, TOO_FEW}
    return Point(
        quarter,
        need.conversations or 0,
        need.share_eb if has_value else None,
        need.share_low if has_value else None,
        need.share_high if has_value else None,
    )


def _numbered(number: int) -> tuple[int, int]:
    """Year and quarter of a number that counts quarters."""
    return number // 4, number % 4 + 1
