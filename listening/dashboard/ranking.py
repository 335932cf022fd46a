"""Order of the table: `sort=share`, `-share`, `name`, `conversations`... a minus means from high to low.

Places without a share worth comparing come last in either direction: one conversation of one is not the top of a list.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from listening.needmaps.build import DistrictNeed

_COLUMNS: dict[str, Callable[[DistrictNeed], Any]] = {
    # Decomposed, so that an accent does not push a name behind Z.
    "name": lambda need: unicodedata.normalize("NFKD", need.name).casefold(),
    "conversations": lambda need: need.conversations,
    "mentioning": lambda need: need.mentioning,
    "share": lambda need: need.value,
    "mentions": lambda need: need.mentions or 0,
}


@dataclass(frozen=True, slots=True)
class Sort:
    """A column and a direction."""

    column: str
    descending: bool

    @classmethod
    def parse(cls, text: str) -> Sort | None:
        """Read a `sort` parameter; None when it names no column."""
        column = text.removeprefix("-")
        return cls(column, text.startswith("-")) if column in _COLUMNS else None

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column

    def aria(self, column: str) -> Literal["ascending", "descending", ""]:
        """The aria-sort of a column's header; empty when the table is not sorted by it."""
        if column != self.column:
            return ""
        return "descending" if self.descending else "ascending"

    def when_chosen(self, column: str) -> Sort:
        """The order that a click on a header leads to: the other direction, or the column's natural first one."""
        if column == self.column:
            return Sort(column, not self.descending)
        return Sort(column, descending=column != "name")

    def order(self, needs: Sequence[DistrictNeed]) -> list[DistrictNeed]:
        """The places in this order; equal ones stay in the order of their codes."""
        value = _COLUMNS[self.column]
        if self.column != "share":
            return sorted(needs, key=value, reverse=self.descending)
        comparable = sorted((n for n in needs if n.value is not None), key=value, reverse=self.descending)
        others = sorted((n for n in needs if n.value is None), key=lambda n: n.conversations == 0)
        return [*comparable, *others]


COLUMNS = tuple(_COLUMNS)
