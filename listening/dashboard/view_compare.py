"""Compare: the need map of two periods side by side, in the same classes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from districts.models import Layer
from listening.dashboard.page import Page
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.picture import Link, Picture, Row
from listening.needmaps.annotate import Annotated


class ComparePage(Page):
    """Two drawings, the earlier period first, and both shares in one table."""

    view = "compare"
    legend_template, table_template = "dashboard/legend.html", "dashboard/figures.html"

    def __init__(
        self,
        now: Annotated,
        then: Annotated,
        reading: Reading,
        drawing: Drawing,
        layers: Sequence[Layer],
        language: str,
    ) -> None:
        super().__init__(now, reading, drawing, layers, language)
        other = Page(then, reading, drawing, layers, language)
        self.other_period = then.need_map.query.period
        names = {"now": wording.period(now.need_map.query.period), "then": wording.period(self.other_period)}
        self.pictures = [
            Picture.of_districts(names["then"], other.places, drawing, prefix="then"),
            Picture.of_districts(names["now"], self.places, drawing),
        ]
        self.sentences = [
            _("Left %(then)s, right %(now)s, in the same classes.") % names,
            _("What changed clearly and what is within noise is in the view of changes."),
        ]
        self.head = [names["then"], _("Conversations"), names["now"], _("Conversations")]
        before = {place.id: place for place in other.places}
        self.rows = [
            Row(
                place,
                [
                    before[place.id].share,
                    before[place.id].counts.conversations,
                    place.share,
                    place.counts.conversations,
                ],
                place.profile,
            )
            for place in self.places
        ]

    @property
    def others(self) -> list[Link]:
        """The periods that can be held beside this one."""
        shown = self.need_map.query.period
        return [
            Link("", wording.period(one), one == self.other_period, one.label)
            for one in dict.fromkeys([*self._reading.available, self.other_period])
            if one != shown
        ]
