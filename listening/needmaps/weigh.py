"""What the shares of themes would be if those who spoke had the ages and citizenships of those who live there.

Of the city, or of a district of the coarsest layers, by raking. A weighted share stands beside the unweighted one:
weights cannot mend bands that were never met.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db import connection

from backend.db import sql
from backend.problems import InvalidParameter, Problem
from districts.margins import Margins, Reference, known_references, margins_of
from districts.models import District
from listening.codelists.models import Theme
from listening.needmaps.bands import DIVIDING, ORDERED, BandsDiffer, Matched, match
from listening.needmaps.coverage import MOST_PEOPLE
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.representation import choose
from listening.statistics.arrays import FloatArray
from listening.statistics.raking import Margin, MarginsDisagree, NotAMargin, Weights, rake
from listening.statistics.raking import WeightsRefused as Refusal

SCHEME: Final = "raking"


class WeightsRefused(Problem):
    """Those who spoke are too few, or too unlike those who live there, to be weighted; `reason` says why."""

    slug, title, status = "weights-refused", "Weights would pretend too much", 409

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, reason=reason)


@dataclass(frozen=True, slots=True, eq=False)
class WeightedMargin:
    """Residents of the place by band of one variable."""

    reference: Reference
    bands: tuple[str, ...]
    residents: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Weights for the conversations of a place (None: the whole city), and the themes that these mention."""

    district: District | None
    margins: tuple[WeightedMargin, ...]
    weights: Weights
    themes: tuple[Theme, ...]
    mentions: FloatArray  # 0 or 1, (conversations, themes)

    @property
    def mentioning(self) -> list[int]:
        return [int(number) for number in self.mentions.sum(axis=0)]

    @property
    def shares(self) -> list[float]:
        return [float(share) for share in self.mentions.mean(axis=0)]

    @property
    def weighted_shares(self) -> list[float]:
        return [float(share) for share in self.weights.share(self.mentions)]


def weigh(
    query: NeedMapQuery,
    district: District | None,
    themes: Sequence[Theme],
    *,
    variables: Sequence[str] = (),
    year: str = "",
    source: str = "",
) -> Weighed:
    """Weigh the conversations of a district of the query's layer, or of all its districts. Three queries.

    `variables` are those to weigh by; when left out, all of which there are margins. Raises InvalidParameter and
    WeightsRefused.
    """
    query.check_counted(query.period, "by bands of people")
    references = choose(known_references(query.edition), query.period, year=year, source=source)
    for name in variables:
        if name not in DIVIDING:
            raise InvalidParameter(
                f"Weights by {name!r} are not known.", parameter="variables", value=name, allowed=list(DIVIDING)
            )
    used = {name: references[name] for name in (variables or DIVIDING) if name in references}
    missing = [name for name in variables if name not in used]
    if missing or not used:
        raise WeightsRefused("no-margins", f"There are no figures of residents by {', '.join(missing or DIVIDING)}.")
    residents = _residents(query, district, used)
    matched = {name: _matched(name, residents[name]) for name in used}
    margins = tuple(
        WeightedMargin(used[name], one.bands, tuple(residents[name][band] for band in one.bands))
        for name, one in matched.items()
    )
    rows = _list(query, district, matched, themes)
    if not rows:
        raise WeightsRefused("nobody-listened", "Nobody was listened to there in this period.")
    people, mentions = np.zeros((len(rows), sum(len(one.bands) for one in margins))), np.zeros((len(rows), len(themes)))
    for row, (bands, numbers, mentioned) in enumerate(rows):
        # Several bands of the listeners may be one of the margin.
        np.add.at(people[row], bands, numbers)
        mentions[row, mentioned] = 1
    return Weighed(district, margins, _rake(people, margins), tuple(themes), mentions)


def _residents(query: NeedMapQuery, district: District | None, used: Mapping[str, Reference]) -> Margins:
    """Residents of the place by variable and band. Raises WeightsRefused where some are not known."""
    told = margins_of(query.edition, list(used.values()))
    listed = District.objects.filter(edition=query.edition).values_list("pk", flat=True)
    places = [district.pk] if district else [pk for pk in listed if query.reach.covers(pk)]
    together: Margins = {}
    for variable in used:
        parts = [told.get(pk, {}).get(variable) for pk in places]
        if not parts or any(one is None for one in parts):
            raise WeightsRefused(
                "no-margins", f"Of a part of the place there are no figures of residents by {variable}."
            )
        counts: Counter[str] = Counter()
        for part in filter(None, parts):
            counts.update(part)
        together[variable] = dict(counts)
    return together


def _matched(variable: str, bands: Iterable[str]) -> Matched:
    try:
        return match(variable, bands)
    except BandsDiffer as error:
        raise WeightsRefused("bands-differ", str(error)) from error


def _list(
    query: NeedMapQuery, district: District | None, matched: Mapping[str, Matched], themes: Sequence[Theme]
) -> list[tuple[list[int], list[int], list[int]]]:
    """One query."""
    order = {pair: number for number, pair in enumerate((name, b) for name, one in matched.items() for b in one.bands)}
    pairs = [(name, noted, order[name, band]) for name, one in matched.items() for noted, band in one.pairs()]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "list_conversations_by_band.sql"),
            {
                "layer": query.layer.pk,
                "district": None if district is None else district.pk,
                "first": query.period.first,
                "until": query.period.until,
                "most": MOST_PEOPLE,
                "districts": query.reach.as_list(),
                "variables": [one[0] for one in pairs],
                "noted": [one[1] for one in pairs],
                "numbers": [one[2] for one in pairs],
                "themes": [theme.pk for theme in themes],
            },
        )
        return list(cursor.fetchall())


def _rake(people: FloatArray, margins: Sequence[WeightedMargin]) -> Weights:
    """Rake, and say as problems what cannot be weighed."""
    ends = np.cumsum([len(one.bands) for one in margins])
    parts = dict(zip((one.reference.variable for one in margins), np.split(people, ends[:-1], axis=1), strict=True))
    try:
        return rake(
            parts,
            [
                Margin(
                    one.reference.variable,
                    one.residents,
                    is_ordered=one.reference.variable in ORDERED,
                    bands=one.bands,
                )
                for one in margins
            ],
        )
    except Refusal as error:
        raise WeightsRefused(error.reason, str(error)) from error
    except MarginsDisagree as error:
        raise WeightsRefused("margins-disagree", str(error)) from error
    except NotAMargin as error:
        raise WeightsRefused("no-residents", str(error)) from error
