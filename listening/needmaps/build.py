"""From cells to a need map: which share of the conversations held in a place mention a theme.

The unit is the conversation, the denominator is the listening done in the place. A place where nobody listened has no
share, and a share of few conversations is marked thin: no listening and no need must never look alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from backend.db import sql
from districts.models import BoundaryEdition
from listening.needmaps.estimate import Estimates, estimate, sums_over_occasions
from listening.needmaps.grid import Grid
from listening.needmaps.ground import list_places
from listening.needmaps.need import CityNeed, DistrictNeed, Place, city_claim, place_claims
from listening.needmaps.query import NeedMapQuery, available_periods, parse_query
from listening.needmaps.released import ANY, Figures, figures_of
from listening.statistics.breaks import BREAKS

__all__ = ["CityNeed", "DistrictNeed", "NeedMap", "NeedMapQuery", "available_periods", "build_need_map", "parse_query"]


@dataclass(frozen=True, slots=True)
class NeedMap:
    """Needs of one layer in one period.

    `city` is all that was counted, `unplaced` what of it has no district in this layer; None of a release, whose city
    is its places together. For whom reads some districts only (`is_partial`), it is these districts that count, and no
    others are listed.
    """

    query: NeedMapQuery
    districts: tuple[DistrictNeed, ...]
    city: CityNeed
    unplaced: CityNeed | None
    breaks: tuple[float, ...] = BREAKS

    @property
    def is_partial(self) -> bool:
        """Whether it leaves out districts that the reader has no assignment for."""
        return not self.query.reach.everywhere

    @property
    def edition(self) -> BoundaryEdition:
        """The boundaries in which it counts."""
        return self.query.edition


def released_need_maps(query: NeedMapQuery, figures: Figures, editions: Sequence[BoundaryEdition]) -> list[NeedMap]:
    """The need map of each edition that the release knows; of the query's own always."""
    theme = query.theme.code if query.theme else ANY
    made = []
    for edition in editions:
        layer = edition.layer.code
        places = figures.of(query, edition)
        if edition != query.edition and not (places and (theme == ANY or theme in figures.themes(layer))):
            continue
        made.append(
            NeedMap(
                query=replace(query, edition=edition),
                districts=tuple(figures.need(place, theme) for place in places),
                city=figures.city(places, theme),
                unplaced=None,
            )
        )
    return made


# Of a row of count_by_district.sql, after layer and district: the counts that are told, and all numbers.
COUNTS, COLUMNS = 4, 10


def build_need_map(query: NeedMapQuery) -> NeedMap:
    """Count a need map: two queries, whatever the number of records.

    Conversations are counted where they were held (the encounter place), in the boundaries of the query.
    """
    if query.source is not None:
        (need_map,) = released_need_maps(query, figures_of(query, coarser=True), [query.edition])
    else:
        (need_map,) = build_need_maps(query, list_places([query.edition], query.reach), [query.edition])
    return need_map


def build_need_maps(
    query: NeedMapQuery, places: Mapping[int, Sequence[Place]], editions: Sequence[BoundaryEdition]
) -> Iterator[NeedMap]:
    """The same need map in several layers, each drawn when it is taken: one query for all of them.

    `places` are those of each edition.
    """
    query.check_counted(query.period)
    segments = list(query.period.segments())
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_by_district.sql"),
            {
                "editions": [edition.pk for edition in editions],
                "role": query.role,
                "theme": query.theme.pk if query.theme else 0,
                "kind": query.kind or "any",
                "grains": [grain for grain, _, _ in segments],
                "firsts": [first for _, first, _ in segments],
                "untils": [until for _, _, until in segments],
                "first": query.period.first,
                "until": query.period.until,
                "districts": query.reach.as_list(),
            },
        )
        rows: dict[int, list[tuple[Any, ...]]] = {edition.pk: [] for edition in editions}
        for edition_id, *row in cursor.fetchall():
            rows[edition_id].append(tuple(row))
    for one in editions:
        yield _drawn(replace(query, edition=one), places[one.pk], rows[one.pk])


def _drawn(query: NeedMapQuery, places: Sequence[Place], rows: Sequence[tuple[Any, ...]]) -> NeedMap:
    at = {pk: number for number, (pk, _, _) in enumerate(places)}
    counts = np.zeros((len(places) + 1, COLUMNS), np.int64)
    unplaced = np.zeros(COLUMNS, np.int64)
    for district, *told in rows:
        # What is in no place of the map still is part of all.
        counts[at.get(district, len(places))] += np.array(told, np.int64)
        if district is None:
            unplaced += np.array(told, np.int64)
    held, mentioning, _mentions, _severe, *sums = (column[:, np.newaxis] for column in counts.T)
    estimates = estimate(held, mentioning, sums_over_occasions(*sums))
    return _need_map(query, places, counts[:, :COUNTS], unplaced[:COUNTS], estimates)


def need_map_of(query: NeedMapQuery, grid: Grid, estimates: Estimates, theme: int) -> NeedMap:
    """The need map of one theme, by its number, of all that were counted and estimated together."""
    now = grid.now
    counts = [now.held[:, 0], *(one[:, theme] for one in (now.mentioning, grid.mentions, grid.severe))]
    return _need_map(query, grid.places, np.stack(counts, axis=1), grid.unplaced[:, theme], estimates, theme)


def _need_map(
    query: NeedMapQuery,
    places: Sequence[Place],
    counts: NDArray[np.int64],
    unplaced: NDArray[np.int64],
    estimates: Estimates,
    theme: int = 0,
) -> NeedMap:
    """`counts` is (places + 1, COUNTS), `unplaced` of its last line what has no district in the layer."""
    claims = place_claims(estimates, theme)
    held, mentioning, mentions, severe = counts.sum(axis=0).tolist()
    return NeedMap(
        query=query,
        districts=tuple(
            DistrictNeed(*told, claim=claim, district_id=pk, code=code, name=name)
            for told, claim, (pk, code, name) in zip(counts[:-1].tolist(), claims, places, strict=True)
        ),
        city=CityNeed(held, mentioning, mentions, severe, city_claim(estimates, held, theme)),
        unplaced=CityNeed(*unplaced.tolist()),
    )
