"""One place beside the map: its share and what that is worth, its trend, what is heard most, how much listening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from districts.models import Population
from listening.dashboard.frame import Frame
from listening.dashboard.reading import Reading
from listening.drawing import wording
from listening.drawing.charts import Chart, chart, top_of
from listening.fieldwork.scope import Scope
from listening.needmaps.build import DistrictNeed
from listening.needmaps.family import family_of
from listening.needmaps.query import themes_of
from listening.needmaps.series import Point, count_series
from listening.needmaps.trend import Comparison, Released, compare_released
from listening.needmaps.version import read_version
from listening.statistics.reliability import NEVER, TOO_FEW

# Of the themes heard in a place, those that are named.
TOP = 5


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """A theme in the place: what share of its conversations mention it."""

    label: str
    href: str
    share: str
    interval: str


@dataclass(frozen=True, slots=True)
class Panel:
    """`trend` is None where no quarter has a value; `close` leads back to the map of all places."""

    id: int
    name: str
    sentences: list[str]
    trend: Chart | None
    trend_says: str
    trend_span: tuple[str, str]
    themes: list[ThemeLine]
    close: str


def panel_of(frame: Frame, reading: Reading, scope: Scope) -> Panel | None:
    """The place that is looked at; None when there is none. Seven queries at most, whatever the number of places."""
    need = frame.chosen
    if need is None:
        return None
    query = reading.query
    series = count_series(query, scope)
    points = series.points[need.district_id]
    # The map beside it has compared the same: it is kept.
    version = read_version(query.period, query.reach, published=not query.tier.counts_alone)
    themes = themes_of(scope, version)
    comparison = (
        compare_released(query, themes)
        if query.source
        else family_of(query, themes, by="year", version=version).comparison
    )
    return Panel(
        id=need.district_id,
        name=need.name,
        sentences=[*_share(frame, need), *_listening(need)],
        trend=_trend(points) if query.theme else None,
        trend_says=_says(frame, points),
        trend_span=(series.quarters[0].label, series.quarters[-1].label),
        themes=_themes(frame, reading, comparison, need),
        close=f"?{frame.address(place='')}",
    )


def _share(frame: Frame, need: DistrictNeed) -> list[str]:
    """The share, its interval, and where it stands among the places that have one."""
    if not frame.compares:
        return []
    if need.value is None or need.claim is None:
        return [_("There is not enough listening here to name a share.")]
    values = [one.value for one in frame.need_map.districts if one.value is not None]
    rank = 1 + sum(value > need.value for value in values)
    words = {
        "share": frame.percent(need.value),
        "interval": wording.interval(need.claim.share_low or 0.0, need.claim.share_high or 0.0),
        "mentioning": wording.number(need.mentioning),
        "conversations": wording.number(need.conversations),
        "topic": frame.topic,
        "rank": wording.number(rank),
        "all": wording.number(len(values)),
    }
    return [
        _("%(mentioning)s of %(conversations)s conversations mention %(topic)s.") % words,
        _("The share is %(share)s; with a confidence of 90 per cent, %(interval)s.") % words,
        _("Number %(rank)s of the %(all)s places with enough listening.") % words,
    ]


def _listening(need: DistrictNeed) -> list[str]:
    """Conversations for each 1,000 residents, where these are known and may be a denominator."""
    population = Population.objects.filter(district=need.district_id).order_by("-year", "source").first()
    if population is None or population.exclude_from_rates or not population.residents:
        return []
    rate = wording.decimal(1000 * need.conversations / population.residents)
    return [
        _("%(rate)s conversations for each 1,000 residents (%(residents)s in %(year)s).")
        % {"rate": rate, "residents": wording.number(population.residents), "year": population.year}
    ]


def _trend(points: Sequence[Point]) -> Chart | None:
    values = [
        None if one.share is None or one.low is None or one.high is None else (one.share, one.low, one.high)
        for one in points
    ]
    if not any(values):
        return None
    return chart(values, [one.period.label for one in points], top_of([value[2] for value in values if value]))


def _says(frame: Frame, points: Sequence[Point]) -> str:
    """The line in words, for whoever does not see it."""
    told = [f"{one.period.label} {frame.percent(one.share)}" for one in points if one.share is not None]
    return wording.listed(told)


def _themes(frame: Frame, reading: Reading, comparison: Comparison | Released, need: DistrictNeed) -> list[ThemeLine]:
    """The themes with the highest shares; of those heard too seldom to say anything, none."""
    place = comparison.place_number(need.district_id)
    if place is None:
        return []
    lines = []
    for number, theme in enumerate(comparison.themes):
        claim = comparison.need(place, number).claim
        if claim is None or claim.reliability in {NEVER, TOO_FEW} or not claim.share_eb:
            continue
        line = ThemeLine(
            reading.themes.label(theme),
            f"?{frame.address(theme=theme.code)}",
            frame.percent(claim.share_eb),
            wording.interval(claim.share_low or 0.0, claim.share_high or 0.0),
        )
        lines.append((-claim.share_eb, theme.code, line))
    return [line for _share_eb, _code, line in sorted(lines, key=lambda one: one[:2])[:TOP]]
