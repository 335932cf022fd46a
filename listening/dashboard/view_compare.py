"""Compare: the need map of two periods side by side, in the same classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from districts.models import Layer
from listening.dashboard.frame import Frame
from listening.dashboard.page import Page, Place
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.picture import Link, Picture
from listening.drawing.table import Cell, Heading, Row
from listening.needmaps.annotate import Annotated
from listening.statistics.shares import rounded


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
        self.headings = [
            Heading(names["then"], ("share_then",)),
            Heading(_("Conversations"), ("conversations_then",)),
            Heading(names["now"], ("share",)),
            Heading(_("Conversations"), ("conversations",)),
        ]
        before = {place.id: place for place in other.places}
        shares_then, shares = _shares(then), _shares(now)
        self.rows = [
            Row.of(
                place,
                # Places that were published as one then are others now.
                [*_cells(before.get(place.id), shares_then), *_cells(place, shares)],
                place.profile,
            )
            for place in self.places
        ]

    downloads = Frame.downloads

    @property
    def held_against(self) -> str:
        return f"with-{self.other_period.label}"

    @property
    def others(self) -> list[Link]:
        """The periods that can be held beside this one."""
        shown = self.need_map.query.period
        return [
            Link("", wording.period(one), one == self.other_period, one.label)
            for one in dict.fromkeys([*self._reading.available, self.other_period])
            if one != shown
        ]


def _shares(told: Annotated) -> dict[int, tuple[float | None, int]]:
    """What is shown of each place, and its conversations."""
    return {one.district_id: (rounded(one.value), one.conversations) for one in told.need_map.districts}


def _cells(place: Place | None, shares: Mapping[int, tuple[float | None, int]]) -> list[Cell]:
    """Share and conversations of a place in one of the periods; nothing of one that there was not."""
    if place is None:
        return [Cell("", (None,)), Cell("", (None,))]
    share, conversations = shares[int(place.id)]
    return [
        Cell(place.share, (share if place.share else None,)),
        Cell(place.counts.conversations, (conversations,)),
    ]
