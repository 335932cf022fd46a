"""Places and themes as lists: what changes, what is heard most in a place, and a place at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from backend.problems import InvalidParameter
from districts.models import BoundaryEdition, District, Membership, Population
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.fieldwork.scope import Scope
from listening.needmaps.api.documents import METHOD, as_period, as_trend, counts, place_claimed, provenance
from listening.needmaps.api.list_serializers import DistrictProfileSerializer, TopThemesSerializer, TrendListSerializer
from listening.needmaps.api.parameters import COMPARE, EDITION, KIND, LAYER, PERIOD, THEME
from listening.needmaps.api.tagged import Tagged
from listening.needmaps.family import family_of
from listening.needmaps.need import Place
from listening.needmaps.query import NeedMapQuery, parse_compare, parse_query, themes_of
from listening.needmaps.tiers import NotInRelease
from listening.needmaps.trend import Comparison, Released, compare_released
from listening.needmaps.version import Version
from listening.statistics.emerging import EmergingNeeds
from listening.statistics.false_discovery import RATE
from listening.statistics.trends import FALLING, RISING

TOP: Final = 5  # themes of a profile


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A comparison of all themes in all places, with the needs that emerge."""

    comparison: Comparison | Released
    emerging: EmergingNeeds | None

    @classmethod
    def of(cls, query: NeedMapQuery, scope: Scope, request: Request, version: Version) -> Compared:
        by, themes = parse_compare(request.GET.dict()), themes_of(scope, version)
        if query.source is not None:
            return cls(compare_released(query, themes, by=by), None)
        family = family_of(query, themes, by=by, version=version)
        return cls(family.comparison, family.emerging)

    def line(self, place: int, theme: int) -> dict[str, Any]:
        """One place and theme; without the names of the place."""
        need, change = self.comparison.need(place, theme), self.comparison.change(place, theme)
        return {
            "theme": self.comparison.themes[theme].code,
            **counts(need),
            **place_claimed(need),
            "trend": change and as_trend(change),
            "emerging": None if self.emerging is None else bool(self.emerging.is_emerging[place, theme]),
        }

    def themes_of(self, place: int) -> list[dict[str, Any]]:
        """The themes of a place, from the highest empirical-Bayes share; those never heard anywhere are left out."""
        lines = [self.line(place, theme) for theme in range(len(self.comparison.themes))]
        # Of a release, a place with too little listening has no share, and still counts.
        heard = [line for line in lines if line["share_eb"] or line["mentioning"]]
        return sorted(heard, key=lambda line: (-(line["share_eb"] or 0.0), line["theme"]))

    def notable(self) -> Iterator[tuple[int, int]]:
        """Places and themes that rise, fall or emerge."""
        for place in range(len(self.comparison.places)):
            for theme in range(len(self.comparison.themes)):
                change = self.comparison.change(place, theme)
                emerges = self.emerging is not None and bool(self.emerging.is_emerging[place, theme])
                if emerges or (change is not None and change.label in (RISING, FALLING)):
                    yield place, theme

    def head(self, query: NeedMapQuery) -> dict[str, Any]:
        reference = self.comparison.reference
        return {
            "layer": query.layer.code,
            "edition": query.edition.code,
            "period": as_period(query.period),
            "reference_period": reference and as_period(reference),
            "kind": query.kind,
            "is_partial": not query.reach.everywhere,
            "method": METHOD,
            "provenance": provenance(query),
        }


class TrendView(APIView):
    """What changed since an earlier period."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="need_map_trend",
        parameters=[LAYER, EDITION, PERIOD, THEME, KIND, COMPARE],
        responses={200: TrendListSerializer, 304: OpenApiResponse(description="You have this list.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """Trends of a theme in all places; without a theme, all places and themes that rise, fall or emerge."""
        refuse_unknown(request.GET, ("layer", "edition", "period", "theme", "kind", "compare"))
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        scope = person_of(request).scope
        query = parse_query(request.GET.dict(), scope)
        compared = Compared.of(query, scope, request, tagged.version)
        comparison = compared.comparison
        theme = None if query.theme is None else comparison.theme_number(query.theme)
        if theme is None:
            lines = list(compared.notable())
        else:
            lines = [(place, theme) for place in range(len(comparison.places))]
        return tagged.json(
            {
                **compared.head(query),
                "theme": query.theme and query.theme.code,
                "comparisons": comparison.compared,
                "false_discovery_rate": RATE,
                "trends": [{**_named(comparison.places[place]), **compared.line(place, at)} for place, at in lines],
            },
        )


class TopThemesView(APIView):
    """What is heard most in a place."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="top_themes",
        parameters=[
            OpenApiParameter(
                "district", int, required=True, description="Id of a district, of today or of an older edition."
            ),
            PERIOD,
            KIND,
            COMPARE,
        ],
        responses={200: TopThemesSerializer, 304: OpenApiResponse(description="You have this list.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The themes of a place, from the highest share, each with its interval and trend."""
        refuse_unknown(request.GET, ("district", "period", "kind", "compare"))
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        scope = person_of(request).scope
        text = request.GET.get("district", "")
        district = _district(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        query = None if district is None else _query_of(district, request, scope)
        if query is None or district is None:
            raise InvalidParameter(
                f"There is no district {text!r} that your assignments may read.",
                parameter="district",
                value=text,
                allowed=["the id of a feature of /api/v1/need-map"],
            )
        compared = Compared.of(query, scope, request, tagged.version)
        place = _place_number(compared, query, district)
        return tagged.json(
            {
                **compared.head(query),
                "district": _named((district.pk, district.code, district.name)),
                "conversations": compared.comparison.conversations(place),
                "themes": compared.themes_of(place),
            },
        )


class DistrictProfileView(APIView):
    """A place at a glance."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="district_profile",
        parameters=[PERIOD, COMPARE],
        responses={200: DistrictProfileSerializer, 304: OpenApiResponse(description="You have this profile.")},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Residents, listening, the five themes heard most, and what rises, falls or emerges."""
        refuse_unknown(request.GET, ("period", "compare"))
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        scope = person_of(request).scope
        district = _district(str(pk))
        query = None if district is None else _query_of(district, request, scope)
        if query is None or district is None:
            raise Http404
        compared = Compared.of(query, scope, request, tagged.version)
        comparison = compared.comparison
        place = _place_number(compared, query, district)
        themes = compared.themes_of(place)
        conversations = comparison.conversations(place)
        population = Population.objects.filter(district=district).order_by("-year", "source").first()
        parents = Membership.objects.filter(
            child=district, is_main=True, parent__edition__in=query.coarser
        ).select_related("parent__edition__layer")
        return tagged.json(
            {
                **compared.head(query),
                "district": _named((district.pk, district.code, district.name)),
                "area_km2": round(district.area_km2, 3),
                "parents": [
                    {
                        **_named((one.parent_id, one.parent.code, one.parent.name)),
                        "layer": one.parent.edition.layer.code,
                    }
                    for one in parents.order_by("parent__edition__layer__rank", "parent__edition__layer__code")
                ],
                "residents": population
                and {"residents": population.residents, "year": population.year, "source": population.source},
                "conversations": conversations,
                "occasions": comparison.occasions(place),
                "listening_rate": _rate(conversations, population),
                "has_value": comparison.has_value(place),
                "themes": themes[:TOP],
                "rising": _labelled(themes, RISING),
                "falling": _labelled(themes, FALLING),
                "emerging": [line["theme"] for line in themes if line["emerging"]],
            },
        )


def _labelled(themes: Sequence[dict[str, Any]], label: str) -> list[str]:
    return [line["theme"] for line in themes if line["trend"] and line["trend"]["label"] == label]


def _rate(conversations: int, population: Population | None) -> float | None:
    """Conversations per 1,000 residents; None where the figure must not be a denominator."""
    if population is None or population.exclude_from_rates or not population.residents:
        return None
    return round(1000 * conversations / population.residents, 2)


def _district(pk: str) -> District | None:
    """A district of boundaries that hold, or held."""
    in_force = BoundaryEdition.Status.ACTIVE
    return District.objects.filter(pk=int(pk), edition__status=in_force).select_related("edition__layer").first()


def _query_of(district: District, request: Request, scope: Scope) -> NeedMapQuery | None:
    """The query of the edition of a district; None when it lies beyond what the person may read."""
    params = {name: value for name, value in request.GET.dict().items() if name in {"period", "kind"}}
    edition = {"layer": district.edition.layer.code, "edition": district.edition.code}
    try:
        query = parse_query({**params, **edition}, scope)
    except InvalidParameter as problem:
        if problem.members.get("parameter") in edition:
            return None
        raise
    return replace(query, theme=None) if query.reach.covers(district.pk) else None


def _place_number(compared: Compared, query: NeedMapQuery, district: District) -> int:
    """Which place of the answer a district is. Raises NotInRelease for one that is published as a part of another."""
    place = compared.comparison.place_number(district.pk)
    if place is None:  # it lies within reach, so it is on every map that is counted
        what = f"of {district.name} by itself: it is published together with a neighbour"
        raise NotInRelease(query.tier, query.period, what=what, parameter="district", value=str(district.pk))
    return place


def _named(place: Place) -> dict[str, Any]:
    pk, code, name = place
    return {"id": pk, "code": code, "name": name}
