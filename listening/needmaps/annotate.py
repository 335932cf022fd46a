"""A need map with all that is told beside its counts: larger places, trends, needs that emerge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backend.periods import Period
from listening.fieldwork.scope import Scope
from listening.needmaps.build import NeedMap, build_need_maps, need_map_of, released_need_maps
from listening.needmaps.fallback import Fallback, fallbacks
from listening.needmaps.family import Family, family_of
from listening.needmaps.grid import Compare
from listening.needmaps.ground import ground_of, list_placements
from listening.needmaps.query import NeedMapQuery, themes_of
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

    `version` is that of the period, where it was read before. Six queries at most, whatever the number of records; of
    a quarter or a year none for another theme of the same version. Of a release, trends are those of the release.
    """
    if query.source is not None:
        return _released(query, query.source, by)
    version = version or read_version(query.period, query.reach, published=not query.tier.counts_alone)
    if query.theme is not None and query.windows(by).ref is not None:
        themes = themes_of(scope, version)
        number = next((at for at, one in enumerate(themes) if one.pk == query.theme.pk), None)
        if number is not None:
            return _compared(query, family_of(query, themes, by=by, version=version), number)
    editions = [query.edition, *query.coarser]
    ground = ground_of(editions, query.reach, version)
    maps = build_need_maps(query, ground.places, editions)
    need_map = next(maps)
    return Annotated(need_map, fallbacks(need_map, maps, ground.lies_in))


def _compared(query: NeedMapQuery, family: Family, theme: int) -> Annotated:
    """One theme, by its number, of those that were counted, estimated and compared together."""
    comparison, found = family.comparison, family.emerging
    need_map = need_map_of(query, comparison.grid, comparison.now, theme)
    coarser = (need_map_of(replace(query, edition=one), *family.drawn_in(one), theme) for one in query.coarser)
    around = fallbacks(need_map, coarser, family.ground.lies_in)
    numbers = [pk for pk, _, _ in comparison.places]
    changes = zip(numbers, comparison.changes(theme), strict=True)
    return Annotated(
        need_map,
        around,
        {pk: change for pk, change in changes if change is not None},
        {} if found is None else dict(zip(numbers, found.is_emerging[:, theme].tolist(), strict=True)),
        comparison.reference,
    )


def _released(query: NeedMapQuery, source: Source, by: Compare) -> Annotated:
    figures = figures_of(query, coarser=True)
    need_map, *coarser = released_need_maps(query, figures, [query.edition, *query.coarser])
    around = fallbacks(need_map, coarser, list_placements([one.edition for one in coarser]))
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
