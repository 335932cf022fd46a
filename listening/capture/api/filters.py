"""The declared filters of the record list: what is not here is refused."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.gis.geos import Polygon
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
from listening.records.querysets import ConversationQuerySet

SHORTEST_SEARCH = 2


class ConversationFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped upstream
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
        layer, _, code = value.rpartition(":")
        places = District.objects.valid_on(clock.local_date(clock.now()))
        if layer:
            found = places.in_layer(layer).filter(code=code).first()
        else:
            found = places.filter(pk=int(value)).first() if value.isdecimal() and len(value) < 19 else None
        if found is None:
            raise InvalidParameter(
                f"There is no district {value!r} today; write layer:code, e.g. zona:B, or an id.",
                parameter=name,
                value=value,
                allowed=["layer:code", "id"],
            )
        return queryset.held_in(found)

    def in_period(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        try:
            return queryset.held_during(Period.parse(value))
        except NotAPeriod as error:
            raise InvalidParameter(str(error), parameter=name, value=value, allowed=[FORMS]) from error

    def with_theme(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        theme = Theme.objects.filter(code=value).first()
        if theme is None:
            raise InvalidParameter(
                f"There is no theme {value!r}.",
                parameter=name,
                value=value,
                allowed=list(Theme.objects.values_list("code", flat=True)),
            )
        # Theme and kind must hold for one and the same finding.
        return queryset.hearing(theme=theme, kind=self.form.cleaned_data.get("kind") or None)

    def with_kind(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        return queryset if self.form.cleaned_data.get("theme") else queryset.hearing(kind=value)

    def in_bbox(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        try:
            box = parse_bbox(value)
        except BBoxError as error:
            raise InvalidParameter(str(error), parameter=name, value=value, allowed=["minx,miny,maxx,maxy"]) from error
        return queryset.meeting(Polygon.from_bbox((box.minx, box.miny, box.maxx, box.maxy)))

    def with_text(self, queryset: ConversationQuerySet, name: str, value: str) -> ConversationQuerySet:
        text = value.strip()
        if len(text) < SHORTEST_SEARCH:
            raise InvalidParameter(
                f"{value!r} is too short to search; give {SHORTEST_SEARCH} characters or more.",
                parameter=name,
                value=value,
                allowed=[f"{SHORTEST_SEARCH} characters or more"],
            )
        return queryset.saying(text)


FILTER_PARAMETERS = [
    OpenApiParameter(
        name,
        OpenApiTypes.UUID if isinstance(declared, django_filters.UUIDFilter) else str,
        description=declared.extra.get("help_text", ""),
        enum=[str(code) for code, _ in declared.extra.get("choices", ())] or None,
    )
    for name, declared in ConversationFilter.base_filters.items()
]


def filtered(queryset: ConversationQuerySet, params: Any, *, also: frozenset[str]) -> ConversationQuerySet:
    """Apply the declared filters; `also` are parameters that belong to the page, not to the filter.

    Raises InvalidParameter for an unknown parameter or a value that a filter refuses.
    """
    refuse_unknown(params, {*ConversationFilter.base_filters, *also})
    narrowed = ConversationFilter(params, queryset=queryset)
    if not narrowed.is_valid():
        name, messages = next(iter(narrowed.errors.items()))
        field = ConversationFilter.base_filters[name].extra.get("choices", ())
        raise InvalidParameter(
            " ".join(str(message) for message in messages),
            parameter=name,
            value=params.get(name, ""),
            allowed=[str(choice) for choice, _ in field] or ["a UUID"],
        )
    found: ConversationQuerySet = narrowed.qs
    return found
