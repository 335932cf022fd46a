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
from listening.drawing.picture import Area, Picture, Row
from listening.needmaps.annotate import Annotated
from listening.needmaps.build import DistrictNeed
from listening.needmaps.trend import Change
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
        self.head = [pgettext("of shares", "Change"), _("Interval"), _("Then"), _("Now"), _("In words")]
        order = sorted(
            zip(told.need_map.districts, areas, strict=True),
            key=lambda pair: (pair[0].district_id not in told.changes, -self._size(pair[0])),
        )
        self.rows = [Row(area, self._cells(need), self.place_address(need.code)) for need, area in order]

    def _size(self, need: DistrictNeed) -> float:
        change = self._changes.get(need.district_id)
        return 0.0 if change is None else change.difference

    def _sentences(self, reference: str) -> list[str]:
        if not reference:
            return [_("Choose a theme, and a quarter or a year, to see what changed.")]
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
        return [_("Since %(period)s: %(changes)s.") % {"period": reference, "changes": wording.listed(said)}]

    def _area(self, need: DistrictNeed) -> Area:
        change = self._changes.get(need.district_id)
        told = changed(change)
        if change is None or told is None:
            css, texture, title = "thin", "hatch", _("%(place)s: nothing to compare with") % {"place": need.name}
        else:
            css, texture = _class_of(change), ""
            title = f"{need.name}: {told.words}, {told.title}"
        return Area.drawn(self._drawing, need.district_id, need.code, need.name, css=css, texture=texture, title=title)

    def _cells(self, need: DistrictNeed) -> list[str]:
        change = self._changes.get(need.district_id)
        told = changed(change)
        if change is None or told is None:
            return ["", "", "", self.percent(need.value), ""]
        return [
            wording.signed(round(change.difference * 100)),
            _interval(change),
            _then(change),
            _("%(part)s of %(whole)s")
            % {"part": wording.number(need.mentioning), "whole": wording.number(need.conversations)},
            told.words,
        ]


def _interval(change: Change) -> str:
    """Empty where a release has published the difference alone."""
    if change.low is None or change.high is None:
        return ""
    low, high = wording.signed(round(change.low * 100)), wording.signed(round(change.high * 100))
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _then(change: Change) -> str:
    if change.mentioning_then is None or change.conversations_then is None:
        return ""
    words = {"part": wording.number(change.mentioning_then), "whole": wording.number(change.conversations_then)}
    return _("%(part)s of %(whole)s") % words


def _class_of(change: Change) -> str:
    if change.label == STABLE:
        return "same"
    if change.label not in (RISING, FALLING):
        return "noise"
    strength = 2 if abs(change.difference) >= LARGE else 1
    return f"{'rise' if change.label == RISING else 'fall'}-{strength}"
