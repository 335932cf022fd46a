"""Whether those who were listened to are like those who live there, from published counts alone. Pure.

A function of the cells of P3 and P1 and of residents by band, which are public as well: nothing here needs protecting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from listening.releases.derive import DECIMALS
from listening.releases.values import CONVERSATIONS, PERSONS, BandValue, CellValue
from listening.statistics.coverage import FEWEST_PEOPLE, MOST_UNRECORDED, representation
from listening.statistics.intervals import published_share

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Residents:
    """Residents by band of one variable, by layer and place; `reason` says why a place that is not there has none."""

    variable: str
    year: int | None
    source: str
    reason: str
    by_place: Mapping[tuple[str, str], Mapping[str, int]]


def derive_bands(cells: Iterable[CellValue], residents: Sequence[Residents], *, base: int) -> tuple[BandValue, ...]:
    """One row per band of each place and variable, in order of their keys.

    Parameters
    ----------
    cells
        As published, `with_coarser`.
    residents
        Of each variable, at most once.
    base
        To which people were rounded.

    Notes
    -----
    People of one conversation are often of one band, and which people talked together is not published. So as many are
    taken to tell something new as there were conversations: the size of the interval is what `published_share` says of
    the rounded counts, over the people of a conversation. Sessions are not in it.
    """
    by_variable = {one.variable: one for one in residents}
    people: defaultdict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    totals: dict[tuple[str, str, str, str], int] = {}
    for cell in cells:
        if cell.product == "P3":
            people[cell.period, cell.layer, cell.place, cell.variable][cell.band] = cell.value
        elif cell.product == "P1" and cell.theme in (CONVERSATIONS, PERSONS):
            totals[cell.period, cell.layer, cell.place, cell.theme] = cell.value
    told: list[BandValue] = []
    for (period, layer, place, variable), met in people.items():
        held, heads = (totals.get((period, layer, place, theme), 0) for theme in (CONVERSATIONS, PERSONS))
        own = by_variable.get(variable, Residents(variable, None, "", "no-margins", {}))
        rows = _rows(met, own, (layer, place), base=base, together=max(1.0, heads / held) if held else 1.0)
        told += (replace(row, period=period, layer=layer, place=place) for row in rows)
    return tuple(sorted(told, key=lambda row: row.order))


def _rows(
    met: Mapping[str, int], own: Residents, at: tuple[str, str], *, base: int, together: float
) -> Iterable[BandValue]:
    """The bands of one variable in one place, and `unknown`; `together`: people of a conversation."""
    living = own.by_place.get(at)
    bands = [band for band in met if band != UNKNOWN]
    counts, missing = np.array([met[band] for band in bands], dtype=np.float64), met.get(UNKNOWN, 0)
    known = int(counts.sum())
    reference = np.array([living[band] if living else 0 for band in bands], dtype=np.float64)
    reason = _reason(known, missing, own.reason if living is None else None, int(reference.sum()))
    blank = BandValue("", "", "", own.variable, "", 0, reason=reason, reference_year=own.year, source=own.source)
    size = published_share(counts, known, base=base).size / together
    # Each band against all others: its interval has a size of its own.
    pairs = np.stack([counts, known - counts], axis=-1), np.stack([reference, reference.sum() - reference], axis=-1)
    effect = np.divide(known, size, out=np.ones_like(size), where=size > 0)
    found = representation(*pairs, unrecorded=np.full(len(bands), missing), design_effect=np.maximum(effect, 1.0))
    for number, band in enumerate(bands):
        row = replace(blank, band=band, people=int(counts[number]), residents=living[band] if living else None)
        if known >= FEWEST_PEOPLE:
            row = replace(row, share=_rounded(counts[number] / known), n_eff=round(float(size[number]), 1) + 0.0)
        if living and reference.sum():
            row = replace(row, reference_share=_rounded(reference[number] / reference.sum()))
        if reason is None and found.is_known[number, 0]:
            row = replace(
                row,
                ratio=_rounded(found.ratio[number, 0]),
                ratio_low=_rounded(found.interval.low[number, 0]),
                ratio_high=_rounded(found.interval.high[number, 0]),
                flag=str(found.flag[number, 0]) or None,
            )
        yield row
    yield replace(blank, band=UNKNOWN, people=missing)


def _reason(known: int, missing: int, no_residents: str | None, living: int) -> str | None:
    """Why there is no ratio; None: there is one."""
    if not known + missing:
        return "nobody-listened"
    if no_residents:
        return no_residents
    if not living:
        return "no-residents"
    if known < FEWEST_PEOPLE:
        return "few-people"
    return "many-unknown" if missing / (known + missing) > MOST_UNRECORDED else None


def _rounded(share: float) -> float:
    return round(float(share), DECIMALS) + 0.0
