"""Read what the address of the page asks for. What cannot be read is left out, and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from backend import clock
from backend.periods import Period
from backend.problems import InvalidParameter
from listening.dashboard.choices import Themes, count_by_theme
from listening.dashboard.ranking import Sort
from listening.fieldwork.roles import READ_COUNTS
from listening.fieldwork.scope import Scope
from listening.needmaps.build import NeedMapQuery, available_periods, parse_query
from listening.needmaps.query import PARAMETERS, readable_themes
from listening.needmaps.tiers import PeriodIsOpen

# What is repeated of a value that makes no sense, in characters.
LONGEST_VALUE = 60


class NoLayer(Exception):
    """No boundaries have been imported: there is nothing to draw."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is shown. `notices` name each value of the address that could not be used."""

    query: NeedMapQuery
    chosen_sort: Sort | None
    themes: Themes
    available: tuple[Period, ...]
    notices: tuple[str, ...]
    view: str = "need"
    # Code of the place that is looked at, in the layer of the query; empty for none.
    place: str = ""
    # The period that a view holds beside the one shown; None for the usual one.
    other: Period | None = None

    @property
    def compares(self) -> bool:
        """Whether a theme or kind is asked for; otherwise every conversation counts, and no place stands out."""
        return self.query.theme is not None or self.query.kind is not None

    @property
    def sort(self) -> Sort:
        """The chosen order, else from the highest share, else from most conversations."""
        return self.chosen_sort or Sort("share" if self.compares else "conversations", descending=True)


def read(params: Mapping[str, str], scope: Scope, language: str) -> Reading:
    """Read layer, edition, period, theme, kind and sort.

    Left out: the default layer, the newest year with records, the theme heard most, any kind. An empty theme is any
    theme. Raises NoLayer.
    """
    available = available_periods(scope.reach(*READ_COUNTS))
    usable = {name: params[name] for name in PARAMETERS if params.get(name)}
    notices: list[str] = []
    usual = [period.label for period in available] or [str(clock.local_date(clock.now()).year)]
    query = _query(usable, usual, scope, notices)
    themes = Themes(language, readable_themes(scope), count_by_theme(query))
    if "theme" not in params:
        query = replace(query, theme=themes.most_heard)
    sort = Sort.parse(params.get("sort", ""))
    if sort is None and params.get("sort"):
        notices.append(_("The table cannot be sorted by “%(value)s”.") % {"value": params["sort"][:LONGEST_VALUE]})
    return Reading(query, sort, themes, available, tuple(notices))


def _query(params: dict[str, str], usual: list[str], scope: Scope, notices: list[str]) -> NeedMapQuery:
    """Parse, leaving out one unusable parameter after the other; of the usual periods the first that may be read."""
    try:
        return parse_query({**({"period": usual[0]} if usual else {}), **params}, scope)
    except PeriodIsOpen:
        if "period" not in params:
            return _query(params, usual[1:], scope, notices)
        notices.append(
            _("“%(value)s” is not over yet: you read it by larger districts; the map shows the usual period.")
            % {"value": params["period"][:LONGEST_VALUE]}
        )
        return _query({name: value for name, value in params.items() if name != "period"}, usual, scope, notices)
    except InvalidParameter as problem:
        parameter = str(problem.members["parameter"])
        if parameter not in params:
            raise NoLayer from problem
        notices.append(_notice(parameter, params[parameter]))
        return _query({name: value for name, value in params.items() if name != parameter}, usual, scope, notices)


def _notice(parameter: str, value: str) -> str:
    sentence = {
        "layer": _("There is no layer “%(value)s”; the map shows the usual one."),
        "edition": _("There are no boundaries “%(value)s” that you may read; the map shows those of today."),
        "period": _("“%(value)s” is not a period; write it as 2026, 2026-Q3 or 2026-07; the map shows the usual one."),
        "theme": _("There is no theme “%(value)s”; the map shows all themes."),
        "kind": _("There is no kind “%(value)s”; the map shows all kinds."),
    }[parameter]
    return sentence % {"value": value[:LONGEST_VALUE]}
