"""A map as a page holds it: areas with their colour and words, names where there is room, and rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from listening.drawing import wording
from listening.drawing.choropleth import LETTER_SIZE, Drawing, fit


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A line of a name on the map, centred on x, standing on y."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Area:
    """One place of a map: how it is filled, and what is said where it is pointed at."""

    id: int | str
    code: str
    name: str
    css: str
    texture: str  # the pattern it is filled with, if any
    title: str
    path: str
    label: tuple[LabelLine, ...] = ()

    @classmethod
    def drawn(cls, drawing: Drawing, key: int, code: str, name: str, *, css: str, texture: str, title: str) -> Area:
        """The place of a drawing by its key there, with its name on the map; one that is not drawn has no path."""
        return cls(key, code, name, css, texture, title, drawing.paths.get(key, ""), label_of(name, drawing, key))


@dataclass(frozen=True, slots=True)
class Picture:
    """One map: its areas, and around them what the reader may not read, for the eye alone. `prefix`: of their ids."""

    title: str
    areas: Sequence[Area]
    drawing: Drawing
    surroundings: Sequence[str] = ()
    prefix: str = "area"

    @classmethod
    def of_districts(cls, title: str, areas: Sequence[Area], drawing: Drawing, prefix: str = "area") -> Picture:
        """It says nothing of the districts around what was heard there."""
        shown = {area.id for area in areas}
        return cls(title, areas, drawing, [path for pk, path in drawing.paths.items() if pk not in shown], prefix)

    @property
    def scale_bar(self) -> tuple[int, str]:
        bar = self.drawing.scale_bar
        return bar.units, wording.distance(bar.metres)


@dataclass(frozen=True, slots=True)
class Link:
    """A way to more. `name` is what it stands for in the address."""

    href: str
    text: str
    is_current: bool = False
    name: str = ""


def label_of(name: str, drawing: Drawing, key: int) -> tuple[LabelLine, ...]:
    """The name on the map, where there are few enough places to read them all."""
    spot = drawing.spots.get(key)
    if spot is None:
        return ()
    lines = fit(name, spot)
    top = spot.y - (len(lines) - 1) * LETTER_SIZE / 2 + 0.35 * LETTER_SIZE
    return tuple(LabelLine(spot.x, round(top + number * LETTER_SIZE), line) for number, line in enumerate(lines))
