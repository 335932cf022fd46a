"""Bands of the people met in a year, as tables for disclosure control (P3), and the residents beside them.

Which bands there are is settled before anything is counted: those of the residents where they are known, else those
that listeners note down. Children are not told apart by age, nor languages that few residents speak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db import connection

from backend.db import sql
from backend.periods import Period
from districts.margins import Margins, known_references, margins_of
from districts.models import BoundaryEdition
from listening.disclosure.tables import MOST_PERSONS, PERSONS, FrequencyTable, ProtectedTable
from listening.needmaps.bands import DIVIDING, LANGUAGE, OTHER_LANGUAGES, UNKNOWN
from listening.needmaps.representation import choose, match_margins
from listening.publishing.geography import Geography
from listening.releases.represent import Residents

# A language that fewer residents of the city speak counts with the others.
FEWEST_SPEAKERS: Final = 1_000
# Of children under 14 nothing is told by themselves.
CHILDREN: Final = "0-13"


@dataclass(frozen=True, slots=True)
class PlannedBands:
    """The bands of one variable, `unknown` not among them; `pairs`: which band of the listeners counts in which."""

    bands: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    residents: Residents

    @property
    def variable(self) -> str:
        return self.residents.variable


def plan_bands(geography: Geography, year: Period) -> tuple[PlannedBands, ...]:
    """The tables of a year, one per variable; none without a layer above the publication layer.

    Two queries, and one a layer.
    """
    places = geography.of(geography.above)
    layers = dict.fromkeys([place.layer for place in places] + [layer for place in places for layer in place.parents])
    if not layers:
        return ()
    drawn = BoundaryEdition.objects.filter(layer__code__in=layers).select_related("layer")
    edition_of = {(one.layer.code, one.code): one for one in drawn}
    editions = [edition_of[one, geography.editions[one]] for one in layers]
    references = choose(known_references(editions[0]), year)
    margins: dict[tuple[str, str], Margins] = {}
    for layer, edition in zip(layers, editions, strict=True):
        of_layer = margins_of(edition, list(references.values()))
        margins |= {(layer, place.code): of_layer.get(place.district_id, {}) for place in geography.of(layer)}
    own = {place.district_id: margins[place.layer, place.code] for place in places}
    planned = []
    for variable in dict.fromkeys((*DIVIDING, *sorted(references))):
        matched = match_margins(variable, own)
        if not matched.bands.bands:
            continue
        spoken = {band: sum(one.get(variable, {}).get(band, 0) for one in own.values()) for band in matched.bands.bands}
        into = _gathered(variable, matched.bands.bands, spoken)
        reference = references.get(variable)
        planned.append(
            PlannedBands(
                bands=tuple(dict.fromkeys(into.values())),
                pairs=tuple((noted, into[band]) for noted, band in matched.bands.pairs()),
                residents=Residents(
                    variable=variable,
                    year=reference.year if reference else None,
                    source=reference.source if reference else "",
                    reason=matched.reason or "no-margins",
                    by_place={
                        place: _summed(one[variable], into)
                        for place, one in margins.items()
                        if matched.reason is None and set(one.get(variable, ())) == set(into)
                    },
                ),
            )
        )
    return tuple(planned)


def _gathered(variable: str, bands: Sequence[str], residents: Mapping[str, int]) -> dict[str, str]:
    """In which band each is published."""
    if variable == LANGUAGE:
        return {band: band if residents[band] >= FEWEST_SPEAKERS else OTHER_LANGUAGES for band in bands}
    if CHILDREN in bands[:-1]:
        older = bands[bands.index(CHILDREN) + 1]
        joint = "0+" if older.endswith("+") else f"0-{older.partition('-')[2]}"
        return {band: joint if band in (CHILDREN, older) else band for band in bands}
    return {band: band for band in bands}


def _summed(residents: Mapping[str, int], into: Mapping[str, str]) -> dict[str, int]:
    told = dict.fromkeys(into.values(), 0)
    for band, people in residents.items():
        told[into[band]] += people
    return told


def count_bands(
    planned: Sequence[PlannedBands], geography: Geography, year: Period, quarters: Sequence[ProtectedTable]
) -> list[FrequencyTable]:
    """A table of P3 per variable: district x band, `unknown` the last. One query.

    A published total of which nobody is left, as records were erased since, stands under `unknown`.
    """
    pairs = [(one.variable, *pair) for one in planned for pair in one.pairs]
    has_languages = any(one.variable == LANGUAGE for one in planned)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.publishing", "count_bands.sql"),
            {
                "first": year.first,
                "until": year.until,
                "most": MOST_PERSONS,
                "variables": [one[0] for one in pairs],
                "noted": [one[1] for one in pairs],
                "bands": [one[2] for one in pairs],
                "other": OTHER_LANGUAGES if has_languages else None,
            },
        )
        rows: list[tuple[int, str, str, int]] = cursor.fetchall()
    place_of = geography.place_of[str(geography.above)]
    places = [place.code for place in geography.of(geography.above)]
    totals = [(one.totals(), one.themes.index(PERSONS)) for one in quarters]
    published = {place: sum(int(told[place][column]) for told, column in totals) for place in places}
    met = dict.fromkeys(places, 0)
    by_band: dict[tuple[str, str, str], int] = {}
    for district, variable, band, people in rows:
        if district in place_of and not variable:
            met[place_of[district]] += people
        elif district in place_of:
            key = (place_of[district], variable, band)
            by_band[key] = by_band.get(key, 0) + people
    tables = []
    for one in planned:
        known = np.array([[by_band.get((place, one.variable, band), 0) for band in one.bands] for place in places])
        unknown = np.array(list(met.values())) - known.sum(axis=1)
        unknown = np.where([published[place] > 0 and met[place] == 0 for place in places], 1, unknown)
        bands = (*one.bands, UNKNOWN)
        each = tuple(place for place in places for _ in bands)
        counts = np.column_stack([known, unknown]).reshape(-1, 1).astype(np.int64)
        tables.append(
            FrequencyTable("P3", year.label, each, (PERSONS,), counts, each, bands * len(places), one.variable)
        )
    return tables
