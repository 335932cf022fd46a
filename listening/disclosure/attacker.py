"""What an attacker can write down: rows of inequalities between unknown counts, all true, and what they leave open.

The attacker knows all that is published, the method, the order of the places, the bases, that a theme never exceeds its
parent nor all conversations, and that a conversation counts one to ten people. The key alone is not known.

A block is a part of the unknown counts that can be looked at by itself: see `blocks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

from listening.disclosure.tables import IntArray

FloatArray = NDArray[np.float64]

# The solver's tolerance is 1e-7; a count is whole.
SLACK = 1e-5


class Contradiction(ValueError):
    """Published values and claims that no counts at all satisfy: the tables do not belong together."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A published value: what it is the sum of, where it stands, and which cells move together with it."""

    unknowns: tuple[int, ...]
    table: int
    row: int
    column: int
    group: int = 0


@dataclass(slots=True)
class Block:
    """Unknown whole numbers >= 0, rows that they satisfy, and the cells that are asked for."""

    size: int = 0
    cells: list[Cell] = field(default_factory=list)
    columns: list[IntArray] = field(default_factory=list)
    factors: list[FloatArray] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    middle: list[float | None] = field(default_factory=list)

    def unknowns(self, *shape: int) -> IntArray:
        """Numbers of new unknowns, in an array of this shape."""
        new = np.arange(self.size, self.size + int(np.prod(shape)), dtype=np.int64).reshape(shape)
        self.size += new.size
        return new

    def claim(
        self,
        columns: Sequence[int] | IntArray,
        factors: Sequence[float] | FloatArray | float,
        *,
        least: float = -np.inf,
        most: float = np.inf,
        middle: float | None = None,
    ) -> None:
        """Add a row: least <= sum(factors * unknowns) <= most. The middle is what an anchor fixes the row to."""
        at = np.ravel(np.asarray(columns, dtype=np.int64))
        self.columns.append(at)
        self.factors.append(np.broadcast_to(np.asarray(factors, dtype=np.float64), at.shape))
        self.least.append(least)
        self.most.append(most)
        self.middle.append(middle)

    def at_most(self, part: int, whole: int, factor: float = 1.0) -> None:
        """part <= factor * whole."""
        self.claim([part, whole], [1.0, -factor], most=0.0)

    def matrix(self) -> csr_matrix:
        """Factors of all rows."""
        starts = np.cumsum([0, *(len(at) for at in self.columns)])
        flat = (np.concatenate(self.factors), np.concatenate(self.columns), starts)
        return csr_matrix(flat, shape=(len(self.columns), self.size))


def is_anchored(block: Block) -> bool:
    """Whether all rows can hold while those with a middle are equal to it.

    Then every other block may stay at its own anchor while this one moves, and rows that span blocks hold all the same:
    what a block leaves open by itself, it leaves open in the whole.
    """
    matrix = block.matrix()
    fixed = np.array([middle is not None for middle in block.middle])
    if not fixed.any():
        return True
    at = np.array([middle for middle in block.middle if middle is not None], dtype=np.float64)
    bounds = _one_sided(matrix[~fixed], np.array(block.least)[~fixed], np.array(block.most)[~fixed])
    return _solve(np.zeros(block.size), *bounds, matrix[fixed], at) is not None


@dataclass(slots=True)
class Range:
    """Least and greatest value of each cell that was met among all that the rows allow; arrays of shape (cells,)."""

    least: FloatArray
    most: FloatArray
    is_exact: NDArray[np.bool_]  # whether these are the extremes, not only values on the way to them

    @property
    def candidates(self) -> IntArray:
        """Whole numbers from the least to the greatest, shape (cells,)."""
        return (np.floor(self.most + SLACK) - np.ceil(self.least - SLACK)).astype(np.int64) + 1


def attack(block: Block, *, enough: int, chosen: Sequence[int] | None = None, thorough: bool = False) -> Range:
    """Find how little each cell can be narrowed down.

    Parameters
    ----------
    block : Block
    enough : int
        Every cell that may have fewer candidates is solved for its exact extremes.
    chosen : sequence of int, optional
        Numbers of the cells to attack; all, when left out.
    thorough : bool
        Solve for the extremes of every chosen cell.

    Returns
    -------
    Range
        Of each table of the block, the cell with the fewest candidates is exact. Others have at least what is told: all
        solutions that are met for one cell bound the others too, so that most need no solution of their own.

    Raises
    ------
    Contradiction
        If nothing satisfies the rows.

    Notes
    -----
    Linear programs over real numbers, by HiGHS. An attacker who uses that counts are whole might do better in theory;
    `tests/attacks/disclosure` enumerates small tables whole, and none did.
    """
    matrix = block.matrix()
    bounds = _one_sided(matrix, np.array(block.least), np.array(block.most))
    picked = np.array(sorted(chosen) if chosen is not None else range(len(block.cells)), dtype=np.int64)
    cells = [block.cells[i] for i in picked]
    starts = np.cumsum([0, *(len(cell.unknowns) for cell in cells)])
    sums = csr_matrix(
        (np.ones(starts[-1]), np.concatenate([cell.unknowns for cell in cells]), starts),
        shape=(len(cells), block.size),
    )
    found = Range(np.full(len(cells), np.inf), np.full(len(cells), -np.inf), np.zeros(len(cells), dtype=np.bool_))

    def look(weights: FloatArray) -> None:
        solution = _solve(weights @ sums, *bounds)
        if solution is None:
            raise Contradiction("No counts satisfy what is published.")
        values = sums @ solution
        np.minimum(found.least, values, out=found.least)
        np.maximum(found.most, values, out=found.most)

    # First all cells at once, then those of one place at once: this bounds nearly all of them well.
    groups = np.array([cell.group for cell in cells])
    for together in [groups >= 0, *(groups == group for group in np.unique(groups[groups > 0]))]:
        look(together.astype(np.float64))
        look(-together.astype(np.float64))

    tables = np.array([cell.table for cell in cells])
    fewest = dict.fromkeys(tables.tolist(), np.inf)
    while True:
        waiting = np.where(found.is_exact, np.inf, found.candidates)
        limit = np.array([max(fewest[table], enough) for table in tables.tolist()])
        due = np.flatnonzero(~found.is_exact & (thorough | (waiting < limit)))
        if not due.size:
            return found
        cell = due[waiting[due].argmin()]
        one = np.zeros(len(cells))
        one[cell] = 1.0
        look(one)
        look(-one)
        found.is_exact[cell] = True
        fewest[int(tables[cell])] = min(fewest[int(tables[cell])], int(found.candidates[cell]))


def _one_sided(matrix: csr_matrix, least: FloatArray, most: FloatArray) -> tuple[csr_matrix, FloatArray]:
    """Rows as sums that are at most a number."""
    above, below = np.isfinite(most), np.isfinite(least)
    return vstack([matrix[above], -matrix[below]]).tocsr(), np.concatenate([most[above], -least[below]])


def _solve(
    weights: FloatArray, above: Any, most: FloatArray, equal: Any = None, to: FloatArray | None = None
) -> FloatArray | None:
    """Unknowns with the least weighted sum; None when nothing satisfies the rows."""
    # The stubs of scipy leave out that matrices may be sparse.
    found = linprog(weights, A_ub=above, b_ub=most, A_eq=equal, b_eq=to, bounds=(0, None), method="highs")
    return np.asarray(found.x, dtype=np.float64) if found.status == 0 else None
