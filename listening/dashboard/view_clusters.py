"""Clusters: neighbouring places that are high, or low, together; candidates, no proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from districts.models import Layer
from listening.dashboard.frame import Frame
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.legend import Swatch
from listening.drawing.picture import Area, Picture
from listening.drawing.table import Cell, Heading, Row
from listening.needmaps.build import DistrictNeed, NeedMap
from listening.statistics.shares import rounded

if TYPE_CHECKING:
    from listening.statistics.clusters import Clusters


# What each finding is called in a file.
FINDINGS = {
    "high": "high",
    "low": "low",
    "HL": "high-among-low",
    "LH": "low-among-high",
    "plain": "chance",
    "untested": "not-tested",
}


class ClustersPage(Frame):
    """Getis-Ord Gi* of the shares; where that finds nothing, the outliers of local Moran."""

    view = "clusters"

    def __init__(
        self,
        need_map: NeedMap,
        found: Clusters,
        reading: Reading,
        drawing: Drawing,
        layers: Sequence[Layer],
        language: str,
    ) -> None:
        super().__init__(need_map, reading, layers, language)
        self._found = found
        self._drawing = drawing
        areas = [self._area(at, need) for at, need in enumerate(need_map.districts)]
        self.pictures = [Picture.of_districts(self.title, areas, drawing)]
        self.legend_title = _("Places that are high or low together with their neighbours")
        self.swatches = [Swatch(css, texture, words) for css, texture, words in _looks().values()]
        high, low = int(found.is_high.sum()), int(found.is_low.sum())
        self.sentences = [
            _("%(high)s places stand out as high together with their neighbours, %(low)s as low.")
            % {"high": wording.number(high), "low": wording.number(low)},
            _("A candidate is a reason to listen more there; it is no proof: chance makes some."),
        ]
        self.headings = [
            Heading(_("In words"), ("finding",)),
            Heading(_("Share"), ("share",)),
            Heading(_("z of Gi*"), ("gi_z",)),
            Heading(_("p of Gi*"), ("gi_p",)),
        ]
        order = sorted(range(len(areas)), key=lambda at: -abs(float(found.gi_z[at])))
        self.rows = [
            Row.of(areas[at], self._cells(at), self.place_address(need_map.districts[at].code)) for at in order
        ]

    def _look(self, at: int) -> str:
        found = self._found
        if not found.is_tested[at]:
            return "untested"
        if found.is_high[at]:
            return "high"
        if found.is_low[at]:
            return "low"
        return str(found.quadrant[at]) if found.quadrant[at] in {"HL", "LH"} else "plain"

    def _area(self, at: int, need: DistrictNeed) -> Area:
        css, texture, words = _looks()[self._look(at)]
        return Area.drawn(
            self._drawing,
            need.district_id,
            need.code,
            need.name,
            css=css,
            texture=texture,
            title=f"{need.name}: {words}",
        )

    def _cells(self, at: int) -> list[Cell]:
        found, need = self._found, self.need_map.districts[at]
        look = self._look(at)
        told = [Cell(_looks()[look][2], (FINDINGS[look],)), Cell(self.percent(need.value), (rounded(need.value),))]
        if not found.is_tested[at]:
            return [*told, Cell("", (None,)), Cell("", (None,))]
        z, p = float(found.gi_z[at]), float(found.gi_p[at])
        return [*told, Cell(wording.decimal(z, 2), (round(z, 2),)), Cell(wording.decimal(p, 3), (round(p, 3),))]


def _looks() -> dict[str, tuple[str, str, str]]:
    """Class, texture and words of each finding."""
    return {
        "high": ("rise-2", "", _("high, and so are its neighbours")),
        "low": ("fall-2", "", _("low, and so are its neighbours")),
        "HL": ("rise-1", "", _("high among low neighbours")),
        "LH": ("fall-1", "", _("low among high neighbours")),
        "plain": ("noise", "", _("not different from chance")),
        "untested": ("thin", "hatch", _("not tested, for want of listening or of neighbours")),
    }
