"""The sentences above the map: what it shows, how much listening stands behind it, where most and where least.

Whole sentences with plural forms, so that a translation may put the words in its own order.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from listening.drawing import wording
from listening.needmaps.build import DistrictNeed, NeedMap


def sentences(need_map: NeedMap, topic: str) -> list[str]:
    """What the map says, sentence by sentence.

    `topic` names the theme and kind inside a sentence; empty when everything counts and there is no share to compare.
    """
    said = [_behind(need_map)]
    if topic and need_map.city.conversations:
        said.append(_mentioned(need_map, topic))
        if len(need_map.districts) > 1:
            said.extend(_extremes(need_map))
    said.extend(_gaps(need_map))
    return said


def _behind(need_map: NeedMap) -> str:
    count = need_map.city.conversations
    return ngettext(
        "%(count)s conversation stands behind this map.", "%(count)s conversations stand behind this map.", count
    ) % {"count": wording.number(count)}


def _mentioned(need_map: NeedMap, topic: str) -> str:
    count = need_map.city.mentioning
    if count == 0:
        return _("None mentions %(topic)s.") % {"topic": topic}
    return ngettext("%(count)s (%(share)s) mentions %(topic)s.", "%(count)s (%(share)s) mention %(topic)s.", count) % {
        "count": wording.number(count),
        "share": _percent(need_map.city.share, need_map),
        "topic": topic,
    }


def _extremes(need_map: NeedMap) -> list[str]:
    """Where it is said most and least often, among the places with enough listening."""
    heard = [(need.value, need) for need in need_map.districts if need.value is not None]
    if not heard:
        return [_("No place has enough listening to be compared with others.")]
    if len(heard) == 1:
        share, need = heard[0]
        return [
            _("Only %(place)s has enough listening to name a share: %(share)s.")
            % {"place": need.name, "share": _percent(share, need_map)}
        ]
    most, least = max(share for share, _need in heard), min(share for share, _need in heard)
    # A value is drawn towards the city's and never 0: where it was never said is told by the counts, unless rounded.
    never = [need for _share, need in heard if need.mentioning == 0 and not need.is_released]
    if most == least:
        return [
            _("Every place with enough listening has the same share: %(share)s.") % {"share": _percent(most, need_map)}
        ]
    shown = {
        "highest": _places([need for share, need in heard if share == most]),
        "most": _percent(most, need_map),
        "lowest": _places(never or [need for share, need in heard if share == least]),
        "least": _percent(least, need_map),
    }
    if never:
        return [_("Most often in %(highest)s (%(most)s), never in %(lowest)s.") % shown]
    return [_("Most often in %(highest)s (%(most)s), least often in %(lowest)s (%(least)s).") % shown]


def _gaps(need_map: NeedMap) -> list[str]:
    """How many places say nothing, for want of listening; a published 0 may be some."""
    unheard = sum(need.conversations == 0 and not need.is_released for need in need_map.districts)
    lacking = sum(need.value is None for need in need_map.districts)
    everywhere = len(need_map.districts)
    if not lacking:
        return []
    said = [
        ngettext(
            "%(lacking)s place of %(everywhere)s does not have enough listening yet.",
            "%(lacking)s places of %(everywhere)s do not have enough listening yet.",
            lacking,
        )
        % {"lacking": wording.number(lacking), "everywhere": wording.number(everywhere)}
    ]
    if unheard:
        said.append(
            ngettext(
                "In %(unheard)s of these nobody has listened at all.",
                "In %(unheard)s of these nobody has listened at all.",
                unheard,
            )
            % {"unheard": wording.number(unheard)}
        )
    return said


def _places(needs: Sequence[DistrictNeed]) -> str:
    """One or two names; of more, the first and how many others."""
    names = [need.name for need in needs]
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return _("%(first)s and %(second)s") % {"first": names[0], "second": names[1]}
    others = len(names) - 1
    return ngettext("%(first)s and %(others)s other place", "%(first)s and %(others)s other places", others) % {
        "first": names[0],
        "others": wording.number(others),
    }


def _percent(share: float | None, need_map: NeedMap) -> str:
    return wording.percent(share or 0.0, need_map.breaks)
