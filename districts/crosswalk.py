"""From one edition of a layer to another: which part of a district lies where."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db import connection

from backend.db import sql
from districts.models import BoundaryEdition

# Two hands that draw one border differ by metres; of a district that is a part in a thousand.
LEAST_SHARE: Final = 1e-3


class Part(NamedTuple):
    """A part of a district of one edition that lies in a district of another; None: in none of them.

    Shares are of the source, 0-1. `share_of_population` is None where figures of residents are not known. `is_main`
    marks the district that whole counts go to: the one with the largest share of area.
    """

    source_code: str
    source_name: str
    target_code: str | None
    target_name: str | None
    share_of_area: float
    share_of_population: float | None
    is_main: bool


def write_crosswalks() -> int:
    """Compute what is missing between all editions of each layer; returns the pairs of districts added. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts", "write_crosswalks.sql"), {"least_share": LEAST_SHARE})
        return int(cursor.rowcount)


def read_crosswalk(source: BoundaryEdition, target: BoundaryEdition) -> list[Part]:
    """Where the districts of an edition lie in another one of its layer, by code. One query.

    Of one edition to itself every district lies in itself. The shares of area of each source add up to 1.
    """
    if source.pk == target.pk:
        listed = source.districts.order_by("code").values_list("code", "name")
        return [Part(code, name, code, name, 1.0, None, True) for code, name in listed]
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts", "read_crosswalk.sql"), {"source": source.pk, "target": target.pk})
        return [Part(*row) for row in cursor.fetchall()]
