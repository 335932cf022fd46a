"""What a person may do today, and where: their assignments, resolved to districts.

Nothing here is kept from one request to the next: whoever is moved to another district has lost the old one when they
ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backend.db import sql
from backend.db.prepared import prepared_cursor

# From what everybody may know to what stays in the office.
SENSITIVITIES: Final = ("normal", "restricted", "internal")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a role holds: in the whole city, with what has no district; or in districts, by id, of any layer."""

    everywhere: bool = False
    districts: frozenset[int] = frozenset()

    def covers(self, district_id: int | None) -> bool:
        """Whether a record stored under a district lies within."""
        return self.everywhere or district_id in self.districts

    def as_list(self) -> list[int] | None:
        """For SQL: the districts; None for everywhere."""
        return None if self.everywhere else sorted(self.districts)

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.everywhere or other.everywhere, self.districts | other.districts)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, where it holds, and the most sensitive themes it reads."""

    role: str
    clearance: str
    reach: Reach

    @property
    def hidden_sensitivities(self) -> tuple[str, ...]:
        """Sensitivities of themes beyond the clearance."""
        return SENSITIVITIES[SENSITIVITIES.index(self.clearance) + 1 :]


@dataclass(frozen=True, slots=True)
class Scope:
    """All that a person may do today; empty for whoever has no assignment, or is not active."""

    grants: tuple[Grant, ...] = ()

    def has(self, *roles: str) -> bool:
        """Whether the person has one of these roles, anywhere."""
        return any(grant.role in roles for grant in self.grants)

    def of(self, *roles: str) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if grant.role in roles)

    def reach(self, *roles: str) -> Reach:
        """Where the person has one of these roles, whatever the clearance."""
        reach = Reach()
        for grant in self.of(*roles):
            reach |= grant.reach
        return reach

    def clears(self, sensitivity: str, *roles: str) -> bool:
        """Whether one of these roles reads themes of this sensitivity."""
        return any(sensitivity not in grant.hidden_sensitivities for grant in self.of(*roles))


def read_scope(person_id: int) -> Scope:
    """The scope of a person: one query."""
    with prepared_cursor() as cursor:
        cursor.execute(sql.read("listening.fieldwork", "scope.sql"), {"person": person_id})
        return Scope(
            tuple(
                Grant(role, clearance, Reach(everywhere, frozenset(districts)))
                for role, clearance, everywhere, districts in cursor.fetchall()
            )
        )
