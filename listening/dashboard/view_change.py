"""Change: where a share is another than before, and whether that is more than chance makes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from districts.models import Layer
from listening.dashboard.changed import changed
from listening.dashboard.frame import Frame
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.choropleth import Drawing
from listening.drawing.legend import Swatch
from listening.drawing.picture import Area, Picture
from listening.drawing.table import Cell, Heading, Row
from listening.needmaps.annotate import Annotated
from listening.needmaps.build import DistrictNeed
from listening.needmaps.grid import Windows
from listening.needmaps.trend import Change
from listening.statistics.shares import rounded
from listening.statistics.trends import FALLING, RISING, STABLE

# A clear change of as many points or more has the stronger colour.
LARGE = 0.10


class ChangePage(Frame):
    """The difference of shares between the period and its usual earlier one. Grey is what chance may have made."""

    view = "change"

    def __init__(
        self, told: Annotated, reading: Reading, drawing: Drawing, layers: Sequence[Layer], language: str
    ) -> None:
        super().__init__(told.need_map, reading, layers, language)
        self._changes = told.changes
        self._drawing = drawing
        areas = [self._area(need) for need in told.need_map.districts]
        self.pictures = [Picture.of_districts(self.title, areas, drawing)]
        reference = wording.period(told.reference) if told.reference else ""
        self.legend_title = _("Change since %(period)s, in points") % {"period": reference} if reference else ""
        self.swatches = [
            Swatch("fall-2", "", _("clearly less, 10 points or more")),
            Swatch("fall-1", "", _("clearly less")),
            Swatch("same", "", _("clearly about the same")),
            Swatch("rise-1", "", _("clearly more")),
            Swatch("rise-2", "", _("clearly more, 10 points or more")),
            Swatch("noise", "", _("unclear: within what chance makes")),
            Swatch("thin", "hatch", _("nothing to compare with")),
        ]
        self.sentences = self._sentences(reference)
        self.reference = told.reference
        self.headings = [
            Heading(pgettext("of shares", "Change"), ("difference",)),
            *([] if self.release else [Heading(_("Interval"), ("difference_low", "difference_high"))]),
            *([] if self.release else [Heading(_("Then"), ("mentioning_then", "conversations_then"))]),
            Heading(_("Now"), ("mentioning", "conversations")),
            Heading(_("In words"), ("label",)),
        ]
        order = sorted(
            zip(told.need_map.districts, areas, strict=True),
            key=lambda pair: (pair[0].district_id not in told.changes, -self._size(pair[0])),
        )
        self.rows = [Row.of(area, self._cells(need), self.place_address(need.code)) for need, area in order]

    def _size(self, need: DistrictNeed) -> float:
        change = self._changes.get(need.district_id)
        return 0.0 if change is None else change.difference

    def _sentences(self, reference: str) -> list[str]:
        if not reference:
            return [self._why_nothing()]
        labels = [change.label for change in self._changes.values()]
        more, less = labels.count(RISING), labels.count(FALLING)
        said = [
            ngettext("%(count)s place clearly more", "%(count)s places clearly more", more)
            % {"count": wording.number(more)},
            ngettext("%(count)s place clearly less", "%(count)s places clearly less", less)
            % {"count": wording.number(less)},
        ]
        unclear = len(labels) - more - less - labels.count(STABLE)
        said.append(
            ngettext("%(count)s place within noise", "%(count)s places within noise", unclear)
            % {"count": wording.number(unclear)}
        )
        told = [_("Since %(period)s: %(changes)s.") % {"period": reference, "changes": wording.listed(said)}]
        if self.release:
            told.append(
                _("A release tells the change and how clear it is; its interval and the counts of then it does not.")
            )
        return told

    def _why_nothing(self) -> str:
        """Why nothing is compared."""
        usual = Windows.of(self.need_map.query.period).ref
        if usual is None or not self.compares:
            return _("Choose a theme, and a quarter or a year, to see what changed.")
        if self.release:
            why = _("Nothing to compare with: no change since %(period)s was published.")
        else:
            why = _("%(period)s is published, and counts are not compared with what is published.")
        return why % {"period": wording.period(usual)}

    @property
    def held_against(self) -> str:
        return f"since-{self.reference.label}" if self.reference else ""

    def _area(self, need: DistrictNeed) -> Area:
        change = self._changes.get(need.district_id)
        told = changed(change)
        if change is None or told is None:
            css, texture, title = "thin", "hatch", _("%(place)s: nothing to compare with") % {"place": need.name}
        else:
            css, texture = _class_of(change), ""
            title = f"{need.name}: {told.words}, {told.title}"
        return Area.drawn(self._drawing, need.district_id, need.code, need.name, css=css, texture=texture, title=title)

    def _cells(self, need: DistrictNeed) -> list[Cell]:
        change = self._changes.get(need.district_id)
        told = changed(change)
        now = _of(need.mentioning, need.conversations) if self.compares else Cell("", (None, None))
        if change is None or told is None:
            beside = [] if self.release else [Cell("", (None, None)), Cell("", (None, None))]
            return [Cell("", (None,)), *beside, now, Cell("", (None,))]
        difference = Cell(wording.signed(round(change.difference * 100)), (rounded(change.difference),))
        # A release publishes the difference and the label alone.
        beside = [] if self.release else [_interval(change), _of(change.mentioning_then, change.conversations_then)]
        return [difference, *beside, now, Cell(told.words, (str(change.label),))]


def _interval(change: Change) -> Cell:
    if change.low is None or change.high is None:
        return Cell("", (None, None))
    words = {"low": wording.signed(round(change.low * 100)), "high": wording.signed(round(change.high * 100))}
    return Cell(_("%(low)s to %(high)s") % words, (rounded(change.low), rounded(change.high)))


def _of(part: int | None, whole: int | None) -> Cell:
    if part is None or whole is None:
        return Cell("", (None, None))
    words = {"part": wording.number(part), "whole": wording.number(whole)}
    return Cell(_("%(part)s of %(whole)s") % words, (part, whole))


def _class_of(change: Change) -> str:
    if change.label == STABLE:
        return "same"
    if change.label not in (RISING, FALLING):
        return "noise"
    strength = 2 if abs(change.difference) >= LARGE else 1
    return f"{'rise' if change.label == RISING else 'fall'}-{strength}"
