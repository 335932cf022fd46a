"""Need maps of all themes in many periods as one table: what analysts take into their own tools.

One row per district, theme and bucket (a month, a quarter or a year), also where nobody listened: the row then says so
and has no share.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from django.db import connection

from backend.db import sql
from backend.periods import Period
from backend.problems import InvalidParameter
from districts.models import District
from listening.codelists.models import Theme
from listening.needmaps.estimate import estimate
from listening.needmaps.grid import Integers, window_of
from listening.needmaps.need import ENOUGH_CONVERSATIONS, DistrictNeed, Place
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.released import check_theme, read_figures
from listening.needmaps.tiers import NotInRelease, PeriodIsRagged, Source
from listening.statistics.breaks import NO_CLASS
from listening.statistics.shares import direct_share

if TYPE_CHECKING:  # pandas takes a second and 60 MB: it is loaded for those who ask for a table
    import pandas as pd

Bucket = Literal["month", "quarter", "year"]
BUCKETS: Final[tuple[Bucket, ...]] = ("quarter", "month", "year")
# Ninety districts, forty themes and five years of months: some 50 MB as text.
MOST_ROWS: Final = 250_000
MAY_LACK: Final = ("mentions", "severe", "class_index")  # whole numbers that some rows do not have
DECIMALS: Final = 4  # what a share of a few hundred conversations can bear


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table. `datatype` is one of XML Schema, as in CSV on the Web (W3C, 2015)."""

    name: str
    datatype: Literal["string", "date", "integer", "double"]
    description: str
    is_required: bool = True


COLUMNS: Final = (
    Column("layer", "string", "Code of the layer."),
    Column("edition", "string", "Code of the boundary edition in which it counts."),
    Column("code", "string", "Code of the district, unique in its edition."),
    Column("name", "string", "Name of the district."),
    Column("period", "string", "The bucket: 2026, 2026-Q3 or 2026-07."),
    Column("first", "date", "First day of the bucket."),
    Column("until", "date", "First day after the bucket."),
    Column("theme", "string", "Code of the theme; a theme includes those below it, so rows of themes do not add up."),
    Column("kind", "string", "Kind of finding; empty for any.", is_required=False),
    Column("conversations", "integer", "Conversations held in the district: the denominator, alike for all themes."),
    Column("mentioning", "integer", "Of these, the ones that mention the theme."),
    Column("mentions", "integer", "Findings of the theme; empty of a release.", is_required=False),
    Column(
        "severe",
        "integer",
        "Conversations that mention it with a severity of 4 or 5; empty of a release.",
        is_required=False,
    ),
    Column("share", "double", "mentioning / conversations, 0-1; empty where nobody listened.", is_required=False),
    Column("share_severe", "double", "severe / conversations, 0-1; empty where nobody listened.", is_required=False),
    Column("share_low", "double", "Lower end of the 90 % interval of share.", is_required=False),
    Column("share_high", "double", "Upper end of the 90 % interval of share.", is_required=False),
    Column("share_eb", "double", "Empirical-Bayes share; empty where nobody listened anywhere.", is_required=False),
    Column(
        "local_weight",
        "double",
        "How much of share_eb is the district's own, 0-1; empty of a release.",
        is_required=False,
    ),
    Column(
        "n_eff",
        "double",
        "conversations / deff: as many independent conversations say as much; of a release empty without a share.",
        is_required=False,
    ),
    Column("deff", "double", "Design effect, 1-5; empty where nobody listened, and of a release.", is_required=False),
    Column("reliability", "string", "A, B, C by the width of the interval; X: n_eff under 20; 0: nobody listened."),
    Column("coverage", "string", "none: nobody listened; thin: fewer than 20 conversations; enough."),
    Column(
        "location_quotient",
        "double",
        "share_eb over the share of the city; empty where nobody listened anywhere, and of a release.",
        is_required=False,
    ),
    Column("class_index", "integer", "Class of share_eb on the map, from 1; empty without a value.", is_required=False),
    Column("release", "string", "Code of the release that tells the figures; empty: counted live.", is_required=False),
)


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """The table, and the districts that its rows speak of in their order: `frame` has one run of rows for each bucket
    and theme, in which row i is of places[i].
    """

    query: NeedMapQuery
    bucket: Bucket
    places: tuple[Place, ...]
    frame: pd.DataFrame
    merged: Mapping[int, tuple[str, ...]] = field(
        default_factory=dict
    )  # places of a release that are several districts


def parse_bucket(params: Mapping[str, str], period: Period) -> Bucket:
    """Read into what a period is cut. Raises InvalidParameter, also when the period is not made of whole buckets."""
    text = params.get("by", "") or BUCKETS[0]
    bucket = next((name for name in BUCKETS if name == text), None)
    if bucket is None:
        raise InvalidParameter(f"There is no bucket {text!r}.", parameter="by", value=text, allowed=list(BUCKETS))
    around = list(_buckets(period, bucket))
    if around[0].first != period.first or around[-1].until != period.until:
        raise InvalidParameter(
            f"{period.label} does not begin and end with a {bucket}.",
            parameter="period",
            value=period.label,
            allowed=[f"{around[0].first.isoformat()}/{(around[-1].until - dt.timedelta(days=1)).isoformat()}"],
        )
    return bucket


def build_cell_table(query: NeedMapQuery, themes: Sequence[Theme], bucket: Bucket) -> CellTable:
    """Count the cells of a period, bucket by bucket: two queries, whatever the number of records.

    Whoever reads counts alone gets what is published as published: four queries; never beside what is counted.
    Raises InvalidParameter when the table would have more than MOST_ROWS rows, and for what such a reader has not.
    """
    periods = list(_buckets(query.period, bucket))
    if query.tier.counts_alone and bucket == "month":
        raise PeriodIsRagged(query.tier, query.period, parameter="by", value=bucket)
    sources = [source for one in periods if (source := query.tier.source(one)) is not None]
    if sources:
        if len(sources) < len(periods):
            raise NotInRelease(query.tier, query.period)
        return _released(query, themes, bucket, periods, sources)
    listed = District.objects.filter(edition=query.edition).order_by("code").values_list("pk", "code", "name")
    places: tuple[Place, ...] = tuple(place for place in listed if query.reach.covers(place[0]))
    _check_size(query, bucket, places, themes, periods)
    counted = _count(query, bucket, places, [theme.pk for theme in themes], [one.first for one in periods])
    figures = [_figures(counts) for counts in counted]
    return CellTable(query, bucket, places, _frame(query, places, [one.code for one in themes], periods, figures))


def _check_size(
    query: NeedMapQuery, bucket: Bucket, places: Sequence[Place], themes: Sequence[Theme], periods: Sequence[Period]
) -> None:
    rows = len(places) * len(themes) * len(periods)
    if rows > MOST_ROWS:
        raise InvalidParameter(
            f"The table would have {rows:,} rows; it may have {MOST_ROWS:,}.",
            parameter="period",
            value=query.period.label,
            allowed=[f"at most {MOST_ROWS // max(len(places) * len(themes), 1)} of by={bucket}"],
        )


def _count(
    query: NeedMapQuery, bucket: Bucket, places: Sequence[Place], themes: Sequence[int], firsts: Sequence[dt.date]
) -> Integers:
    """Counts of shape (buckets, 7, themes + 1, places + 1), the first theme being all conversations."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "cells_by_period.sql"),
            {
                "edition": query.edition.pk,
                "role": query.role,
                "kind": query.kind or "any",
                "themes": list(themes),
                "grain": bucket,
                "first": query.period.first,
                "until": query.period.until,
                "districts": query.reach.as_list(),
            },
        )
        rows = cursor.fetchall()
    columns = {pk: at for at, (pk, _, _) in enumerate(places)}
    lines = {0: 0} | {theme: at for at, theme in enumerate(themes, start=1)}
    numbers = {first: at for at, first in enumerate(firsts)}
    counts = np.zeros((len(firsts), len(lines), len(places) + 1, 7), np.int64)
    at = (
        [numbers[first] for _, _, first, *_ in rows],
        [lines[theme] for _, theme, *_ in rows],
        [columns.get(district, len(places)) for district, *_ in rows],
    )
    np.add.at(counts, at, np.array([row[3:] for row in rows], np.int64).reshape(len(rows), 7))
    return counts.transpose(0, 3, 1, 2)


def _frame(
    query: NeedMapQuery,
    places: Sequence[Place],
    themes: Sequence[str],
    periods: Sequence[Period],
    figures: Sequence[dict[str, Any]],
    releases: Sequence[str | None] = (),
) -> pd.DataFrame:
    import pandas as pd

    told: dict[str, Any] = {name: np.concatenate([one[name] for one in figures]) for name in figures[0]}
    per_bucket = len(themes) * len(places)
    rows = per_bucket * len(periods)
    told |= {
        "layer": np.repeat(query.layer.code, rows),
        "edition": np.repeat(query.edition.code, rows),
        "code": np.tile([code for _, code, _ in places], len(themes) * len(periods)),
        "name": np.tile([name for _, _, name in places], len(themes) * len(periods)),
        "period": np.repeat([one.label for one in periods], per_bucket),
        "first": np.repeat(np.array([one.first for one in periods], "datetime64[D]"), per_bucket),
        "until": np.repeat(np.array([one.until for one in periods], "datetime64[D]"), per_bucket),
        "theme": np.tile(np.repeat(themes, len(places)), len(periods)),
        "kind": np.repeat(np.array([query.kind], object), rows),
        "release": np.repeat(np.array(releases or [None] * len(periods), object), per_bucket),
    }
    frame = pd.DataFrame({column.name: told[column.name] for column in COLUMNS})
    texts = [column.name for column in COLUMNS if column.datatype == "string"]
    return frame.astype(dict.fromkeys(texts, "category") | dict.fromkeys(MAY_LACK, "Int64"))


def _released(
    query: NeedMapQuery, themes: Sequence[Theme], bucket: Bucket, periods: Sequence[Period], sources: Sequence[Source]
) -> CellTable:
    """The themes that all the releases tell, in the places that all of them have."""
    found = read_figures(sources, [query.layer.code], {theme.code for theme in themes})
    figures = [found[source] for source in sources]
    for one in figures:
        check_theme(query, one)
    places = figures[0].of(query, query.edition)
    if any([(p.code, p.merged) for p in one.of(query, query.edition)] != [(p.code, p.merged) for p in places]
           for one in figures):  # fmt: skip
        raise NotInRelease(query.tier, query.period, what="of the same places for all of it")
    told = [theme for theme in themes if all(theme.code in one.themes(query.layer.code) for one in figures)]
    named = tuple((place.district_id, place.code, place.name) for place in places)
    _check_size(query, bucket, named, told, periods)
    needs = [[one.need(place, theme.code) for theme in told for place in places] for one in figures]
    frame = _frame(
        query,
        named,
        [theme.code for theme in told],
        periods,
        [_told(lines) for lines in needs],
        [source.release for source in sources],
    )
    return CellTable(query, bucket, named, frame, {p.district_id: p.merged for p in places if p.merged})


def _told(needs: Sequence[DistrictNeed]) -> dict[str, Any]:
    """The figures of one bucket of a release, theme by theme, place by place."""
    claims = [need.claim for need in needs]
    said: dict[str, Any] = {
        name: np.array([np.nan if (value := getattr(claim, name)) is None else value for claim in claims], np.float64)
        for name in ("share_low", "share_high", "share_eb", "local_weight", "n_eff", "deff", "location_quotient")
    }
    nothing = np.full(len(needs), np.nan)
    return said | {
        "conversations": np.array([need.conversations for need in needs], np.int64),
        "mentioning": np.array([need.mentioning for need in needs], np.int64),
        "mentions": np.array([None] * len(needs), object),
        "severe": np.array([None] * len(needs), object),
        "share": np.array([np.nan if need.share is None else need.share for need in needs], np.float64),
        "share_severe": nothing,
        "reliability": np.array([claim.reliability if claim else None for claim in claims], object),
        "coverage": np.array([need.coverage for need in needs], object),
        "class_index": np.array(
            [None if claim is None or claim.class_index == NO_CLASS else claim.class_index for claim in claims], object
        ),
    }


def _figures(counts: Integers) -> dict[str, Any]:
    """The figures of one bucket, from counts of shape (7, themes + 1, places + 1); theme by theme, place by place."""
    window = window_of(counts[:5])
    estimates = estimate(window.held, window.mentioning, window.sums)
    mentions, severe = counts[5:, 1:].transpose(0, 2, 1)
    held = np.broadcast_to(window.held, window.mentioning.shape)
    listened, known = held > 0, estimates.shrunk.is_known

    def where(said: Any, values: Any, decimals: int = DECIMALS) -> Any:
        return np.where(said, np.round(values, decimals), np.nan)

    arrays = {
        "conversations": held,
        "mentioning": window.mentioning,
        "mentions": mentions,
        "severe": severe,
        "share": where(listened, estimates.share),
        "share_severe": where(listened, direct_share(severe, window.held)),
        "share_low": where(listened, estimates.interval.low),
        "share_high": where(listened, estimates.interval.high),
        "share_eb": where(known, estimates.shrunk.share),
        "local_weight": np.round(estimates.shrunk.local_weight, DECIMALS),
        "n_eff": np.round(estimates.n_eff, 1),
        "deff": where(listened, estimates.deff, 2),
        "reliability": estimates.reliability,
        "coverage": np.select([~listened, held < ENOUGH_CONVERSATIONS], ["none", "thin"], "enough"),
        "location_quotient": where(known, estimates.location_quotient),
        "class_index": np.where(estimates.class_index == NO_CLASS, np.nan, estimates.class_index),
    }
    return {name: values[:-1].T.ravel() for name, values in arrays.items()}


def _buckets(period: Period, bucket: Bucket) -> Iterator[Period]:
    """The buckets that a period touches, in order; there is at least one."""
    day = period.first
    while day < period.until:
        match bucket:
            case "year":
                one = Period.year(day.year)
            case "quarter":
                one = Period.quarter(day.year, (day.month + 2) // 3)
            case "month":
                one = Period.month(day.year, day.month)
        yield one
        day = one.until
