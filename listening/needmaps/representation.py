"""Whether those who were listened to are like those who live there: by age, gender, citizenship and language.

One variable at a time, never crossed, and of places with enough people alone. People are counted where they were met,
residents where they live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from backend.db import sql
from backend.periods import Period
from backend.problems import InvalidParameter
from districts.margins import Margins, Reference, known_references, margins_of
from districts.models import District
from listening.needmaps.bands import DIVIDING, LANGUAGE, OTHER_LANGUAGES, BandsDiffer, Matched, match, noted_bands
from listening.needmaps.coverage import MOST_PEOPLE
from listening.needmaps.query import NeedMapQuery
from listening.statistics.arrays import FloatArray, ratio
from listening.statistics.coverage import (
    FEWEST_PEOPLE,
    MOST_UNRECORDED,
    UNDER,
    Balance,
    Representation,
    balance,
    representation,
)
from listening.statistics.design_effect import (
    SessionSums,
    city_design_effect,
    design_effect,
    effective_size,
    pooled_design_effect,
)

Reason = Literal[
    "nobody-listened", "no-margins", "bands-differ", "no-residents", "few-people", "many-unknown"
]  # why there is no ratio
REASONS: Final = get_args(Reason)

MOST_PRIORITIES: Final = 3
CITY = (None, "", "")  # instead of a district


@dataclass(frozen=True, slots=True)
class BandFigures:
    """One band of one variable. Shares and ratios are None where they cannot be told."""

    variable: str
    band: str
    people: int
    share: float
    reference_share: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    least: float | None = None
    most: float | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class VariableFigures:
    """One variable in one place: how many are known by it, and how far they are from residents as a whole."""

    variable: str
    reference: Reference | None
    reason: Reason | None
    people: int = 0
    unknown: float | None = None
    n_eff: float | None = None
    deff: float | None = None
    dissimilarity: float | None = None
    by_chance: float | None = None
    excess: float | None = None
    parity: float | None = None
    bands: tuple[BandFigures, ...] = ()


@dataclass(frozen=True, slots=True)
class Represented:
    """A place, or all together (`district_id` None), with the people met there, ten of a conversation at most."""

    district_id: int | None
    code: str
    name: str
    conversations: int
    people: int
    variables: tuple[VariableFigures, ...]


def represent(
    query: NeedMapQuery, period: Period, *, year: str = "", source: str = ""
) -> tuple[Represented, list[Represented]]:
    """All places together, and each place of a layer. Four queries. Raises InvalidParameter for `year` and `source`."""
    query.check_counted(period, "by bands of people")
    references = choose(known_references(query.edition), period, year=year, source=source)
    margins = margins_of(query.edition, list(references.values()))
    listed = District.objects.filter(edition=query.edition).order_by("code")
    places = [
        row for row in listed.values_list("pk", "code", "name", "exclude_from_rates") if query.reach.covers(row[0])
    ]
    margins = {pk: margins[pk] for pk, *_ in places if pk in margins}
    matches = {
        variable: match_margins(variable, margins) for variable in dict.fromkeys((*DIVIDING, *sorted(references)))
    }
    tally = _count(query, period, matches, [place[0] for place in places])
    by_variable = [
        _figures(variable, references.get(variable), matched, margins, places, tally)
        for variable, matched in matches.items()
    ]
    told = [
        Represented(
            *named,
            int(tally.conversations[_row(at, places)]),
            int(tally.heads[_row(at, places)]),
            tuple(one[at] for one in by_variable),
        )
        for at, named in enumerate([*(place[:3] for place in places), CITY])
    ]
    return told[-1], told[:-1]


def priority_bands(place: Represented) -> list[BandFigures]:
    """Whom to listen to next in a place: the bands that were proven under-represented, the lowest ratio first."""
    bands = [band for variable in place.variables for band in variable.bands if band.flag == UNDER]
    return sorted(bands, key=lambda band: (band.ratio or 0.0, band.variable, band.band))[:MOST_PRIORITIES]


def choose(there: Sequence[Reference], period: Period, *, year: str = "", source: str = "") -> dict[str, Reference]:
    """For each variable the newest figures up to the year of a period, else the oldest after it; or those asked for.

    Raises InvalidParameter when there is nothing of a year or source that is asked for, naming what there is.
    """
    found = list(there)
    for name, value in (("year", year), ("source", source)):
        allowed = sorted({str(getattr(one, name)) for one in found})
        found = [one for one in found if not value or str(getattr(one, name)) == value]
        if value and not found:
            raise InvalidParameter(
                f"There are no figures of residents by band of the {name} {value!r}"
                f"{f' of {year}' if name == 'source' and year else ''}.",
                parameter=name,
                value=value,
                allowed=allowed,
            )
    of = period.first.year
    ordered = sorted(found, key=lambda one: (one.variable, one.year > of, abs(one.year - of), one.source))
    return {one.variable: one for one in reversed(ordered)}


@dataclass(frozen=True, slots=True, eq=False)
class MarginMatch:
    """The bands in which a variable is counted. `reason`: why they are not those of residents."""

    bands: Matched
    reason: Reason | None = None


def match_margins(variable: str, margins: Mapping[int, Margins]) -> MarginMatch:
    """By the margins of all places."""
    told = {band for one in margins.values() for band in one.get(variable, ())}
    if not told:
        return MarginMatch(noted_bands(variable), "no-margins")
    try:
        return MarginMatch(match(variable, told))
    except BandsDiffer:
        return MarginMatch(noted_bands(variable), "bands-differ")


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """People met. Axis 0 is places, then all together; `bands` has (c, sum c^2, sum c n) of (places + 1, bands)."""

    conversations: NDArray[np.int64]
    heads: NDArray[np.int64]
    bands: Mapping[str, tuple[NDArray[np.int64], ...]]
    whole: Mapping[str, tuple[NDArray[np.int64], ...]]  # n, sum n^2 and occasions, of (places + 1,)


def _count(query: NeedMapQuery, period: Period, matches: Mapping[str, MarginMatch], places: Sequence[int]) -> _Tally:
    """One query."""
    pairs = [(variable, *pair) for variable, one in matches.items() for pair in one.bands.pairs()]
    at = {pk: number for number, pk in enumerate(places)}
    columns = {variable: {band: n for n, band in enumerate(one.bands.bands)} for variable, one in matches.items()}
    is_other = OTHER_LANGUAGES in columns.get(LANGUAGE, {})
    # The last but one is what is in none of the places, the last all together.
    size = len(places) + 2
    met = np.zeros((2, size), np.int64)
    bands = {variable: np.zeros((3, size, len(held)), np.int64) for variable, held in columns.items()}
    whole = {variable: np.zeros((3, size), np.int64) for variable in columns}
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_bands.sql"),
            {
                "layer": query.layer.pk,
                "first": period.first,
                "until": period.until,
                "most": MOST_PEOPLE,
                "districts": query.reach.as_list(),
                "variables": [one[0] for one in pairs],
                "noted": [one[1] for one in pairs],
                "bands": [one[2] for one in pairs],
                "other": OTHER_LANGUAGES if is_other else None,
            },
        )
        for district, variable, band, people, squares, products, occasions, conversations in cursor.fetchall():
            place = at.get(district, size - 2)
            if variable is None:
                met[:, place] += (people, conversations)
            elif band is None:
                whole[variable][:, place] += (people, squares, occasions)
            else:
                bands[variable][:, place, columns[variable][band]] += (people, squares, products)
    # Whoever reads some districts is told of what lies in the places on their list.
    for array in (met, *bands.values(), *whole.values()):
        if not query.reach.everywhere:
            array[:, -2] = 0
        array[:, -1] = array.sum(axis=1)
    return _Tally(met[1], met[0], {v: tuple(a) for v, a in bands.items()}, {v: tuple(a) for v, a in whole.items()})


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """One variable in all places, and in all of them together (the last of axis 0)."""

    people: NDArray[np.int64]  # of each band
    known: NDArray[np.int64]  # of any band
    unknown_share: FloatArray
    n_eff: FloatArray
    deff: FloatArray
    residents: FloatArray
    ratios: Representation
    balance: Balance


def _figures(
    variable: str,
    reference: Reference | None,
    matched: MarginMatch,
    margins: Mapping[int, Margins],
    places: Sequence[tuple[int, str, str, bool]],
    tally: _Tally,
) -> list[VariableFigures]:
    """What is told of one variable: of each place, then of all together."""
    bands = matched.bands.bands
    if not bands:
        nothing = VariableFigures(variable, reference, matched.reason)
        return [nothing] * (len(places) + 1)
    held = [margins.get(pk, {}).get(variable) for pk, *_ in places] if matched.reason is None else [None] * len(places)
    # By other bands than the others have them, residents cannot be compared nor added up.
    whole = [None if one is None or set(one) != set(bands) else [one[band] for band in bands] for one in held]
    everywhere = [sum(column) for column in zip(*filter(None, whole), strict=True)]
    whole.append(everywhere if places and None not in whole else None)
    compared = _compare(variable, [one or [0] * len(bands) for one in whole], tally)
    excluded = [*(place[3] for place in places), False]
    told = []
    for at, one in enumerate(whole):
        known = int(compared.known[at])
        reason: Reason | None = None
        if not tally.conversations[_row(at, places)]:
            reason = "nobody-listened"
        elif one is None:
            reason = matched.reason or ("no-margins" if at == len(places) or held[at] is None else "bands-differ")
        elif excluded[at] or not sum(one):
            reason = "no-residents"
        elif known < FEWEST_PEOPLE:
            reason = "few-people"
        elif compared.unknown_share[at] > MOST_UNRECORDED:
            reason = "many-unknown"
        told.append(_told(variable, reference, bands, compared, at, reason))
    return told


def _row(at: int, places: Sequence[Any]) -> int:
    """In a tally, what is in none of the places stands before all together."""
    return at if at < len(places) else at + 1


def _compare(variable: str, residents: Sequence[Sequence[int]], tally: _Tally) -> _Compared:
    c, cc, cn = tally.bands[variable]
    n, nn, occasions = tally.whole[variable]
    sums = (occasions[:, np.newaxis], n[:, np.newaxis], c, cc, cn, nn[:, np.newaxis])
    of_city = city_design_effect(SessionSums(*(one[:-1] for one in sums)))
    effects = design_effect(SessionSums(*sums), city=of_city)
    # Of all together, what counts is how tables scatter within places: the places were not drawn by chance.
    effects[-1] = of_city
    pick = [*range(len(n) - 2), len(n) - 1]
    people, known = c[pick], n[pick]
    share = ratio(people, known[:, np.newaxis], otherwise=0.0)
    deff = pooled_design_effect(effects[pick], share)
    unrecorded = np.maximum(tally.heads[pick] - known, 0)
    living = np.array(residents, dtype=np.float64)
    return _Compared(
        people=people,
        known=known,
        unknown_share=ratio(unrecorded, tally.heads[pick], otherwise=0.0),
        n_eff=effective_size(known, deff),
        deff=deff,
        residents=living,
        ratios=representation(people, living, unrecorded=unrecorded, design_effect=deff),
        balance=balance(people, living, design_effect=deff),
    )


def _told(
    variable: str,
    reference: Reference | None,
    bands: Sequence[str],
    compared: _Compared,
    at: int,
    reason: Reason | None,
) -> VariableFigures:
    known, ratios, whole = int(compared.known[at]), compared.ratios, compared.balance
    has_people = reason != "nobody-listened"
    is_told = known >= FEWEST_PEOPLE
    total = compared.residents[at].sum()
    figures = []
    for number, band in enumerate(bands if is_told else ()):
        here = (at, number)
        is_compared = reason in (None, "many-unknown") and bool(compared.residents[here] > 0)
        has_ratio = reason is None and bool(ratios.is_known[here])
        figures.append(
            BandFigures(
                variable=variable,
                band=band,
                people=int(compared.people[here]),
                share=float(compared.people[here] / known),
                reference_share=float(compared.residents[here] / total)
                if total > 0 and reason != "no-residents"
                else None,
                ratio=float(ratios.ratio[here]) if has_ratio else None,
                low=float(ratios.interval.low[here]) if has_ratio else None,
                high=float(ratios.interval.high[here]) if has_ratio else None,
                least=float(ratios.least[here]) if is_compared else None,
                most=float(ratios.most[here]) if is_compared else None,
                flag=(str(ratios.flag[here]) or None) if has_ratio else None,
            )
        )
    return VariableFigures(
        variable=variable,
        reference=reference,
        reason=reason,
        people=known,
        unknown=float(compared.unknown_share[at]) if has_people else None,
        n_eff=float(compared.n_eff[at]) if is_told else None,
        deff=float(compared.deff[at]) if is_told else None,
        dissimilarity=float(whole.dissimilarity[at]) if reason is None else None,
        by_chance=float(whole.by_chance[at]) if reason is None else None,
        excess=float(whole.excess[at]) if reason is None else None,
        parity=float(whole.parity[at]) if reason is None else None,
        bands=tuple(figures),
    )
