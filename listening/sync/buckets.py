"""What a person reads as a whole: buckets, from the same assignments as `visible_to`.

    own              the conversations to which they listened
    city:TIER        all of a tier, for whoever coordinates the whole city
    district:ID:TIER those of a district and tier

The tier of a conversation is the highest sensitivity of its themes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from listening.fieldwork.models import User
from listening.fieldwork.roles import COORDINATE, LOG
from listening.fieldwork.scope import SENSITIVITIES

TIERS: Final = SENSITIVITIES
OWN: Final = "own"


@dataclass(frozen=True, slots=True)
class Buckets:
    """A set of buckets of one person. Districts by id, with the number of the tier; `city` are numbers of tiers."""

    person_id: int
    own: bool = False
    city: frozenset[int] = frozenset()
    districts: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def of(cls, person: User) -> Self:
        """What a person may read today. One query, for the scope."""
        scope = person.scope
        city, districts = set[int](), set[tuple[int, int]]()
        for grant in scope.of(*COORDINATE):
            tiers = [number for number, tier in enumerate(TIERS) if tier not in grant.hidden_sensitivities]
            if grant.reach.everywhere:
                city |= set(tiers)
            else:
                districts |= {(district, tier) for district in grant.reach.districts for tier in tiers}
        return cls(person.pk, scope.has(*LOG), frozenset(city), frozenset(districts))

    @classmethod
    def named(cls, person_id: int, names: Iterable[str]) -> Self:
        """The buckets of some names. Raises ValueError for what is none."""
        own, city, districts = False, set[int](), set[tuple[int, int]]()
        for name in names:
            match name.split(":"):
                case [word] if word == OWN:
                    own = True
                case ["city", tier]:
                    city.add(TIERS.index(tier))
                case ["district", pk, tier]:
                    districts.add((int(pk), TIERS.index(tier)))
                case _:
                    raise ValueError(f"{name!r} is no bucket")
        return cls(person_id, own, frozenset(city), frozenset(districts))

    @property
    def names(self) -> list[str]:
        return [
            *([OWN] if self.own else []),
            *(f"city:{TIERS[tier]}" for tier in sorted(self.city)),
            *(f"district:{district}:{TIERS[tier]}" for district, tier in sorted(self.districts)),
        ]

    def __and__(self, other: Buckets) -> Buckets:
        return Buckets(self.person_id, self.own and other.own, self.city & other.city, self.districts & other.districts)

    def __or__(self, other: Buckets) -> Buckets:
        return Buckets(self.person_id, self.own or other.own, self.city | other.city, self.districts | other.districts)

    def __sub__(self, other: Buckets) -> Buckets:
        return Buckets(
            self.person_id, self.own and not other.own, self.city - other.city, self.districts - other.districts
        )

    def __bool__(self) -> bool:
        return self.own or bool(self.city) or bool(self.districts)

    def holding(self, *, owner_id: int, district_id: int, tier: int) -> list[str]:
        """The names of those in which a conversation lies."""
        return [
            *([OWN] if self.own and owner_id == self.person_id else []),
            *([f"city:{TIERS[tier]}"] if tier in self.city else []),
            *([f"district:{district_id}:{TIERS[tier]}"] if (district_id, tier) in self.districts else []),
        ]

    def as_parameters(self) -> dict[str, Any]:
        """For SQL: `owner` (null: none), `city`, and `districts` and `tiers` side by side."""
        pairs = sorted(self.districts)
        return {
            "owner": self.person_id if self.own else None,
            "city": sorted(self.city),
            "districts": [district for district, _ in pairs],
            "tiers": [tier for _, tier in pairs],
        }
