"""The table beside a map: what it says in the reader's language, and the same figures for a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listening.drawing.picture import Area

# What a file tells of a cell; None where nothing is said.
Figure = str | int | float | None


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a table. `names`: the columns of a file that tell the same."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a table says in the reader's language, and the same for programs: a figure for each name of its column."""

    text: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One place of a table of figures. `figures`: what its cells say, for a file; none where there is no file."""

    area: Area
    cells: Sequence[str]
    profile: str
    figures: Sequence[Figure] = ()

    @classmethod
    def of(cls, area: Area, cells: Sequence[Cell], profile: str) -> Row:
        figures = [figure for cell in cells for figure in cell.figures]
        return cls(area, [cell.text for cell in cells], profile, figures)
