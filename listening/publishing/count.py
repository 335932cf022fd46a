"""Exact counts of a period, as tables for disclosure control. What is counted here is never stored and never shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection

from backend.db import sql
from backend.periods import Period
from listening.disclosure.tables import CONVERSATIONS, MOST_PERSONS, PERSONS, FrequencyTable, Product
from listening.publishing.geography import Geography

ALL_CONVERSATIONS, PEOPLE = 0, -1  # ids of count_conversations.sql that are no theme's


@dataclass(frozen=True, slots=True)
class Counts:
    """Conversations of a period by base district (primary key; 0: none) and theme."""

    period: Period
    by_district: Mapping[tuple[int, int], int]

    def of(self, theme: int, districts: Mapping[int, str]) -> int:
        """All of a theme in some districts."""
        return sum(
            number for (district, of), number in self.by_district.items() if of == theme and district in districts
        )


def count(period: Period) -> Counts:
    """One query. The period is a quarter or a year; conversations count in the quarter in which they were held."""
    whole_year = period == Period.year(period.first.year)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.publishing", "count_conversations.sql"),
            {
                "grain": "year" if whole_year else "quarter",
                "first": period.first,
                "until": period.until,
                "most": MOST_PERSONS,
            },
        )
        return Counts(period, {(district, theme): number for district, theme, number in cursor.fetchall()})


def table(
    counts: Counts,
    geography: Geography,
    layer: str,
    columns: Sequence[str],
    theme_ids: Mapping[str, int],
    *,
    product: Product = "P1",
    within: str | None = None,
) -> FrequencyTable:
    """The counts of a layer, places in path order; `within` names the layer of the parents."""
    places = geography.of(layer)
    row = {place.code: at for at, place in enumerate(places)}
    ids = {**theme_ids, CONVERSATIONS: ALL_CONVERSATIONS, PERSONS: PEOPLE}
    column = {ids[code]: at for at, code in enumerate(columns)}
    place_of = geography.place_of[layer]
    numbers = np.zeros((len(row), len(column)), np.int64)
    for (district, theme), number in counts.by_district.items():
        if district in place_of and theme in column:
            numbers[row[place_of[district]], column[theme]] += number
    return FrequencyTable(
        product=product,
        period=counts.period.label,
        places=tuple(row),
        themes=tuple(columns),
        counts=numbers,
        within=tuple(next(iter(place.parents[within])) for place in places) if within else (),
    )
