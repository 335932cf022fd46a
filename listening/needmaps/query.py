"""What a need map is asked for: layer, period, theme and kind, read from request parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet

from backend.db import sql
from backend.periods import FORMS, NotAPeriod, Period
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition, District, Layer
from listening.codelists.models import Theme
from listening.fieldwork.roles import READ_COUNTS
from listening.fieldwork.scope import Reach, Scope
from listening.needmaps.boundaries import MOST_KEPT, boundaries_of, boundaries_of_today
from listening.needmaps.grid import COMPARISONS, Compare, Windows
from listening.needmaps.tiers import EXACTLY, NotInRelease, Source, Tier
from listening.needmaps.version import Version
from listening.records.models import Finding

PARAMETERS = ("layer", "edition", "period", "theme", "kind")


@dataclass(frozen=True, slots=True)
class NeedMapQuery:
    """One need map: the boundaries, a period, and what is counted (None: any theme, any kind).

    `coarser` are the editions of the layers above that held together with it, fine to coarse. `epoch` is the one in
    which they are counted; None where that is where records are stored today. `source` is the release in which the
    reader finds the figures instead; None: they are counted. `tier` says what else of the layer they read.
    """

    edition: BoundaryEdition
    period: Period
    theme: Theme | None
    kind: str | None
    reach: Reach
    coarser: tuple[BoundaryEdition, ...] = ()
    epoch: int | None = None
    tier: Tier = EXACTLY
    source: Source | None = None

    @property
    def layer(self) -> Layer:
        return self.edition.layer

    @property
    def role(self) -> str:
        """Of the cells in which it is counted."""
        return "encounter" if self.epoch is None else f"encounter:{self.epoch}"

    def windows(self, compare: Compare = "year") -> Windows:
        """What live counts may be held against: never a quarter of which the reader knows the release alone."""
        windows = Windows.of(self.period, compare)
        ref, base = (None if one is None or self.tier.touched(one) else one for one in (windows.ref, windows.base))
        return replace(windows, ref=ref, base=base)

    def check_counted(self, period: Period, what: str = "") -> None:
        """Asked wherever conversations are counted. Raises NotInRelease: of what is published the release is read."""
        if self.tier.touched(period):
            raise NotInRelease(self.tier, period, what=what)


def parse_query(
    params: Mapping[str, str], scope: Scope, *, in_parts: bool = False, version: Version | None = None
) -> NeedMapQuery:
    """Read a query; what is left out is the default layer, the usual period of the reader, any theme and any kind.

    Whoever has districts of other layers alone gets the coarsest of these as the default. `in_parts`: the caller cuts
    the period, and asks the tier for the source of each part. `version`: one that was read before, under
    which boundaries and themes are kept. Raises InvalidParameter, naming the value and the valid ones.
    """
    reach = scope.reach(*READ_COUNTS)
    today = boundaries_of_today(version)
    edition = _edition(params.get("layer", ""), reach, list(today.editions))
    tier, held = Tier.of(edition, today.editions, scope), today
    if (code := params.get("edition", "")) and code != edition.code:
        held, edition = boundaries_of(edition.layer, code, reach)
        tier = tier.in_edition(edition)
    period = parse_period(params.get("period", ""), tier)
    source = None if in_parts else tier.source(period)
    kind = parse_kind(params.get("kind", ""))
    if kind and (source or (in_parts and tier.touched(period))):
        raise NotInRelease(tier, period, what=f"by kind of finding, such as {kind}", parameter="kind", value=kind)
    return NeedMapQuery(
        edition=edition,
        coarser=tuple(one for one in held.editions if one.layer.rank > edition.layer.rank),
        epoch=held.epoch,
        period=period,
        theme=parse_theme(params.get("theme", ""), scope, version),
        kind=kind,
        reach=reach,
        tier=tier,
        source=source,
    )


def available_periods(reach: Reach) -> tuple[Period, ...]:
    """Years, quarters and months in which conversations were held within a reach, newest first within each."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.needmaps", "list_months.sql"), {"districts": reach.as_list()})
        months = [row[0] for row in cursor.fetchall()]
    return (
        *(Period.year(year) for year in dict.fromkeys(m.year for m in months)),
        *(Period.quarter(*key) for key in dict.fromkeys((m.year, (m.month + 2) // 3) for m in months)),
        *(Period.month(m.year, m.month) for m in months),
    )


def _edition(code: str, reach: Reach, editions: list[BoundaryEdition]) -> BoundaryEdition:
    found = [e for e in editions if (e.layer.code == code if code else e.layer.is_default)]
    if not found and not code:
        found = editions
    if not code and not reach.everywhere:
        own = set(District.objects.filter(pk__in=reach.districts).values_list("edition", flat=True).distinct())
        found = (
            sorted(
                (edition for edition in editions if edition.pk in own), key=lambda e: (e not in found, -e.layer.rank)
            )
            or found
        )
    if not found:
        raise InvalidParameter(
            f"There is no layer {code!r}." if code else "No boundaries have been imported yet.",
            parameter="layer",
            value=code,
            allowed=[edition.layer.code for edition in editions],
        )
    return found[0]


def parse_period(text: str, tier: Tier) -> Period:
    """Read a period, the usual one of the reader when it is left out. Raises InvalidParameter."""
    if not text:
        return tier.usual_period()
    try:
        period = Period.parse(text)
    except NotAPeriod as error:
        raise InvalidParameter(str(error), parameter="period", value=text, allowed=[FORMS]) from error
    tier.check(period)
    return period


def readable_themes(scope: Scope) -> QuerySet[Theme]:
    """Themes whose counts a person may read: all but those that stay in the office, unless cleared for these."""
    return _themes(scope.clears("internal", *READ_COUNTS))


def _themes(is_cleared: bool) -> QuerySet[Theme]:
    hidden = () if is_cleared else ("internal",)
    return Theme.objects.exclude(sensitivity__in=hidden).exclude(parent__sensitivity__in=hidden)


def themes_of(scope: Scope, version: Version) -> tuple[Theme, ...]:
    """The same, kept by a version that was read before. One query, none when they are kept."""
    return _kept_themes(scope.clears("internal", *READ_COUNTS), version.without_counts())


@lru_cache(maxsize=MOST_KEPT)
def _kept_themes(is_cleared: bool, version: Version) -> tuple[Theme, ...]:
    return tuple(_themes(is_cleared))


def parse_theme(code: str, scope: Scope, version: Version | None = None) -> Theme | None:
    """Read a theme; None for any. Raises InvalidParameter."""
    if not code:
        return None
    themes = readable_themes(scope)
    # PostgreSQL refuses NUL in a text; no theme has one in its code.
    if version is None:
        theme = themes.filter(code=code).first() if "\0" not in code else None
    else:
        theme = next((one for one in themes_of(scope, version) if one.code == code), None)
    if theme is None:
        raise InvalidParameter(
            f"There is no theme {code!r} that your assignments may map.",
            parameter="theme",
            value=code,
            allowed=list(themes.values_list("code", flat=True)),
        )
    return theme


def parse_compare(params: Mapping[str, str]) -> Compare:
    """Read what a quarter is compared with. Raises InvalidParameter."""
    text = params.get("compare", "") or COMPARISONS[0]
    for name in COMPARISONS:
        if name == text:
            return name
    raise InvalidParameter(
        f"There is no comparison {text!r}.", parameter="compare", value=text, allowed=list(COMPARISONS)
    )


def parse_kind(kind: str) -> str | None:
    """Read a kind of finding; None for any. Raises InvalidParameter."""
    if not kind:
        return None
    if kind not in Finding.Kind.values:
        raise InvalidParameter(
            f"There is no kind {kind!r}.", parameter="kind", value=kind, allowed=list(Finding.Kind.values)
        )
    return kind
