"""What the filter form offers: layers, themes with how often each is heard, kinds and periods with records."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from backend import clock
from backend.db import sql
from backend.languages import name_in
from backend.periods import Period
from districts.models import BoundaryEdition, Layer
from listening.codelists.models import Theme
from listening.drawing import wording
from listening.needmaps.query import NeedMapQuery


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a list; `count` conversations mention it."""

    value: str
    label: str
    selected: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Options under one heading."""

    label: str
    choices: tuple[Choice, ...]


def layers_today() -> list[Layer]:
    """The layers that have boundaries today, fine to coarse."""
    editions = BoundaryEdition.objects.valid_on(clock.local_date(clock.now())).select_related("layer")
    return sorted((edition.layer for edition in editions), key=lambda layer: (layer.rank, layer.code))


def layers(offered: list[Layer], selected: Layer, language: str) -> tuple[Choice, ...]:
    return tuple(Choice(layer.code, layer.name_in(language), layer == selected) for layer in offered)


def kinds(selected: str | None) -> tuple[Choice, ...]:
    return tuple(Choice(kind, str(label), kind == selected) for kind, label in wording.KINDS.items())


def periods(available: tuple[Period, ...], selected: Period) -> tuple[Group, ...]:
    """Years, quarters and months in which people were listened to, and the one that is shown."""
    years = [period for period in available if len(period.label) == 4]
    quarters = [period for period in available if "Q" in period.label]
    months = [period for period in available if period not in years and period not in quarters]
    groups = [(wording.YEARS, years), (wording.QUARTERS, quarters), (wording.MONTHS, months)]
    if selected not in available:
        groups.insert(0, (wording.CHOSEN_PERIOD, [selected]))
    return tuple(
        Group(str(label), tuple(Choice(p.label, wording.period(p), p == selected) for p in group))
        for label, group in groups
        if group
    )


class Themes:
    """The codelist as a reader sees it: labels in one language, counts of one period and kind.

    Two queries and the counts', whatever the number of themes.
    """

    def __init__(self, language: str, themes: QuerySet[Theme], counts: dict[int, int]) -> None:
        self._counts = counts
        self._themes = list(themes.prefetch_related("labels"))
        self._labels = {theme.pk: _label(theme, language) for theme in self._themes}

    def label(self, theme: Theme) -> str:
        return self._labels[theme.pk]

    @property
    def most_heard(self) -> Theme | None:
        """The theme of the upper level that most conversations mention; None when none is mentioned."""
        upper = [theme for theme in self._themes if theme.parent_id is None and theme.pk in self._counts]
        return max(upper, key=lambda theme: self._counts[theme.pk], default=None)

    def grouped(self, selected: Theme | None) -> tuple[Group, ...]:
        """Each theme of the upper level with those below it; retired ones only where they were heard."""
        groups = []
        for parent in self._themes:
            if parent.parent_id is None:
                family = [parent, *(theme for theme in self._themes if theme.parent_id == parent.pk)]
                offered = [t for t in family if t.retired_on is None or t.pk in self._counts or t == selected]
                choices = (
                    Choice(t.code, self._labels[t.pk], t == selected, self._counts.get(t.pk, 0)) for t in offered
                )
                groups.append(Group(self._labels[parent.pk], tuple(choices)))
        return tuple(group for group in groups if group.choices)


def count_by_theme(query: NeedMapQuery) -> dict[int, int]:
    """How many conversations within the reach of a query mention each theme; themes never heard are left out."""
    query.check_counted(query.period)
    segments = list(query.period.segments())
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.dashboard", "count_by_theme.sql"),
            {
                "role": query.role,
                "kind": query.kind or "any",
                "grains": [grain for grain, _, _ in segments],
                "firsts": [first for _, first, _ in segments],
                "untils": [until for _, _, until in segments],
                "first": query.period.first,
                "until": query.period.until,
                "districts": query.reach.as_list(),
            },
        )
        return dict(cursor.fetchall())


def _label(theme: Theme, language: str) -> str:
    """The label in a language, else in the city's, else in any, else the code."""
    labels = {label.language: label.label for label in theme.labels.all()}
    return name_in(language, labels, theme.code)
