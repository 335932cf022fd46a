"""The declared filters of the record list: what is not here is refused."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import django_filters
from django.contrib.gis.geos import Polygon
from django.db.models import QuerySet
from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from backend import clock
from backend.geo.bbox import BBoxError, parse_bbox
from backend.http.query_parameters import refuse_unknown
from backend.periods import FORMS, NotAPeriod, Period
from backend.problems import InvalidParameter
from districts.models import District
from listening.codelists.models import Theme
from listening.records.models import Conversation, Finding
from listening.records.querysets import ConversationQuerySet, FindingQuerySet

LEAST_DIGITS = 3
MASKED = re.compile(rf"(?:\d\W?){{{LEAST_DIGITS}}}|@")
SHORTEST_SEARCH = 2


class AskedFilters(django_filters.FilterSet):  # type: ignore[misc]  # untyped upstream
    """The declared filters of which a request gives a value: the others need no field of a form, and no time."""

    base_filters: dict[str, django_filters.Filter]

    def __init__(self, params: QueryDict, *, queryset: QuerySet[Any]) -> None:
        self.base_filters = {name: declared for name, declared in self.base_filters.items() if name in params}
        super().__init__(params, queryset=queryset)


class ConversationFilter(AskedFilters):
    """Narrow the conversations a person may read; all that are given must hold."""

    district = django_filters.CharFilter(
        method="in_district", help_text="layer:code of a district of any layer, e.g. zona:B; or its id."
    )
    period = django_filters.CharFilter(method="in_period", help_text=f"Days in the city's time: {FORMS}.")
    theme = django_filters.CharFilter(method="with_theme", help_text="Code of a theme; includes those below it.")
    kind = django_filters.ChoiceFilter(
        method="with_kind", choices=Finding.Kind.choices, help_text="Kind of finding; with theme: of the same finding."
    )
    channel = django_filters.ChoiceFilter(choices=Conversation.Channel.choices)
    language = django_filters.CharFilter(help_text="BCP 47 tag of the language spoken.")
    listener = django_filters.CharFilter(field_name="listener__username", help_text="Username of the listener.")
    session = django_filters.UUIDFilter(field_name="session_id")
    venue = django_filters.CharFilter(field_name="venue__code")
    bbox = django_filters.CharFilter(
        method="in_bbox", help_text="minx,miny,maxx,maxy in degrees, longitude first; matches located conversations."
    )
    q = django_filters.CharFilter(
        method="with_text", help_text="Text in the summary or a finding, whatever its accents and case."
    )

    class Meta:
        model = Conversation
        fields: list[str] = []

    def in_district(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        return queryset.held_in(district_named(name, value))

    def in_period(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        return queryset.held_during(period_named(name, value))

    def with_theme(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        # Theme and kind must hold for one and the same finding.
        return queryset.hearing(theme=theme_named(name, value), kind=self.form.cleaned_data.get("kind") or None)

    def with_kind(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        return queryset if self.form.cleaned_data.get("theme") else queryset.hearing(kind=value)

    def in_bbox(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        try:
            box = parse_bbox(value)
        except BBoxError as error:
            raise InvalidParameter(str(error), parameter=name, value=value, allowed=["minx,miny,maxx,maxy"]) from error
        return queryset.meeting(Polygon.from_bbox((box.minx, box.miny, box.maxx, box.maxy)))

    def with_text(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        return queryset.saying(text_to_search(name, value))


class FindingFilter(AskedFilters):
    """Narrow the findings a person may read, by what is shown of them and by nothing else."""

    district = django_filters.CharFilter(
        method="in_district", help_text="layer:code of a district of any layer, e.g. zona:B; or its id."
    )
    period = django_filters.CharFilter(method="in_period", help_text="Whole months: 2026, 2026-Q3 or 2026-07.")
    theme = django_filters.CharFilter(method="with_theme", help_text="Code of a theme; includes those below it.")
    kind = django_filters.ChoiceFilter(choices=Finding.Kind.choices, help_text="Kind of finding.")
    q = django_filters.CharFilter(method="with_text", help_text="Text of the finding, whatever its accents and case.")

    class Meta:
        model = Finding
        fields: list[str] = []

    def in_district(self, queryset: FindingQuerySet, name: str, value: str) -> FindingQuerySet:
        return queryset.heard_in(district_named(name, value))

    def in_period(self, queryset: FindingQuerySet, name: str, value: str) -> FindingQuerySet:
        period = period_named(name, value)
        if any(grain == "day" for grain, _, _ in period.segments()):
            # Days are not shown, so they must not be found out by asking.
            raise InvalidParameter(
                f"{value!r} is not made of whole months.",
                parameter=name,
                value=value,
                allowed=["2026-07"],
            )
        return queryset.heard_during(period)

    def with_theme(self, queryset: FindingQuerySet, name: str, value: str) -> FindingQuerySet:
        return queryset.about(theme_named(name, value))

    def with_text(self, queryset: FindingQuerySet, name: str, value: str) -> FindingQuerySet:
        return queryset.saying(words_to_search(name, value))


def district_named(parameter: str, value: str) -> District:
    """The district of today that `layer:code`, or an id, names. Raises InvalidParameter."""
    layer, _, code = value.rpartition(":")
    places = District.objects.valid_on(clock.today())
    if layer:
        found = places.in_layer(layer).filter(code=code).first()
    else:
        found = places.filter(pk=int(value)).first() if value.isdecimal() and len(value) < 19 else None
    if found is None:
        raise InvalidParameter(
            f"There is no district {value!r} today; write layer:code, e.g. zona:B, or an id.",
            parameter=parameter,
            value=value,
            allowed=["layer:code", "id"],
        )
    return found


def period_named(parameter: str, value: str) -> Period:
    """The period that a text names. Raises InvalidParameter."""
    try:
        return Period.parse(value)
    except NotAPeriod as error:
        raise InvalidParameter(str(error), parameter=parameter, value=value, allowed=[FORMS]) from error


def theme_named(parameter: str, value: str) -> Theme:
    """The theme of a code. Raises InvalidParameter."""
    theme = Theme.objects.filter(code=value).first()
    if theme is None:
        raise InvalidParameter(
            f"There is no theme {value!r}.",
            parameter=parameter,
            value=value,
            allowed=list(Theme.objects.values_list("code", flat=True)),
        )
    return theme


def text_to_search(parameter: str, value: str) -> str:
    """A text long enough to be searched for. Raises InvalidParameter."""
    text = value.strip()
    if len(text) < SHORTEST_SEARCH:
        raise InvalidParameter(
            f"{value!r} is too short to search; give {SHORTEST_SEARCH} characters or more.",
            parameter=parameter,
            value=value,
            allowed=[f"{SHORTEST_SEARCH} characters or more"],
        )
    return text


def words_to_search(parameter: str, value: str) -> str:
    """The same, and no number or address: what is masked in an answer is not found by guessing."""
    text = text_to_search(parameter, value)
    if MASKED.search(text):
        raise InvalidParameter(
            f"{value!r} has a number of {LEAST_DIGITS} digits or more, or an @: findings are searched for words.",
            parameter=parameter,
            value=value,
            allowed=["words"],
        )
    return text


def parameters_of(filters: type[AskedFilters]) -> list[OpenApiParameter]:
    """The declared filters as the OpenAPI document lists them."""
    return [
        OpenApiParameter(
            name,
            OpenApiTypes.UUID if isinstance(declared, django_filters.UUIDFilter) else str,
            description=declared.extra.get("help_text", ""),
            enum=[str(code) for code, _ in declared.extra.get("choices", ())] or None,
        )
        for name, declared in filters.base_filters.items()
    ]


Records = TypeVar("Records", ConversationQuerySet, FindingQuerySet)


def filtered(filters: type[AskedFilters], queryset: Records, params: QueryDict, *, also: frozenset[str]) -> Records:
    """Apply declared filters; `also` are parameters that belong to the page, not to the filter.

    Raises InvalidParameter for an unknown parameter or a value that a filter refuses.
    """
    refuse_unknown(params, {*filters.base_filters, *also})
    narrowed = filters(params, queryset=queryset)
    if not narrowed.is_valid():
        name, messages = next(iter(narrowed.errors.items()))
        field = filters.base_filters[name].extra.get("choices", ())
        raise InvalidParameter(
            " ".join(str(message) for message in messages),
            parameter=name,
            value=params.get(name, ""),
            allowed=[str(choice) for choice, _ in field] or ["a UUID"],
        )
    found: Records = narrowed.qs
    return found
