"""What to say of a place with too little listening: nothing of its own, but what holds where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from districts.models import Layer
from listening.needmaps.build import NeedMap
from listening.needmaps.need import DistrictNeed


@dataclass(frozen=True, slots=True)
class Fallback:
    """The smallest place around another one whose share may be read."""

    layer: Layer
    need: DistrictNeed


def fallbacks(
    need_map: NeedMap, coarser: Iterable[NeedMap], lies_in: Mapping[int, Mapping[int, int]]
) -> dict[int, Fallback]:
    """By district id, for those without a value: the nearest of the coarser maps, given fine to coarse, that has one.

    `lies_in` says by edition where places lie. No more of the coarser maps are drawn than it takes. Whoever reads some
    districts only gets no figure of a larger one that reaches beyond them: it is not on their maps.
    """
    wanting = [need.district_id for need in need_map.districts if need.value is None]
    found: dict[int, Fallback] = {}
    larger = iter(coarser)
    while len(found) < len(wanting) and (one := next(larger, None)) is not None:
        of = {need.district_id: need for need in one.districts if need.value is not None}
        around = lies_in[one.edition.pk]
        for place in wanting:
            if place not in found and (parent := of.get(around.get(place, 0))) is not None:
                found[place] = Fallback(one.query.layer, parent)
    return found
