"""A need map with all that is told beside its counts: larger places, trends, needs that emerge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.periods import Period
from listening.fieldwork.scope import Scope
from listening.needmaps.build import NeedMap, build_need_maps, released_need_maps
from listening.needmaps.fallback import Fallback, fallbacks
from listening.needmaps.family import family_of
from listening.needmaps.grid import Compare
from listening.needmaps.need import Place
from listening.needmaps.query import NeedMapQuery, readable_themes
from listening.needmaps.released import figures_of
from listening.needmaps.tiers import Source
from listening.needmaps.trend import Change, released_change
from listening.needmaps.version import Version, read_version


@dataclass(frozen=True, slots=True)
class Annotated:
    """A need map, and by district id what is told beside it. `reference`: the period that changes compare with."""

    need_map: NeedMap
    fallbacks: Mapping[int, Fallback] = field(default_factory=dict)
    changes: Mapping[int, Change] = field(default_factory=dict)
    emerging: Mapping[int, bool] = field(default_factory=dict)
    reference: Period | None = None


def annotate(query: NeedMapQuery, scope: Scope, *, by: Compare = "year", version: Version | None = None) -> Annotated:
    """Count a need map in its layer and the coarser ones; of a theme in a quarter or a year, compare it too.

    `version` is that of the period, where it was read before. Seven queries at most, whatever the number of records.
    Of a release, trends are those of the release.
    """
    if query.source is not None:
        return _released(query, query.source, by)
    version = version or read_version(query.period, query.reach, published=not query.tier.counts_alone)
    need_map, *coarser = build_need_maps(query, [query.edition, *query.coarser])
    around = fallbacks(need_map, coarser)
    if query.theme is None or query.windows(by).ref is None:
        return Annotated(need_map, around)
    places: list[Place] = [(need.district_id, need.code, need.name) for need in need_map.districts]
    family = family_of(query, places, list(readable_themes(scope)), by=by, version=version)
    comparison, found = family.comparison, family.emerging
    theme = comparison.theme_number(query.theme)
    if theme is None:
        return Annotated(need_map, around)
    numbers = {pk: at for at, (pk, _, _) in enumerate(places)}
    return Annotated(
        need_map,
        around,
        {pk: change for pk, at in numbers.items() if (change := comparison.change(at, theme)) is not None},
        {} if found is None else {pk: bool(found.is_emerging[at, theme]) for pk, at in numbers.items()},
        comparison.reference,
    )


def _released(query: NeedMapQuery, source: Source, by: Compare) -> Annotated:
    figures = figures_of(query, coarser=True)
    need_map, *coarser = released_need_maps(query, figures, [query.edition, *query.coarser])
    around = fallbacks(need_map, coarser)
    if query.theme is None or by != "year":
        return Annotated(need_map, around)
    layer, theme = query.layer.code, query.theme.code
    changes = {
        need.district_id: change
        for need in need_map.districts
        if (change := released_change(figures.needs[layer, need.code, theme], source)) is not None
    }
    reference = next((change.reference for change in changes.values()), None)
    return Annotated(need_map, around, changes, reference=reference)
