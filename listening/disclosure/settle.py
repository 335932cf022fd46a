"""Make rounded columns agree with each other: no theme above its parent, or above all conversations.

Each column is rounded by itself, so 5 mentions may stand beside 0 conversations. Whoever knows that a part never
exceeds its whole would rule out numbers: of b candidates b - 1 would be left. A table without such contradictions is
itself a possible truth, and this is what the guarantee rests on (docs/explanation/disclosure-control.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from listening.disclosure.tables import CONVERSATIONS, MOST_PERSONS, PERSONS, IntArray


def generation(theme: str, theme_parents: Mapping[str, str]) -> list[str]:
    """Columns that bound a theme from above: its parents, the nearest first, then all conversations."""
    if theme in (CONVERSATIONS, PERSONS):
        return []
    line: list[str] = []
    while theme in theme_parents and theme_parents[theme] not in line:
        theme = theme_parents[theme]
        line.append(theme)
    return [*line, CONVERSATIONS]


def parents_first(themes: Sequence[str], theme_parents: Mapping[str, str]) -> list[str]:
    """Themes in an order in which no theme stands before what bounds it."""
    first = [theme for theme in (CONVERSATIONS, PERSONS) if theme in themes]
    rest = [theme for theme in themes if theme not in first]
    return first + sorted(rest, key=lambda theme: len(generation(theme, theme_parents)))


def limits(
    theme: str, settled: Mapping[str, IntArray], theme_parents: Mapping[str, str], *, base: int, rows: int
) -> tuple[IntArray, IntArray]:
    """Least and greatest value of each row that the columns settled before allow, multiples of the base.

    `settled` may lack a parent; who stands above it bounds the theme then.
    """
    least, most = np.zeros(rows, dtype=np.int64), np.full(rows, np.iinfo(np.int64).max // 2 // base * base)
    if theme == PERSONS and CONVERSATIONS in settled:
        least, most = settled[CONVERSATIONS].copy(), settled[CONVERSATIONS] * MOST_PERSONS
    for above in generation(theme, theme_parents):
        if above in settled:
            most = np.minimum(most, settled[above])
    return -(-least // base) * base, most // base * base


def settle(
    values: IntArray,
    wanted: Sequence[Fraction],
    parents: Sequence[str],
    *,
    least: IntArray,
    most: IntArray,
    base: int,
    keep_totals: bool = False,
) -> IntArray:
    """Bring the values of one column between least and most, and give what that takes away to others.

    Parameters
    ----------
    values : IntArray, shape (rows,)
        Rounded, multiples of the base.
    wanted : sequence of numbers, shape (rows,)
        What was rounded.
    parents : sequence of str, shape (rows,)
        Rows of one parent lie beside each other. What a row loses, another row of the parent gets.
    least, most : IntArray, shape (rows,)
        From `limits`.
    base : int
    keep_totals : bool
        Whether the sum of each parent must stay, as when it is already published.

    Returns
    -------
    IntArray, shape (rows,)
        The values themselves, when they lie within the limits: then nothing is done.

    Notes
    -----
    A value is cut to a limit that its truth nearly keeps, so a cut cell stays within b - 1 of the truth. What was cut
    goes to a row that was rounded down, where it keeps that bound too: in the same parent; if none has room, under
    another parent whose own total keeps the bound; if none has, it is dropped, and totals differ by more. Where totals
    must stay, the bound of a cell yields instead: first of one with a true count, at last of one without.
    """
    settled = np.clip(values, least, most)
    if (settled == values).all():
        return values
    order = np.asarray(parents)
    owed = {parent: int((values - settled)[order == parent].sum()) for parent in dict.fromkeys(parents)}
    for parent in owed:
        inside = np.flatnonzero(order == parent)
        owed[parent] -= _hand_out(settled, wanted, inside, owed[parent], least, most, base, strictness=2)
        if keep_totals:
            for strictness in (1, 0):
                owed[parent] -= _hand_out(settled, wanted, inside, owed[parent], least, most, base, strictness)
    if keep_totals:
        return settled
    left = sum(owed.values())
    for parent in owed:
        inside = np.flatnonzero(order == parent)
        truth = sum((wanted[row] for row in inside.tolist()), Fraction(0))
        while left and abs(int(settled[inside].sum()) + (base if left > 0 else -base) - truth) < base:
            given = _hand_out(settled, wanted, inside, base if left > 0 else -base, least, most, base, strictness=2)
            if not given:
                break
            left -= given
    return settled


def _hand_out(
    settled: IntArray,
    wanted: Sequence[Fraction],
    rows: IntArray,
    amount: int,
    least: IntArray,
    most: IntArray,
    base: int,
    strictness: int,
) -> int:
    """Add the amount to rows in steps of the base, in place; those that lack most come first. Returns what was added.

    Strictness 2: each row stays within b - 1 of the truth; 1: it has a true count; 0: it has room.
    """
    step = base if amount > 0 else -base
    given = 0
    while given != amount:
        room = [
            row
            for row in rows
            if least[row] <= settled[row] + step <= most[row]
            and (strictness < 2 or abs(settled[row] + step - wanted[row]) < base)
            and (strictness < 1 or wanted[row] > 0)
        ]
        if not room:
            break
        lacks = [(wanted[row] - int(settled[row])) * (1 if step > 0 else -1) for row in room]
        settled[room[lacks.index(max(lacks))]] += step
        given += step
    return given
