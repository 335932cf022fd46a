"""Lines with their bands as SVG: one small chart for each place, all of one scale.

Pure: takes points, returns path data in whole units. Colours and sizes are the style sheet's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 240, 96
# Room to the sides of the outermost points, for their dots.
SIDE = 8


@dataclass(frozen=True, slots=True)
class Dot:
    x: int
    y: int
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`band` and `line` are path data; a point without a value parts them."""

    band: str
    line: str
    dots: tuple[Dot, ...]
    width: int = WIDTH
    height: int = HEIGHT


def top_of(highs: Sequence[float]) -> float:
    """The upper end of a scale that holds all: the next tenth, 0.1 at least and 1 at most."""
    return min(1.0, max(0.1, math.ceil(max(highs, default=0.0) * 10 - 1e-9) / 10))


def chart(values: Sequence[tuple[float, float, float] | None], titles: Sequence[str], top: float) -> Chart:
    """Draw one series.

    Parameters
    ----------
    values : sequence of (value, low, high) or None
        0-1 each, at even steps of time, from the oldest; None where there is none.
    titles : sequence of str
        What is said of each.
    top : float
        The value at the upper edge; 0 is the lower.
    """
    step = (WIDTH - 2 * SIDE) / max(1, len(values) - 1)

    def at(number: int, value: float) -> tuple[int, int]:
        return round(SIDE + number * step), round(HEIGHT - HEIGHT * min(value, top) / top)

    band, line, dots = [], [], []
    for run in _runs(values):
        upper = [at(number, high) for number, (_, _, high) in run]
        lower = [at(number, low) for number, (_, low, _) in reversed(run)]
        if len(run) > 1:
            band.append(_path([*upper, *lower]) + "z")
            line.append(_path([at(number, value) for number, (value, _, _) in run]))
        else:
            (x, y), (_, end) = upper[0], lower[0]
            band.append(f"M{x - 2} {y}h4V{end}h-4z")
        dots += [Dot(*at(number, value), titles[number]) for number, (value, _, _) in run]
    return Chart("".join(band), "".join(line), tuple(dots))


def _runs(
    values: Sequence[tuple[float, float, float] | None],
) -> list[list[tuple[int, tuple[float, float, float]]]]:
    """Stretches without a gap, each value with its number."""
    runs: list[list[tuple[int, tuple[float, float, float]]]] = []
    for number, value in enumerate(values):
        if value is None:
            continue
        if not runs or runs[-1][-1][0] != number - 1:
            runs.append([])
        runs[-1].append((number, value))
    return runs


def _path(points: Sequence[tuple[int, int]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)
