"""Who sees what of places that are smaller than districts: squares and hexagons.

Whoever reads the conversations of a place one by one sees there what they may read, to the last one. Whoever reads
counts alone sees no place, and no theme in a place, with fewer than FEWEST conversations, and quarters that are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backend import clock
from backend.periods import Period
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition
from listening.codelists.models import Theme
from listening.fieldwork.roles import COORDINATE, READ_COUNTS
from listening.fieldwork.scope import SENSITIVITIES, Grant, Scope
from listening.needmaps.query import parse_period, parse_theme
from listening.needmaps.tiers import NotInRelease, Tier, coarse_editions, list_published, reads_exactly, whole_quarters

FEWEST: Final = 5
NOWHERE: Final = -1  # below the lowest tier


@dataclass(frozen=True, slots=True)
class Sight:
    """Up to which tier a person counts, everywhere and by district, and how many conversations a place must have.

    A tier is the highest sensitivity of a conversation's themes: 0 normal, 1 restricted, 2 internal.
    """

    everywhere: int
    by_district: tuple[tuple[int, int], ...]
    fewest: int

    @classmethod
    def of(cls, scope: Scope) -> Sight:
        """A coordinator counts what they may read; who reads counts alone, all that need maps count, from FEWEST on."""
        if reads_exactly(scope):
            grants, fewest = scope.of(*COORDINATE), 1
        else:
            grants, fewest = scope.of(*READ_COUNTS), FEWEST
        everywhere, by_district = NOWHERE, dict[int, int]()
        for grant in grants:
            tier = _tier(grant) if fewest == 1 else len(SENSITIVITIES) - 1
            if grant.reach.everywhere:
                everywhere = max(everywhere, tier)
            for district in grant.reach.districts:
                by_district[district] = max(by_district.get(district, NOWHERE), tier)
        return cls(everywhere, tuple(sorted(by_district.items())), fewest)

    def as_params(self) -> dict[str, Any]:
        """For SQL: :everywhere, :districts and :tiers side by side, :fewest."""
        return {
            "everywhere": self.everywhere,
            "districts": [district for district, _ in self.by_district],
            "tiers": [tier for _, tier in self.by_district],
            "fewest": self.fewest,
        }


@dataclass(frozen=True, slots=True)
class PlacesQuery:
    """What of places is asked for: a period of whole quarters, and a theme (None: any)."""

    period: Period
    theme: Theme | None
    sight: Sight


def parse_places_query(params: Mapping[str, str], scope: Scope) -> PlacesQuery:
    """Read a query; left out: the usual period of the reader, and any theme. At most four queries.

    Raises InvalidParameter, naming the value and the valid ones: for whoever reads counts alone also of quarters that
    were published, as no release has figures of places.
    """
    if reads_exactly(scope):
        tier = Tier(reads_open=True, coarse=(), counts_alone=False)
    else:
        editions = list(BoundaryEdition.objects.valid_on(clock.today()).select_related("layer"))
        coarse = tuple(one.layer.code for one in coarse_editions(editions))
        tier = Tier(reads_open=False, coarse=coarse, counts_alone=True, published=list_published(""))
    period = parse_period(params.get("period", ""), tier)
    if tier.touched(period):
        raise NotInRelease(tier, period, what="of places smaller than districts")
    if not whole_quarters(period):
        raise InvalidParameter(
            f"{period.label} is not made of whole quarters; places are counted by quarter.",
            parameter="period",
            value=period.label,
            allowed=["2026", "2026-Q3", "2026-01-01/2026-06-30"],
        )
    return PlacesQuery(period, parse_theme(params.get("theme", ""), scope), Sight.of(scope))


def _tier(grant: Grant) -> int:
    return SENSITIVITIES.index(grant.clearance)
