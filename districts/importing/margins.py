"""Residents by band, from columns of a table of figures: read, held against their totals, stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import pandas as pd
from django.db.models import Q

from districts.importing import read
from districts.importing.config import MarginFields
from districts.importing.report import Flaw
from districts.models import District, Population, ReferenceMargin

# Registers round and perturb their figures: sums may differ by this part of the total.
TOLERANCE = 1e-3
# Two figures of the same residents that differ by more are not of the same day, or not of the same people.
LARGEST_DIFFERENCE = 0.01


@dataclass(frozen=True, slots=True)
class Margin:
    """Residents by band; one entry for each row of the table."""

    fields: MarginFields
    people: list[dict[str, int]]

    def totals(self) -> list[int]:
        return [sum(one.values()) for one in self.people]


def read_margins(
    wanted: Sequence[MarginFields], table: pd.DataFrame, codes: Sequence[str], flaws: list[Flaw]
) -> list[Margin]:
    """The margins of a table whose rows are districts; what is wrong with them is added to the flaws."""
    columns = dict.fromkeys(column for one in wanted for column in one.columns)
    numbers = {column: read.whole_numbers(table, column, flaws) for column in columns}
    for column in columns:
        for code, value in zip(codes, table[column], strict=True):
            if read.is_blank(value):
                flaws.append(
                    Flaw(
                        "error",
                        "incomplete-margin",
                        code,
                        f"{column} is empty.",
                        "Write 0 where nobody lives, or leave the district out of the file.",
                    )
                )
    return [
        Margin(
            one,
            [
                _bands(one, code, [numbers[column][row] for column in one.columns], flaws)
                for row, code in enumerate(codes)
            ],
        )
        for one in wanted
    ]


def _bands(fields: MarginFields, code: str, numbers: Sequence[int | None], flaws: list[Flaw]) -> dict[str, int]:
    """The bands of one district, with the rest of its total; nothing where a number is missing, which was told."""
    told = {column: number for column, number in zip(fields.columns, numbers, strict=True) if number is not None}
    if len(told) < len(set(fields.columns)):
        return {}
    people = {band: sum(told[column] for column in columns) for band, columns in fields.bands.items()}
    together = sum(people.values())
    total = together if fields.total is None else told[fields.total]
    over = together - total if fields.rest else abs(together - total)
    if over > TOLERANCE * total:
        flaws.append(
            Flaw(
                "error",
                "unequal-margin",
                code,
                f"the bands of {fields.variable} add up to {together:,}; {fields.total} is {total:,}.",
                "Correct the columns: each resident is of one band.",
            )
        )
    if total == 0:
        flaws.append(
            Flaw("warning", "empty-margin", code, f"by {fields.variable}, nobody lives there.", "It is kept as it is.")
        )
    return people if fields.rest is None else {**people, fields.rest: max(0, total - together)}


def write_margins(margins: Sequence[Margin], districts: Sequence[District]) -> None:
    """Store margins in place of those of the same district, variable, year and source. Two queries."""
    if not margins:
        return
    same = [Q(variable=one.fields.variable, year=one.fields.year, source=one.fields.source) for one in margins]
    ReferenceMargin.objects.filter(reduce(or_, same), district__in=districts).delete()
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(
            district=district,
            variable=one.fields.variable,
            band=band,
            year=one.fields.year,
            source=one.fields.source,
            people=people,
        )
        for one in margins
        for district, bands in zip(districts, one.people, strict=True)
        for band, people in bands.items()
    )


def compare_with_residents(margins: Sequence[Margin], districts: Sequence[District]) -> Iterator[Flaw]:
    """Margins that add up to other numbers than the residents of the same year. One query."""
    figures = Population.objects.filter(district__in=districts, year__in={one.fields.year for one in margins})
    residents = {(one.district_id, one.year): one.residents for one in figures.order_by("-source")}
    for one in margins:
        for district, total in zip(districts, one.totals(), strict=True):
            there = residents.get((district.pk, one.fields.year))
            if there is not None and abs(total - there) > LARGEST_DIFFERENCE * there:
                yield Flaw(
                    "warning",
                    "other-residents",
                    district.code,
                    f"{one.fields.variable} adds up to {total:,}; {there:,} residents are known of {one.fields.year}.",
                    "Both are kept. See whether they are of the same day and the same people.",
                )
