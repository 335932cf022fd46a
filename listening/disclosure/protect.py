"""From what was counted to what may be published: the only maker of protected tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from listening.disclosure.rounding import Offsets, calibrated, scr
from listening.disclosure.settle import limits, parents_first, settle
from listening.disclosure.tables import FrequencyTable, IntArray, NotATable, ProtectedTable, sealed

# The node whose running total P1 rounds: all places of the city, in one run.
CITY = "city"

Totals = Mapping[tuple[str, str], int]


class MissingTotal(NotATable):
    """A table to share out, of a place or theme that the published quarters do not have."""


def protect_quarter(
    table: FrequencyTable,
    *,
    key: bytes,
    bases: Mapping[str, int],
    boundary_version: str,
    theme_parents: Mapping[str, str] | None = None,
) -> ProtectedTable:
    """P1: round every theme over all zones of a quarter, in path order.

    Parameters
    ----------
    table : FrequencyTable
        Of product P1, one row per zone, `within` its district.
    key : bytes
        At least 32, secret.
    bases : mapping
        Rounding base of each column, from `plan.TablePlan`.
    boundary_version : str
        Of the places and their order.
    theme_parents : mapping, optional
        Parent of each theme that has one.

    Returns
    -------
    ProtectedTable
        Of districts and the city the values are sums of these.

    Raises
    ------
    NotATable
        If the table is of another product, or a column has no base.
    KeyTooShort

    Notes
    -----
    A cell differs from the truth by b - 1 at most, and so do districts and the city, but where `settle` had to cut a
    theme and no neighbour had room.
    """
    _of_product(table, "P1", bases)
    offsets = Offsets(key, boundary_version)

    def rounded(theme: str, counts: IntArray) -> tuple[IntArray, Sequence[Fraction]]:
        offset = offsets.whole("P1", table.period, theme, CITY, bases[theme])
        return scr(counts, offset, bases[theme]), [Fraction(count) for count in counts.tolist()]

    values = _agreeing(table, rounded, bases, theme_parents or {}, above={}, keep_totals=False)
    return sealed(table, values, bases=bases, key_id=offsets.key_id, boundary_version=boundary_version)


def protect_restricted(
    table: FrequencyTable,
    quarters: Sequence[ProtectedTable],
    *,
    key: bytes,
    bases: Mapping[str, int],
    boundary_version: str,
    theme_parents: Mapping[str, str] | None = None,
) -> ProtectedTable:
    """P1 of a year: restricted themes over all districts, to a larger base.

    Parameters
    ----------
    table : FrequencyTable
        Of product P1, period the year, one row per district, restricted themes alone.
    quarters : sequence of ProtectedTable
        The published P1 tables of the year, whose `within` is the district: no theme exceeds what they add up to.

    Raises
    ------
    NotATable, KeyTooShort
        As `protect_quarter`; MissingTotal, if a district has no published quarter.
    """
    _of_product(table, "P1", bases)
    offsets = Offsets(key, boundary_version)
    totals = _totals(quarters, by_parent=True)
    above = {
        theme: np.array([_total(totals, place, theme) for place in table.places], dtype=np.int64)
        for theme in dict.fromkeys(theme for _, theme in totals)
        if theme not in table.themes
    }

    def rounded(theme: str, counts: IntArray) -> tuple[IntArray, Sequence[Fraction]]:
        offset = offsets.whole("P1", table.period, theme, CITY, bases[theme])
        return scr(counts, offset, bases[theme]), [Fraction(count) for count in counts.tolist()]

    values = _agreeing(table, rounded, bases, theme_parents or {}, above=above, keep_totals=False)
    return sealed(table, values, bases=bases, key_id=offsets.key_id, boundary_version=boundary_version)


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
    table : FrequencyTable
        Of product P2, one row per publication area (`plan.publication_areas`), `within` its zone.
    quarters : sequence of ProtectedTable
        The published P1 tables of the year.
    key, bases, boundary_version, theme_parents
        As of `protect_quarter`.

    Returns
    -------
    ProtectedTable
        The values of the areas of a zone add up to those of its quarters.

    Raises
    ------
    NotATable, KeyTooShort
        As `protect_quarter`; MissingTotal, if a zone or a theme has no published quarter.
    """
    _of_product(table, "P2", bases)
    totals = _totals(quarters, by_parent=False)
    return _shared_out(table, totals, Offsets(key, boundary_version), bases, theme_parents or {})


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
    table : FrequencyTable
        Of product P3, one row per district and band, "unknown" among them; `within` is the district.
    quarters : sequence of ProtectedTable
        The published P1 tables of the year, whose `within` is the district.
    key, bases, boundary_version, theme_parents
        As of `protect_quarter`.

    Raises
    ------
    NotATable, KeyTooShort
        As `protect_quarter`; MissingTotal, if a district or a theme has no published quarter.
    """
    _of_product(table, "P3", bases)
    if not table.variable or not all(table.bands):
        raise NotATable("A table of P3 names its variable, and the band of each row.")
    totals = _totals(quarters, by_parent=True)
    return _shared_out(table, totals, Offsets(key, boundary_version), bases, theme_parents or {})


def _shared_out(
    table: FrequencyTable,
    totals: Totals,
    offsets: Offsets,
    bases: Mapping[str, int],
    theme_parents: Mapping[str, str],
) -> ProtectedTable:
    product = f"{table.product}.{table.variable}" if table.variable else table.product
    rows = np.asarray(table.within)

    def rounded(theme: str, counts: IntArray) -> tuple[IntArray, Sequence[Fraction]]:
        values, wanted = np.zeros(counts.shape, dtype=np.int64), [Fraction(0)] * len(counts)
        for parent in dict.fromkeys(table.within):
            inside = np.flatnonzero(rows == parent)
            total, everything = _total(totals, parent, theme), int(counts[inside].sum())
            if total and not everything:
                raise MissingTotal(f"{theme} of {parent} is published as {total}, but none of its parts has any.")
            offset = offsets.exact(product, table.period, theme, parent, bases[theme])
            values[inside] = calibrated(counts[inside], total, offset, bases[theme])
            for row in inside:
                wanted[row] = Fraction(int(counts[row]) * total, everything or 1)
        return values, wanted

    values = _agreeing(table, rounded, bases, theme_parents, above={}, keep_totals=True)
    return sealed(table, values, bases=bases, key_id=offsets.key_id, boundary_version=offsets.boundary_version)


def _agreeing(
    table: FrequencyTable,
    rounded: Callable[[str, IntArray], tuple[IntArray, Sequence[Fraction]]],
    bases: Mapping[str, int],
    theme_parents: Mapping[str, str],
    *,
    above: Mapping[str, IntArray],
    keep_totals: bool,
) -> IntArray:
    """Round column after column, those that bound others first, and settle each."""
    settled: dict[str, IntArray] = {}
    for theme in parents_first(table.themes, theme_parents):
        values, wanted = rounded(theme, table.column(theme))
        least, most = limits(theme, {**above, **settled}, theme_parents, base=bases[theme], rows=len(table.places))
        settled[theme] = settle(
            values, wanted, table.within, least=least, most=most, base=bases[theme], keep_totals=keep_totals
        )
    return np.stack([settled[theme] for theme in table.themes], axis=1)


def _of_product(table: FrequencyTable, product: str, bases: Mapping[str, int]) -> None:
    if table.product != product:
        raise NotATable(f"This is a table of {table.product}; one of {product} is needed.")
    if not table.places or not table.themes:
        raise NotATable("A table without places or without themes is not published.")
    bare = [theme for theme in table.themes if theme not in bases]
    if bare:
        raise NotATable(f"There is no rounding base for {', '.join(bare)}.")


def _totals(quarters: Sequence[ProtectedTable], *, by_parent: bool) -> dict[tuple[str, str], int]:
    """Sums over the quarters by place, or by parent, and theme."""
    totals: dict[tuple[str, str], int] = {}
    periods = [quarter.period for quarter in quarters]
    if len(set(periods)) < len(periods) or any(quarter.product != "P1" for quarter in quarters):
        raise NotATable(f"The quarters of a year are tables of P1, each once; these are {', '.join(periods)}.")
    for quarter in quarters:
        for place, row in zip(quarter.within if by_parent else quarter.places, quarter.values, strict=True):
            for theme, value in zip(quarter.themes, row, strict=True):
                totals[place, theme] = totals.get((place, theme), 0) + int(value)
    return totals


def _total(totals: Totals, place: str, theme: str) -> int:
    if (place, theme) not in totals:
        raise MissingTotal(f"{theme} of {place} stands in no published quarter.")
    return totals[place, theme]
