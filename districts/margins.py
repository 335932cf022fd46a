"""Who lives in the districts of an edition: residents by band of one variable, from a census or register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from backend.db import sql
from districts.models import BoundaryEdition, ReferenceMargin

Margins = dict[str, dict[str, int]]  # variable: band: residents


class Reference(NamedTuple):
    """Where margins come from."""

    variable: str
    year: int
    source: str


def known_references(edition: BoundaryEdition) -> list[Reference]:
    """What is known of the districts of an edition, or of those that they are made of. One query."""
    there = ReferenceMargin.objects.filter(
        Q(district__edition=edition)
        | Q(district__memberships__is_main=True, district__memberships__parent__edition=edition)
    )
    return [Reference(*row) for row in there.order_by().values_list(*Reference._fields).distinct()]


def margins_of(edition: BoundaryEdition, references: Sequence[Reference]) -> dict[int, Margins]:
    """Residents by district id, variable and band; districts and variables without figures are left out. One query.

    `references` name each variable once. A district without figures of its own has the sum of those of the coarsest
    finer layer that has them for each of its parts, by the same bands.
    """
    if not references:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("districts", "margins_of_edition.sql"),
            {
                "edition": edition.pk,
                **{f"{name}s": [getattr(one, name) for one in references] for name in Reference._fields},
            },
        )
        told: dict[int, Margins] = {}
        for district, variable, band, people in cursor.fetchall():
            told.setdefault(district, {}).setdefault(variable, {})[band] = people
    return told
