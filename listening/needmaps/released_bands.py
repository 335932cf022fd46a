"""Representation as a release tells it, for whoever reads counts alone: what the world reads of the same places.

Bands, shares and ratios are rows of the release. All places together have no row: theirs follow from its counts by the
formulas of the release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import cast

from backend.problems import InvalidParameter
from districts.margins import Reference
from listening.disclosure.plan import BASE
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.released import Figures, ReleasedPlace, figures_of
from listening.needmaps.representation import CITY, BandFigures, Reason, Represented, VariableFigures
from listening.needmaps.tiers import NotInRelease
from listening.releases.models import ReleaseBand
from listening.releases.represent import UNKNOWN, Residents, derive_bands
from listening.releases.values import CONVERSATIONS, PERSONS, BandValue, CellValue


def represent_released(
    query: NeedMapQuery, *, year: str = "", source: str = ""
) -> tuple[Represented, list[Represented]]:
    """All places together, and each place of a layer. Five queries.

    Raises NotInRelease where the release has no bands, as of a quarter; InvalidParameter for residents of another
    `year` or `source` than those in it.
    """
    assert query.source is not None
    told = ReleaseBand.objects.filter(
        release=query.source.release, period=query.source.period, layer=query.layer.code
    ).values_list(*(field.name for field in fields(BandValue)))
    rows: defaultdict[str, list[BandValue]] = defaultdict(list)
    for row in told:
        band = BandValue(*row)
        rows[band.place].append(band)
    if not rows:
        raise NotInRelease(query.tier, query.period, what="by bands of people in this layer and period")
    _check_reference([row for place in rows.values() for row in place], year=year, source=source)
    figures = figures_of(query)
    places = figures.of(query, query.edition)
    of_places = [_represented(figures, [one], rows[one.code], (one.district_id, one.code, one.name)) for one in places]
    together = _together(figures, places, [row for one in places for row in rows[one.code]])
    return _represented(figures, places, together, CITY), of_places


def _check_reference(rows: Iterable[BandValue], *, year: str, source: str) -> None:
    held = [row for row in rows if row.reference_year is not None]
    for name, value, there in (
        ("year", year, {str(row.reference_year) for row in held}),
        ("source", source, {row.source for row in held}),
    ):
        if value and there != {value}:
            raise InvalidParameter(
                f"The release is beside residents of the {name} {', '.join(sorted(there)) or 'of none'}.",
                parameter=name,
                value=value,
                allowed=sorted(there) if len(there) == 1 else [],
            )


def _together(figures: Figures, places: Sequence[ReleasedPlace], rows: Sequence[BandValue]) -> list[BandValue]:
    """The rows that the release would have for some places of a layer as one."""
    people: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        people[row.variable, row.band] += row.people
    period, layer = figures.source.period, places[0].layer if places else ""
    cells = [
        CellValue("P3", period, layer, "", PERSONS, value, variable, band) for (variable, band), value in people.items()
    ]
    cells += [
        CellValue("P1", period, layer, "", theme, sum(figures.count(one, theme) for one in places))
        for theme in (CONVERSATIONS, PERSONS)
    ]
    residents = [
        _residents(layer, [row for row in rows if row.variable == variable])
        for variable in dict.fromkeys(row.variable for row in rows)
    ]
    return list(derive_bands(cells, residents, base=BASE))


def _residents(layer: str, rows: Sequence[BandValue]) -> Residents:
    """Of one variable in all places; of none where one place has none."""
    told = [row for row in rows if row.band != UNKNOWN]
    living: defaultdict[str, int] = defaultdict(int)
    for row in told:
        living[row.band] += row.residents or 0
    is_known = all(row.residents is not None for row in told)
    without = next((row.reason for row in told if row.residents is None and row.reason != "nobody-listened"), None)
    return Residents(
        variable=rows[0].variable,
        year=rows[0].reference_year,
        source=rows[0].source,
        reason=without or "no-margins",
        by_place={(layer, ""): living} if is_known else {},
    )


def _represented(
    figures: Figures, places: Sequence[ReleasedPlace], rows: Sequence[BandValue], named: tuple[int | None, str, str]
) -> Represented:
    by_variable: defaultdict[str, list[BandValue]] = defaultdict(list)
    for row in rows:
        by_variable[row.variable].append(row)
    conversations, people = (sum(figures.count(one, theme) for one in places) for theme in (CONVERSATIONS, PERSONS))
    return Represented(*named, conversations, people, tuple(_variable(one) for one in _in_order(by_variable)))


def _in_order(by_variable: Mapping[str, list[BandValue]]) -> Iterable[list[BandValue]]:
    return (by_variable[variable] for variable in sorted(by_variable))


def _variable(rows: Sequence[BandValue]) -> VariableFigures:
    """What a release does not tell, as how far all bands are from residents, stays None."""
    first = rows[0]
    known = sum(row.people for row in rows if row.band != UNKNOWN)
    heads = sum(row.people for row in rows)
    return VariableFigures(
        variable=first.variable,
        reference=None
        if first.reference_year is None
        else Reference(first.variable, first.reference_year, first.source),
        reason=cast(Reason | None, first.reason),
        people=known,
        unknown=(heads - known) / heads if heads else None,
        bands=tuple(
            BandFigures(
                variable=row.variable,
                band=row.band,
                people=row.people,
                share=row.share,
                reference_share=row.reference_share,
                ratio=row.ratio,
                low=row.ratio_low,
                high=row.ratio_high,
                flag=row.flag,
            )
            for row in rows
            if row.share is not None
        ),
    )
