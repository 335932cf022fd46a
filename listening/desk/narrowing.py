"""Which conversations the desk lists: those of a day, a district, a listener, or those that lack a theme."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Max
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from backend import clock
from backend.problems import InvalidParameter
from districts.models import District
from listening.capture.api.filters import district_named
from listening.fieldwork.models import User
from listening.fieldwork.querysets import looked_after
from listening.fieldwork.roles import COORDINATE
from listening.records.querysets import ConversationQuerySet

PARAMETERS: Final = ("day", "district", "listener", "unthemed", "cursor", "purpose")


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    label: str
    selected: bool


def day_named(text: str) -> dt.date:
    """The day that a text names, today without one. Raises InvalidParameter."""
    if not text:
        return clock.today()
    try:
        day = dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 9999:
        words = {"value": text[:50], "today": clock.today().isoformat()}
        detail = _("“%(value)s” is no day; write it as year-month-day, e.g. %(today)s.") % words
        raise InvalidParameter(detail, parameter="day", value=text, allowed=["year-month-day"])
    return day


def narrowed(conversations: ConversationQuerySet, params: Any, listeners: Sequence[User]) -> ConversationQuerySet:
    """Those that arrived on the day, and fit all that is asked for. Raises InvalidParameter."""
    day, zone = day_named(params.get("day", "")), get_default_timezone()
    since, until = (dt.datetime.combine(one, dt.time(), zone) for one in (day, day + dt.timedelta(days=1)))
    return of_any_day(conversations, params, listeners).received_between(since, until)


def newest_day(conversations: ConversationQuerySet, params: Any, listeners: Sequence[User]) -> dt.date | None:
    """The last day on which something arrived that fits all else that is asked for. One query."""
    newest = of_any_day(conversations, params, listeners).aggregate(at=Max("received_at"))["at"]
    return None if newest is None else clock.local_date(newest)


def of_any_day(conversations: ConversationQuerySet, params: Any, listeners: Sequence[User]) -> ConversationQuerySet:
    """Those that fit all that is asked for but the day. Raises InvalidParameter."""
    found = conversations
    if named := params.get("district", ""):
        found = found.held_in(district_named("district", named))
    if name := params.get("listener", ""):
        listener = next((one for one in listeners if one.username == name), None)
        if listener is None:
            detail = _("You look after no listener “%(value)s”.") % {"value": name[:150]}
            allowed = [one.username for one in listeners]
            raise InvalidParameter(detail, parameter="listener", value=name, allowed=allowed)
        found = found.filter(listener=listener)
    if (unthemed := params.get("unthemed", "")) not in {"", "yes"}:
        detail = _("unthemed=%(value)s: write yes, or leave it out.") % {"value": unthemed[:50]}
        raise InvalidParameter(detail, parameter="unthemed", value=unthemed, allowed=["yes"])
    return found.unclassified() if unthemed else found


def listeners_of(person: User) -> list[User]:
    """Whom a coordinator looks after, by name; also themselves. One query."""
    return list(User.objects.filter(looked_after(person, "pk")).order_by("username"))


def districts_of(person: User, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Districts of today that a coordinator may choose, by layer, the coarsest first: (layer, [(value, name)])."""
    reach = person.scope.reach(*COORDINATE)
    places = District.objects.valid_on(clock.today()).select_related("edition__layer")
    if not reach.everywhere:
        places = places.filter(pk__in=reach.districts)
    groups: dict[str, list[tuple[str, str]]] = {}
    for place in places.defer("geometry").order_by("-edition__layer__rank", "edition__layer__code", "code"):
        layer = place.edition.layer
        groups.setdefault(layer.name_in(language), []).append((f"{layer.code}:{place.code}", place.name))
    return list(groups.items())
