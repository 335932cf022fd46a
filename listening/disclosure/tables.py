"""Tables of counts: as they were counted, and as they may be published.

A FrequencyTable holds what was counted. A ProtectedTable holds what the world may read; only this package makes one, so
that a release that takes nothing else cannot forget disclosure control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import Final, Literal, NoReturn, SupportsIndex, get_args

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]

# P1: quarter x zone x theme; restricted themes year x district. P2: year x area x theme. P3: year x district x band.
Product = Literal["P1", "P2", "P3"]
PRODUCTS: Final = get_args(Product)
SCHEME: Final = "scr1"

# Columns beside the themes: all conversations, and the people spoken to in them.
CONVERSATIONS: Final = "_n"
PERSONS: Final = "_persons"

# Of one conversation as many people are counted; a crowd would outweigh a quarter.
MOST_PERSONS: Final = 10

# Counts stay exact in int64 when scaled; a city has fewer conversations.
MOST: Final = 10**9


class NotATable(ValueError):
    """Places, themes and counts that do not fit together."""


class ImpossibleCount(NotATable):
    """A count that nothing countable has: negative, or a part that is larger than its whole."""


class MadeElsewhere(TypeError):
    """A protected table that disclosure control did not make."""


@dataclass(frozen=True, slots=True, eq=False)
class FrequencyTable:
    """Exact counts of one product and period: one row per place (of P3: per place and band), one column per theme.

    Attributes
    ----------
    product
        Which part of the table plan.
    period
        "2026-Q2" or "2026".
    places : shape (rows,)
        Codes, in path order: rows of one parent lie beside each other.
    themes : shape (columns,)
        Codes of themes, "_n" for all conversations, "_persons" for people. Each counts conversations, but the last.
    counts : IntArray, shape (rows, columns), >= 0
        Every place and theme of the plan, zeros too.
    within : shape (rows,); optional
        The parent of each row: district of a zone (P1), zone of an area (P2), district of a band (P3). One for all,
        when left out.
    bands : shape (rows,); optional
        Of P3: the band of each row, "" in other products. A place has one row per band.
    variable
        Of P3: what the bands are of, such as "age".

    Raises
    ------
    NotATable
        If shapes, codes or order are wrong.
    ImpossibleCount
        If a count is negative, too large to be one, or a theme has more conversations than there were.
    """

    product: Product
    period: str
    places: tuple[str, ...]
    themes: tuple[str, ...]
    counts: IntArray
    within: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    variable: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", checked(self, self.counts, "counts"))
        object.__setattr__(self, "within", self.within or ("",) * len(self.places))
        object.__setattr__(self, "bands", self.bands or ("",) * len(self.places))
        if CONVERSATIONS in self.themes:
            whole = self.column(CONVERSATIONS)
            for theme, column in zip(self.themes, self.counts.T, strict=True):
                least, most = (whole, whole * MOST_PERSONS) if theme == PERSONS else (0 * whole, whole)
                wrong = np.flatnonzero((column < least) | (column > most))
                if wrong.size:
                    row = wrong[0]
                    raise ImpossibleCount(
                        f"{theme} of {self.places[row]} in {self.period} is {column[row]} with {whole[row]} "
                        f"conversations; it must be {least[row]} to {most[row]}."
                    )

    def column(self, theme: str) -> IntArray:
        """Counts of one theme, shape (rows,)."""
        return self.counts[:, self.themes.index(theme)]


class _Seal:
    """What only this package holds, and no table keeps: proof that the values went through `protect`."""

    __slots__ = ()


_SEAL: Final = _Seal()


@dataclass(frozen=True, slots=True, eq=False)
class ProtectedTable:
    """Counts that may be published, in the shape of the FrequencyTable they come from.

    Made by `protect` alone. `values` are multiples of the base of their column, and read-only.

    Raises
    ------
    MadeElsewhere
        If made anywhere else, copied or pickled. `dataclasses.replace` is refused as well.
    NotATable
        If a value is no multiple of its base.
    """

    product: Product
    period: str
    places: tuple[str, ...]
    themes: tuple[str, ...]
    values: IntArray
    within: tuple[str, ...]
    bands: tuple[str, ...]
    variable: str
    bases: tuple[int, ...]  # of each column
    key_id: str
    boundary_version: str
    _seal: InitVar[_Seal]

    def __post_init__(self, _seal: _Seal) -> None:
        if _seal is not _SEAL:
            raise MadeElsewhere("Only listening.disclosure.protect makes a ProtectedTable: give it the counts instead.")
        object.__setattr__(self, "values", checked(self, self.values, "values"))
        if len(self.bases) != len(self.themes) or (self.values % np.array(self.bases) != 0).any():
            raise NotATable("The values are no multiples of the bases of their columns.")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise MadeElsewhere("A protected table is not copied or pickled: make it again from its counts and the key.")

    def column(self, theme: str) -> IntArray:
        """Published values of one theme, shape (rows,)."""
        return self.values[:, self.themes.index(theme)]

    def totals(self) -> dict[str, IntArray]:
        """Sums of the published values by parent, in path order; each of shape (columns,)."""
        rows = np.asarray(self.within)
        return {parent: self.values[rows == parent].sum(axis=0) for parent in dict.fromkeys(self.within)}


def checked(table: FrequencyTable | ProtectedTable, numbers: IntArray, name: str) -> IntArray:
    """Numbers as read-only int64, after all that must hold for both kinds of table."""
    if table.product not in PRODUCTS:
        raise NotATable(f"{table.product} is no product; it is one of {', '.join(PRODUCTS)}.")
    array = np.array(numbers)
    if array.size and array.dtype.kind not in "iu":
        raise NotATable(f"{name} are {array.dtype}; they must be whole numbers.")
    array = array.astype(np.int64)
    if array.shape != (len(table.places), len(table.themes)):
        raise NotATable(
            f"{name} have the shape {array.shape}; {len(table.places)} places and {len(table.themes)} themes need "
            f"{(len(table.places), len(table.themes))}."
        )
    for codes, what in ((table.places, "place"), (table.themes, "theme"), ((table.period,), "period")):
        bad = [code for code in codes if not code or "|" in code]
        if bad:
            raise NotATable(f"{bad[0]!r} is no code of a {what}: it is empty or holds a |.")
    if len(set(table.themes)) < len(table.themes):
        raise NotATable(f"A theme stands twice among {', '.join(table.themes)}.")
    for attribute in ("within", "bands"):
        given = getattr(table, attribute)
        if given and len(given) != len(table.places):
            raise NotATable(f"{attribute} has {len(given)} entries for {len(table.places)} places.")
    rows = list(zip(table.places, table.bands or ("",) * len(table.places), strict=True))
    if len(set(rows)) < len(rows):
        twice = next(row for row in rows if rows.count(row) > 1)
        raise NotATable(f"{' '.join(twice).strip()} stands twice among the places.")
    if table.within:
        runs = [code for i, code in enumerate(table.within) if i == 0 or code != table.within[i - 1]]
        if len(set(runs)) < len(runs):
            parent = next(code for code in runs if runs.count(code) > 1)
            raise NotATable(f"The places of {parent} do not lie beside each other: they must be in path order.")
    if (array < 0).any():
        raise ImpossibleCount(f"{name} hold {array.min()}; they must be 0 or more.")
    if (array > MOST).any():
        raise ImpossibleCount(f"{name} hold {array.max()}; more than {MOST} are not counted here.")
    # Over bytes, which nobody can make writable again.
    return np.frombuffer(array.tobytes(), dtype=np.int64).reshape(array.shape)


def sealed(
    table: FrequencyTable, values: IntArray, *, bases: Mapping[str, int], key_id: str, boundary_version: str
) -> ProtectedTable:
    """Make a protected table. For `listening.disclosure.protect` alone: a test sees other callers."""
    return ProtectedTable(
        product=table.product,
        period=table.period,
        places=table.places,
        themes=table.themes,
        values=values,
        within=table.within,
        bands=table.bands,
        variable=table.variable,
        bases=tuple(bases[theme] for theme in table.themes),
        key_id=key_id,
        boundary_version=boundary_version,
        _seal=_SEAL,
    )


def themes_of(tables: Sequence[ProtectedTable]) -> list[str]:
    """Codes that any of the tables has, in their order, each once."""
    return list(dict.fromkeys(theme for table in tables for theme in table.themes))
