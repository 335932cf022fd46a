"""Read what the address of the page asks for. What cannot be read is left out, and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backend import clock
from backend.periods import Period
from backend.problems import InvalidParameter
from districts.models import District
from listening.codelists.models import Theme
from listening.dashboard.choices import Themes, count_by_theme
from listening.dashboard.ranking import Sort
from listening.fieldwork.roles import READ_COUNTS
from listening.fieldwork.scope import Scope
from listening.needmaps.build import NeedMapQuery, available_periods, parse_query
from listening.needmaps.query import PARAMETERS, readable_themes
from listening.needmaps.released import released_counts
from listening.needmaps.tiers import NotInRelease, PeriodIsOpen, PeriodIsRagged

# What is repeated of a value that makes no sense, in characters.
LONGEST_VALUE = 60


# The views by their names in the address, in the order of the tabs; the first is the usual one.
VIEWS = ("need", "coverage", "change", "trend", "compare", "clusters", "hexagons")

# What the colours of a need map say: the share, striped where it is known roughly; the share; how well it is known.
SHADINGS = ("both", "share", "certainty")


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
    # Code of the boundaries that were asked for; empty for those of today.
    edition: str = ""
    shading: str = SHADINGS[0]

    @property
    def compares(self) -> bool:
        """Whether a theme or kind is asked for; otherwise every conversation counts, and no place stands out."""
        return self.query.theme is not None or self.query.kind is not None

    @property
    def sort(self) -> Sort:
        """The chosen order, else from the highest share, else from most conversations."""
        return self.chosen_sort or Sort("share" if self.compares else "conversations", descending=True)


def read(params: Mapping[str, str], scope: Scope, language: str) -> Reading:
    """Read layer, edition, period, theme, kind and sort; the view, the place looked at, and the period beside.

    Left out: the default layer, the newest year with records, the theme heard most, any kind. An empty theme is any
    theme. Raises NoLayer.
    """
    available = available_periods(scope.reach(*READ_COUNTS))
    usable = {name: params[name] for name in PARAMETERS if params.get(name)}
    notices: list[str] = []
    usual = [period.label for period in available] or [str(clock.local_date(clock.now()).year)]
    query = _query(usable, usual, scope, notices)
    themes = Themes(language, *_themes(query, scope))
    if "theme" not in params:
        query = replace(query, theme=themes.most_heard)
    view = params.get("view") or VIEWS[0]
    if view not in VIEWS:
        notices.append(_("There is no view “%(value)s”; this is the need map.") % {"value": view[:LONGEST_VALUE]})
        view = VIEWS[0]
    shading = params.get("shading") or SHADINGS[0]
    if shading not in SHADINGS:
        notices.append(_("Colours cannot say “%(value)s”; they say the share.") % {"value": shading[:LONGEST_VALUE]})
        shading = SHADINGS[0]
    other = _other(params.get("with", ""), usable, scope, notices)
    place = params.get("place", "")
    if place and not _has_place(query, place):
        notices.append(_("There is no place “%(value)s” on this map.") % {"value": place[:LONGEST_VALUE]})
        place = ""
    sort = Sort.parse(params.get("sort", ""))
    if sort is None and params.get("sort"):
        notices.append(_("The table cannot be sorted by “%(value)s”.") % {"value": params["sort"][:LONGEST_VALUE]})
    offered = tuple(period for period in available if query.tier.reads(period))
    edition = query.edition.code if query.edition.code == params.get("edition") else ""
    return Reading(query, sort, themes, offered, tuple(notices), view, place, other, edition, shading)


def _themes(query: NeedMapQuery, scope: Scope) -> tuple[QuerySet[Theme], dict[int, int]]:
    """The themes that can be mapped, and how many conversations mention each; of a release, those that it tells."""
    themes = readable_themes(scope)
    if query.source is None:
        return themes, count_by_theme(query)
    told = released_counts(query)
    themes = themes.filter(code__in=told)
    return themes, {pk: told[code] for pk, code in themes.values_list("pk", "code") if told[code]}


def _other(text: str, params: dict[str, str], scope: Scope, notices: list[str]) -> Period | None:
    """The period to hold beside the one shown, as far as the reader may read it; None for the usual one."""
    if not text:
        return None
    asked = {"layer": params.get("layer", ""), "period": text}
    try:
        return parse_query(asked, scope).period
    except PeriodIsOpen:
        notices.append(
            _("“%(value)s” is not over yet, so nothing is compared with it.") % {"value": text[:LONGEST_VALUE]}
        )
    except InvalidParameter:
        notices.append(_("“%(value)s” is not a period to compare with.") % {"value": text[:LONGEST_VALUE]})
    return None


def _has_place(query: NeedMapQuery, code: str) -> bool:
    """Whether a layer has a place within the reach of its reader. PostgreSQL refuses NUL in a text."""
    found = District.objects.filter(edition=query.edition, code=code) if "\0" not in code else District.objects.none()
    return any(query.reach.covers(pk) for pk in found.values_list("pk", flat=True))


def _query(params: dict[str, str], usual: list[str], scope: Scope, notices: list[str]) -> NeedMapQuery:
    """Parse, leaving out one unusable parameter after the other; of the usual periods the first that may be read."""
    try:
        return parse_query({**({"period": usual[0]} if usual else {}), **params}, scope)
    except (PeriodIsRagged, NotInRelease) as problem:
        parameter = str(problem.members["parameter"])
        if parameter == "period" and "period" not in params:
            if usual:
                return _query(params, usual[1:], scope, notices)
            # Nothing of the layer may be read at all.
            parameter = "layer"
        if parameter not in params:
            raise NoLayer from problem
        says = (
            _("“%(value)s” is not made of whole quarters, by which you read counts; the map shows the usual period.")
            if isinstance(problem, PeriodIsRagged)
            else _("You read what is published, and it has no such figures of “%(value)s”; the map shows others.")
        )
        notices.append(says % {"value": params[parameter][:LONGEST_VALUE]})
        return _query({name: value for name, value in params.items() if name != parameter}, usual, scope, notices)
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
