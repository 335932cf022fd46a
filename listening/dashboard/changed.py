"""How a share changed since an earlier period, in words: what is unclear is said, not left out."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from listening.drawing import wording
from listening.needmaps.trend import Change
from listening.statistics.trends import FALLING, RISING, STABLE


@dataclass(frozen=True, slots=True)
class Changed:
    """`label` is one of rising, falling, stable, unclear, and the class of its sign."""

    label: str
    words: str
    title: str


def changed(change: Change | None) -> Changed | None:
    """None where there is no earlier period, or one of the two had no conversations."""
    if change is None:
        return None
    words = {RISING: _("rising"), FALLING: _("falling"), STABLE: _("stable")}.get(change.label, _("unclear"))
    points = round(change.difference * 100)
    by = ngettext("%(points)s point", "%(points)s points", abs(points)) % {"points": wording.signed(points)}
    if change.conversations_then is None or change.mentioning_then is None:
        title = _("%(by)s since %(period)s") % {"by": by, "period": wording.period(change.reference)}
        return Changed(str(change.label), words, title)
    title = _("%(by)s since %(period)s, when %(mentioning)s of %(conversations)s conversations mentioned it") % {
        "by": by,
        "period": wording.period(change.reference),
        "mentioning": wording.number(change.mentioning_then),
        "conversations": wording.number(change.conversations_then),
    }
    return Changed(str(change.label), words, title)
