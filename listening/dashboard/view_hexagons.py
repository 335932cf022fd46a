"""Hexagons: the same listening in places of one size that nobody drew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from districts.models import Layer
from listening.dashboard.frame import Frame
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.legend import Swatch, legend_of
from listening.drawing.picture import Area, Picture
from listening.drawing.table import Cell, Heading, Row
from listening.needmaps.build import NeedMap
from listening.needmaps.hexagons import HexagonMap, HexagonNeed
from listening.statistics.reliability import NEVER, TOO_FEW
from listening.statistics.reliability import C as UNSURE
from listening.statistics.shares import rounded


class HexagonsPage(Frame):
    """A need map by hexagon (H3); a hexagon has no name, so the table has the first ones alone."""

    view = "hexagons"
    legend_template = "dashboard/legend.html"
    MOST_ROWS = 30

    def __init__(
        self,
        need_map: NeedMap,
        found: HexagonMap,
        reading: Reading,
        drawing: Drawing,
        layers: Sequence[Layer],
        language: str,
    ) -> None:
        super().__init__(need_map, reading, layers, language)
        self.legend = legend_of(need_map.breaks, need_map.city.share)
        self._drawing = drawing
        self._found = found
        areas = [self._area(number, one) for number, one in enumerate(found.hexagons, start=1)]
        surroundings = [path for key, path in drawing.paths.items() if key < 0]
        self.pictures = [Picture(self.title, areas, drawing, surroundings)]
        self.swatches = [Swatch("heard", "", _("enough listening"))]
        counted = {
            "shown": wording.number(sum(one.conversations for one in found.hexagons)),
            "all": wording.number(found.city.conversations),
            "hexagons": wording.number(len(found.hexagons)),
            "fewest": wording.number(found.query.sight.fewest),
        }
        self.sentences: list[str] = [
            _("%(shown)s of %(all)s conversations are in the %(hexagons)s hexagons of this map.") % counted,
            _("Only conversations with a point are in hexagons; one with fewer than %(fewest)s is not shown.")
            % counted,
        ]
        self.headings = [
            Heading(_("Share"), ("share",)),
            Heading(_("Mention it"), ("mentioning",)),
            Heading(_("Conversations"), ("conversations",)),
        ]
        order = sorted(zip(found.hexagons, areas, strict=True), key=lambda pair: -pair[0].conversations)
        self._every = [Row.of(area, self._cells(one), "") for one, area in order]
        self.rows = self._every[: self.MOST_ROWS]

    @property
    def file_rows(self) -> Sequence[Row]:
        """All that are drawn."""
        return self._every

    def geometries(self) -> Mapping[int, str]:
        return {number: _polygon(one) for number, one in enumerate(self._found.hexagons, start=1)}

    def _area(self, number: int, one: HexagonNeed) -> Area:
        name = _("Hexagon %(number)s") % {"number": wording.number(number)}
        share = self._share(one)
        css, texture = "thin", "hatch"
        if not self.compares and one.coverage == "enough":
            css, texture = "heard", ""
        elif share and one.claim is not None:
            css, texture = f"c{one.claim.class_index}", ""
            if one.claim.reliability == UNSURE:
                css = texture = f"wide-{one.claim.class_index}"
        told = share or (_("not told: too few mention it") if one.is_withheld else _("not enough listening"))
        title = _("%(place)s: %(told)s, %(conversations)s conversations") % {
            "place": name,
            "told": told,
            "conversations": wording.number(one.conversations),
        }
        return Area(
            id=number,
            code=one.index,
            name=name,
            css=css,
            texture=texture,
            title=title,
            path=self._drawing.paths.get(number, ""),
        )

    def _share(self, one: HexagonNeed) -> str:
        claim = one.claim
        if one.is_withheld or not self.compares or claim is None or claim.reliability in {NEVER, TOO_FEW}:
            return ""
        return self.percent(claim.share_eb)

    def _cells(self, one: HexagonNeed) -> list[Cell]:
        share, mentioning = self._share(one), "" if one.is_withheld else wording.number(one.mentioning)
        claim = one.claim
        return [
            Cell(share, (rounded(claim.share_eb) if share and claim else None,)),
            Cell(mentioning, (None if one.is_withheld else one.mentioning,)),
            Cell(wording.number(one.conversations), (one.conversations,)),
        ]


def outlines(found: HexagonMap, districts: Mapping[int, str]) -> dict[int, str]:
    """What is drawn: hexagons by their number from 1 on, and around them the districts by minus their id."""
    shapes: dict[int, str] = {-pk: geometry for pk, geometry in districts.items()}
    return shapes | {number: _polygon(one) for number, one in enumerate(found.hexagons, start=1)}


def _polygon(one: HexagonNeed) -> str:
    ring: list[Any] = [list(corner) for corner in one.ring]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})
