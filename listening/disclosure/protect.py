"""From what was counted to what may be published: the only maker of protected tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from listening.disclosure.rounding import Offsets, calibrated, scr
from listening.disclosure.tables import FrequencyTable, IntArray, NotATable, ProtectedTable, sealed

# The node whose running total P1 rounds: all places of the city, in one run.
CITY = "city"


def protect_quarter(
    table: FrequencyTable,
    *,
    key: bytes,
    bases: Mapping[str, int],
    boundary_version: str,
    theme_parents: Mapping[str, str] | None = None,
) -> ProtectedTable:
    """P1: round every theme over all zones of a quarter, or over all districts of a year, in path order.

    Parameters
    ----------
    table
        Of product P1, one row per zone, `within` its district.
    key : bytes
        At least 32, secret.
    bases
        Rounding base of each column, from `plan.bases`.
    boundary_version
        Of the places and their order.
    theme_parents
        Parent of each theme that has one, for those that stand in the table.
    """
    if table.product != "P1":
        raise NotATable(f"A table of {table.product} is not protected as a quarter.")
    offsets = Offsets(key, boundary_version)
    values = [
        scr(table.column(theme), offsets.whole("P1", table.period, theme, CITY, bases[theme]), bases[theme])
        for theme in table.themes
    ]
    return sealed(table, _columns(table, values), bases=bases, key_id=offsets.key_id, boundary_version=boundary_version)


def protect_year(
    table: FrequencyTable,
    quarters: Sequence[ProtectedTable],
    *,
    key: bytes,
    bases: Mapping[str, int],
    boundary_version: str,
    theme_parents: Mapping[str, str] | None = None,
) -> ProtectedTable:
    """P2: share out, among the areas of each zone, the sum of its published quarters.

    Parameters
    ----------
    table
        Of product P2, one row per publication area, `within` its zone.
    quarters
        The published P1 tables of the year, as many as it has.
    """
    if table.product != "P2":
        raise NotATable(f"A table of {table.product} is not protected as a year.")
    return _shared_out(table, _by_place(quarters), key=key, bases=bases, boundary_version=boundary_version)


def protect_bands(
    table: FrequencyTable,
    quarters: Sequence[ProtectedTable],
    *,
    key: bytes,
    bases: Mapping[str, int],
    boundary_version: str,
    theme_parents: Mapping[str, str] | None = None,
) -> ProtectedTable:
    """P3: share out, among the bands of one variable in each district, the sum of its published quarters.

    Parameters
    ----------
    table
        Of product P3, one row per district and band, "not recorded" among them; `within` is the district.
    quarters
        The published P1 tables of the year, whose `within` is the district.
    """
    if table.product != "P3":
        raise NotATable(f"A table of {table.product} is not protected as bands.")
    totals: dict[tuple[str, str], int] = {}
    for quarter in quarters:
        for parent, row in quarter.totals().items():
            for theme, value in zip(quarter.themes, row, strict=True):
                totals[parent, theme] = totals.get((parent, theme), 0) + int(value)
    return _shared_out(table, totals, key=key, bases=bases, boundary_version=boundary_version)


def _by_place(quarters: Sequence[ProtectedTable]) -> dict[tuple[str, str], int]:
    totals: dict[tuple[str, str], int] = {}
    for quarter in quarters:
        for place, row in zip(quarter.places, quarter.values, strict=True):
            for theme, value in zip(quarter.themes, row, strict=True):
                totals[place, theme] = totals.get((place, theme), 0) + int(value)
    return totals


def _shared_out(
    table: FrequencyTable,
    totals: Mapping[tuple[str, str], int],
    *,
    key: bytes,
    bases: Mapping[str, int],
    boundary_version: str,
) -> ProtectedTable:
    offsets = Offsets(key, boundary_version)
    rows = np.asarray(table.within)
    product = f"{table.product}.{table.variable}" if table.variable else table.product
    values = np.zeros(table.counts.shape, dtype=np.int64)
    for column, theme in enumerate(table.themes):
        base = bases[theme]
        for parent in dict.fromkeys(table.within):
            inside = rows == parent
            offset = offsets.exact(product, table.period, theme, parent, base)
            values[inside, column] = calibrated(table.counts[inside, column], totals[parent, theme], offset, base)
    return sealed(table, values, bases=bases, key_id=offsets.key_id, boundary_version=boundary_version)


def _columns(table: FrequencyTable, values: Sequence[IntArray]) -> IntArray:
    return np.stack(values, axis=1) if values else np.zeros((len(table.places), 0), dtype=np.int64)
