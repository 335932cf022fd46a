"""Trend: the share of a theme quarter after quarter, one small chart for each place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from districts.models import Layer
from listening.dashboard.frame import Frame
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.charts import Chart, chart, top_of
from listening.drawing.legend import Swatch
from listening.drawing.picture import Area
from listening.drawing.table import Cell, Heading, Row
from listening.needmaps.build import NeedMap
from listening.needmaps.series import Point, Series
from listening.statistics.shares import rounded

# More small charts than this nobody compares; the table has them all.
MOST_CHARTS = 12


@dataclass(frozen=True, slots=True)
class PlaceChart:
    """The chart of one place, as of the whole scale, and a link to more of it."""

    id: int
    name: str
    chart: Chart
    says: str
    profile: str


class TrendPage(Frame):
    """Lines with the band of their 90 % interval, all of one scale; the place that is looked at comes first."""

    view, files = "trend", ("csv",)  # it draws no places

    def __init__(
        self, need_map: NeedMap, series: Series, reading: Reading, layers: Sequence[Layer], language: str
    ) -> None:
        super().__init__(need_map, reading, layers, language)
        self._series = series
        highs = [one.high for points in series.points.values() for one in points if one.high is not None]
        self.top = top_of(highs)
        self.top_words = wording.percent(self.top)
        self.first, self.last = (series.quarters[at].label for at in (0, -1))
        chosen = self.chosen.district_id if self.chosen else None
        order = sorted(
            series.places,
            key=lambda place: (place[0] != chosen, -sum(one.conversations for one in series.points[place[0]])),
        )
        heard = [one for one in order if any(point.share is not None for point in series.points[one[0]])]
        self.charts = [self._chart(*place) for place in heard[:MOST_CHARTS]]
        self.legend_title = _("Share of the conversations, quarter by quarter, with its interval of 90 per cent")
        self.swatches = [
            Swatch("trend-line", "", _("the share")),
            Swatch("trend-band", "", _("where it lies with 90 per cent confidence")),
        ]
        self.sentences = self._sentences(len(heard))
        self.headings = [Heading(quarter.label, (quarter.label,)) for quarter in series.quarters]
        self.rows = [self._row(*place) for place in order]

    def _sentences(self, heard: int) -> list[str]:
        said = []
        if self._series.is_published:
            said.append(_("These are published figures: of each quarter, what everybody may read."))
        if not heard:
            said.append(_("No place has enough listening in any of these quarters."))
        elif heard > MOST_CHARTS:
            said.append(
                _("The %(shown)s places with most listening are drawn; the table has all %(all)s.")
                % {"shown": wording.number(MOST_CHARTS), "all": wording.number(len(self._series.places))}
            )
        return said

    def _chart(self, pk: int, code: str, name: str) -> PlaceChart:
        points = self._series.points[pk]
        values = [
            None if one.share is None or one.low is None or one.high is None else (one.share, one.low, one.high)
            for one in points
        ]
        titles = [self._says(name, one) for one in points]
        told = [title for title, value in zip(titles, values, strict=True) if value is not None]
        return PlaceChart(pk, name, chart(values, titles, self.top), told[-1], self.place_address(code))

    def _says(self, name: str, point: Point) -> str:
        if point.share is None or point.low is None or point.high is None:
            return ""
        return _("%(place)s, %(period)s: %(share)s (%(interval)s)") % {
            "place": name,
            "period": wording.period(point.period),
            "share": self.percent(point.share),
            "interval": wording.interval(point.low, point.high),
        }

    def _row(self, pk: int, code: str, name: str) -> Row:
        area = Area(id=pk, code=code, name=name, css="trend-line", texture="", title=name, path="")
        cells = [Cell(self.percent(one.share) or "\u2013", (rounded(one.share),)) for one in self._series.points[pk]]
        return Row.of(area, cells, self.place_address(code))
