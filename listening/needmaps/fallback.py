"""What to say of a place with too little listening: nothing of its own, but what holds where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from districts.models import Layer, Membership
from listening.needmaps.build import NeedMap
from listening.needmaps.need import DistrictNeed


@dataclass(frozen=True, slots=True)
class Fallback:
    """The smallest place around another one whose share may be read."""

    layer: Layer
    need: DistrictNeed


def fallbacks(need_map: NeedMap, coarser: Sequence[NeedMap]) -> dict[int, Fallback]:
    """By district id, for those without a value: the nearest of the coarser maps, given fine to coarse, that has one.

    One query at most. Whoever reads some districts only gets no figure of a larger one that reaches beyond them: it is
    not on their maps.
    """
    wanting = [need.district_id for need in need_map.districts if need.value is None]
    around = _parents(wanting, coarser) if wanting and coarser else {}
    found: dict[int, Fallback] = {}
    for larger in coarser:
        of = {need.district_id: need for need in larger.districts if need.value is not None}
        for place, parent in around.get(larger.edition.pk, []):
            if parent in of and place not in found:
                found[place] = Fallback(larger.query.layer, of[parent])
    return found


def _parents(places: Sequence[int], coarser: Sequence[NeedMap]) -> dict[int, list[tuple[int, int]]]:
    """By edition: the places with their main parents in it."""
    found: dict[int, list[tuple[int, int]]] = {}
    lying = Membership.objects.filter(
        child__in=places, parent__edition__in=[one.edition.pk for one in coarser], is_main=True
    )
    for edition, place, parent in lying.values_list("parent__edition", "child", "parent"):
        found.setdefault(edition, []).append((place, parent))
    return found
