"""What the colours of a map mean: the bar of classes of a need map, and the swatches of the other views."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from listening.drawing import wording
from listening.drawing.choropleth import class_of


@dataclass(frozen=True, slots=True)
class Step:
    """One class of the legend bar: from a share to the next, drawn from `x` on (units of the bar)."""

    css: str
    x: int
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Legend:
    """The bar of classes, all of one width, with the city's own share marked on it."""

    STEP = 60

    steps: tuple[Step, ...]
    width: int
    end: str
    city_x: int | None
    city_share: str


@dataclass(frozen=True, slots=True)
class Swatch:
    """One colour, or pattern, and what it means."""

    css: str
    texture: str
    words: str


def legend_of(breaks: tuple[float, ...], share: float | None) -> Legend:
    """The classes between some breaks, with the city's share; shares are 0-1."""
    edges = (0.0, *breaks, 1.0)
    steps = []
    for number, (low, high) in enumerate(pairwise(edges), start=1):
        shown = {"low": wording.percent(low), "high": wording.percent(high)}
        if number == 1:
            words = _("under %(high)s")
        elif high == 1:
            words = _("%(low)s and more")
        else:
            words = _("%(low)s to under %(high)s")
        steps.append(Step(f"c{number}", (number - 1) * Legend.STEP, wording.percent(low), words % shown))
    city_x = None
    if share is not None:
        number = class_of(min(share, 0.9999), breaks)
        low, high = edges[number - 1], edges[number]
        city_x = round((number - 1 + (share - low) / (high - low)) * Legend.STEP)
    return Legend(
        steps=tuple(steps),
        width=len(steps) * Legend.STEP,
        end=wording.percent(1.0),
        city_x=city_x,
        city_share="" if share is None else wording.percent(share, breaks),
    )
