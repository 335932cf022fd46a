"""The table plan: which themes are published where, to which base, over which areas. Made before any count is seen.

    P1  quarter x zone x theme, all conversations, people      restricted themes: year x district
    P2  year x publication area x theme, all conversations     restricted themes: never
    P3  year x district x band of one variable                 restricted themes: never
    P4  shares, intervals, other geographies: made of P1 to P3 alone

That no theme exceeds all conversations is part of P1 to P3 (`settle`). A share above 1 can still come of a sum over
rounded parts of places, for other geographies; to cap it belongs to P4, where that is made, and protects nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from listening.disclosure.tables import CONVERSATIONS, PERSONS, SCHEME

Sensitivity = Literal["normal", "restricted", "internal"]

BASE: Final = 5
RESTRICTED_BASE: Final = 10

# An area with fewer residents is published together with a neighbour.
FEWEST_RESIDENTS: Final = 500


class NotAPlan(ValueError):
    """Themes or areas of which no plan can be made."""


@dataclass(frozen=True, slots=True)
class PlannedTheme:
    """A theme, its parent, and how sensitive it is."""

    code: str
    parent: str | None = None
    sensitivity: Sensitivity = "normal"


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Which columns each product has, and the base of each. A theme is as sensitive as any theme above it, or more."""

    quarterly: tuple[str, ...]  # columns of P1 by quarter and zone
    yearly: tuple[str, ...]  # columns of P2: as P1, without people
    restricted: tuple[str, ...]  # columns of P1 by year and district
    bases: Mapping[str, int]
    theme_parents: Mapping[str, str]

    @classmethod
    def of(
        cls, themes: Sequence[PlannedTheme], *, base: int = BASE, restricted_base: int = RESTRICTED_BASE
    ) -> TablePlan:
        """Make the plan.

        Raises
        ------
        NotAPlan
            If a code stands twice or is none that a table can have, a parent is missing or its own ancestor, or the
            base of restricted themes is no multiple of the base.
        """
        for theme in themes:
            check_code(theme.code)
        by_code = {theme.code: theme for theme in themes}
        if len(by_code) < len(themes):
            raise NotAPlan("A theme stands twice in the plan.")
        if base < 3 or restricted_base % base:
            raise NotAPlan(
                f"Bases {base} and {restricted_base} make no plan: 3 is the least, the second a multiple of the first."
            )
        felt = {theme.code: _sensitivity(theme, by_code) for theme in themes}
        normal = tuple(code for code in by_code if felt[code] == "normal")
        restricted = tuple(code for code in by_code if felt[code] == "restricted")
        published = (*normal, *restricted)
        return cls(
            quarterly=(CONVERSATIONS, PERSONS, *normal),
            yearly=(CONVERSATIONS, *normal),
            restricted=restricted,
            bases=MappingProxyType(
                dict.fromkeys((CONVERSATIONS, PERSONS, *normal), base) | dict.fromkeys(restricted, restricted_base)
            ),
            theme_parents=MappingProxyType(
                {code: parent for code in published if (parent := by_code[code].parent) is not None}
            ),
        )


def check_code(code: str) -> None:
    """Raises NotAPlan for a code of a theme that tables and offsets cannot tell from others.

    Parts of the name of an offset stand between |; what begins with _ counts something else than a theme.
    """
    if not code or "|" in code or "\0" in code or code.startswith("_"):
        raise NotAPlan(f"{code!r} is no code of a theme: it is empty, holds a | or a NUL, or begins with _.")


def _sensitivity(theme: PlannedTheme, by_code: Mapping[str, PlannedTheme]) -> Sensitivity:
    """The highest of a theme and those above it."""
    order: tuple[Sensitivity, ...] = ("normal", "restricted", "internal")
    highest, seen = theme.sensitivity, {theme.code}
    while theme.parent is not None:
        if theme.parent not in by_code:
            raise NotAPlan(f"{theme.parent}, the parent of {theme.code}, is not in the plan.")
        theme = by_code[theme.parent]
        if theme.code in seen:
            raise NotAPlan(f"{theme.code} is its own ancestor.")
        seen.add(theme.code)
        highest = max(highest, theme.sensitivity, key=order.index)
    return highest


@dataclass(frozen=True, slots=True)
class Area:
    """An area of the base layer, as far as publication asks."""

    code: str
    zone: str
    residents: int
    neighbours: frozenset[str] = frozenset()  # codes of areas that share a border, of any zone


@dataclass(frozen=True, slots=True)
class PublicationArea:
    """An area, or several of one zone, published as one. The code is that of its most populous member."""

    code: str
    zone: str
    residents: int
    members: tuple[str, ...]  # in path order


def publication_areas(
    areas: Iterable[Area], *, fewest_residents: int = FEWEST_RESIDENTS
) -> tuple[PublicationArea, ...]:
    """Merge areas with few residents into a neighbour of the same zone.

    Parameters
    ----------
    areas : iterable of Area
        In path order: areas of one zone beside each other.
    fewest_residents : int

    Returns
    -------
    tuple of PublicationArea
        In the order of their first member. Each has at least `fewest_residents`, but where a whole zone has fewer: that
        zone is one area.

    Raises
    ------
    NotAPlan
        If a code stands twice, residents are negative, or the areas of a zone do not lie beside each other.

    Notes
    -----
    The same areas give the same result: the area with fewest residents is merged first, into the neighbour that has
    fewest, ties by path order; chains come out as one. An area without a neighbour in its zone goes to the one with
    fewest residents there.
    """
    given = list(areas)
    position = {area.code: i for i, area in enumerate(given)}
    if len(position) < len(given):
        raise NotAPlan("An area stands twice.")
    if any(area.residents < 0 for area in given):
        raise NotAPlan("An area has fewer than 0 residents.")
    zones = [area.zone for i, area in enumerate(given) if i == 0 or area.zone != given[i - 1].zone]
    if len(set(zones)) < len(zones):
        raise NotAPlan("The areas of a zone do not lie beside each other: they must be in path order.")
    merged: list[PublicationArea] = []
    for zone in zones:
        groups = [[area] for area in given if area.zone == zone]
        while len(groups) > 1:
            smallest = min(groups, key=_rank(position))
            if sum(area.residents for area in smallest) >= fewest_residents:
                break
            others = [group for group in groups if group is not smallest]
            beside = [group for group in others if _touch(smallest, group)] or others
            into = min(beside, key=_rank(position))
            groups = [group for group in others if group is not into] + [into + smallest]
        for group in sorted(groups, key=lambda group: min(position[area.code] for area in group)):
            group = sorted(group, key=lambda area: position[area.code])
            largest = max(group, key=lambda area: area.residents)
            residents = sum(area.residents for area in group)
            merged.append(PublicationArea(largest.code, zone, residents, tuple(area.code for area in group)))
    return tuple(merged)


def boundary_version(editions: Mapping[str, str], places: Sequence[tuple[str, ...]]) -> str:
    """What names the places, their order and what was merged: 16 hexadecimal digits.

    Parameters
    ----------
    editions : mapping
        Code of the boundary edition of each layer.
    places : sequence of tuples of codes
        District, zone, publication area and its members, in path order.
    """
    told = json.dumps([SCHEME, dict(editions), [list(place) for place in places]], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _rank(position: Mapping[str, int]) -> Callable[[Sequence[Area]], tuple[int, int]]:
    """Few residents first; then path order."""
    return lambda group: (sum(area.residents for area in group), min(position[area.code] for area in group))


def _touch(group: Sequence[Area], other: Sequence[Area]) -> bool:
    """Whether an area of one is a neighbour of an area of the other, said by either."""
    return any(b.code in a.neighbours or a.code in b.neighbours for a in group for b in other)
