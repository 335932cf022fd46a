"""Representation over HTTP: whether those who were listened to are like those who live there, and shares by weights."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend import clock
from backend.http.query_parameters import refuse_unknown
from backend.problems import InvalidParameter
from districts.margins import Reference
from districts.models import BoundaryEdition, District
from listening.codelists.models import Theme
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.fieldwork.scope import Scope
from listening.needmaps.api.coverage import answer, coverage_head
from listening.needmaps.api.documents import as_period
from listening.needmaps.api.parameters import LAYER, PERIOD, THEME
from listening.needmaps.api.representation_serializers import RepresentationSerializer, WeightsSerializer
from listening.needmaps.query import NeedMapQuery, parse_query, readable_themes
from listening.needmaps.released_bands import represent_released
from listening.needmaps.representation import BandFigures, Represented, VariableFigures, represent
from listening.needmaps.tiers import coarse_editions
from listening.needmaps.weigh import SCHEME, Weighed, WeightedMargin, weigh
from listening.statistics.intervals import LEVEL
from listening.statistics.shares import rounded

YEAR = OpenApiParameter(
    "year", int, description="Of the residents; left out: of each variable the newest up to the period's year."
)
SOURCE = OpenApiParameter("source", str, description="Of the residents, as it was imported; any when left out.")
NOTES: Final = [
    "rr: share of a band among the people met / its share among residents; rr_low to rr_high: 90 % interval.",
    "flag: under = rr_high is below 0.8; over = rr_low is above 1.25. Most of those between are not proven equal.",
    "reason: why a variable has no rr. rr_least, rr_most: rr if none, or all, of those not recorded were of the band.",
    "People are counted where they were met, residents where they live.",
    "Internal counts, not protected against disclosure: do not publish.",
]
RELEASED_NOTES: Final = [
    *NOTES[:-1],
    "As published: counts are rounded, and the interval takes the people of a conversation for one.",
]


class RepresentationView(APIView):
    """Who was listened to, against who lives there."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="coverage_representation",
        parameters=[LAYER, PERIOD, YEAR, SOURCE],
        responses={200: RepresentationSerializer, 304: OpenApiResponse(description="You have this representation.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The bands of those who were met in each place, against those of residents."""
        refuse_unknown(request.GET, ("layer", "period", "year", "source"))
        query = parse_query(request.GET.dict(), person_of(request).scope)
        asked = _reference_asked(request)
        everywhere, places = (
            represent_released(query, **asked) if query.source else represent(query, query.period, **asked)
        )
        return answer(
            request,
            {
                **coverage_head(query),
                "period": as_period(query.period),
                "interval_level": LEVEL,
                "notes": RELEASED_NOTES if query.source else NOTES,
                "city": _place(everywhere),
                "places": [
                    {"id": one.district_id, "code": one.code, "name": one.name, **_place(one)} for one in places
                ],
            },
        )


class WeightsView(APIView):
    """Shares as they would be if those who spoke were like those who live there."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="coverage_weights",
        parameters=[
            OpenApiParameter(
                "district",
                str,
                description="layer:code, e.g. quartiere:12, or id, of a district of a coarse layer; else the city.",
            ),
            PERIOD,
            THEME,
            OpenApiParameter(
                "variables", str, description="What to weigh by, e.g. age,citizenship; all that is known when left out."
            ),
            YEAR,
            SOURCE,
        ],
        responses={
            200: WeightsSerializer,
            304: OpenApiResponse(description="You have these weights."),
            409: OpenApiResponse(description="Weights would pretend too much."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Raking to the residents of the city or a district, and the shares of themes by it beside the plain ones."""
        refuse_unknown(request.GET, ("district", "period", "theme", "variables", "year", "source"))
        scope = person_of(request).scope
        query, district = _weighed_place(request, scope)
        first_level = readable_themes(scope).filter(parent=None, retired_on=None).order_by("position", "code")
        themes: list[Theme] = [query.theme] if query.theme else list(first_level)
        variables = [name for name in request.GET.get("variables", "").split(",") if name]
        weighed = weigh(query, district, themes, variables=variables, **_reference_asked(request))
        return answer(request, {**coverage_head(query), "period": as_period(query.period), **_weights(weighed)})


def _reference_asked(request: Request) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("year", "source")}


def _weighed_place(request: Request, scope: Scope) -> tuple[NeedMapQuery, District | None]:
    """The query of a district of the coarse layers, or of the coarsest as a whole. Raises InvalidParameter."""
    editions = sorted(
        BoundaryEdition.objects.valid_on(clock.today()).select_related("layer"),
        key=lambda one: (one.layer.rank, one.layer.code),
    )
    coarse = coarse_editions(editions)
    text = request.GET.get("district", "")
    params = {name: value for name, value in request.GET.dict().items() if name in {"period", "theme"}}
    layer, _, code = text.partition(":")
    is_id = text.isascii() and text.isdigit() and len(text) < 19
    wanted = {"pk": int(text)} if is_id else {"edition__layer__code": layer, "code": code}
    known = (
        District.objects.filter(edition__in=[one.pk for one in coarse])
        .select_related("edition__layer")
        .defer("geometry")
    )
    found = known.filter(**wanted).first()
    of = found.edition if found else coarse[-1] if coarse else None
    query = parse_query({**params, "layer": of.layer.code if of else ""}, scope)
    if not text and query.reach.everywhere:
        return query, None
    if found is None or not query.reach.covers(found.pk):
        raise InvalidParameter(
            f"There is no district {text!r} that your assignments may weigh; write layer:code, or the id, of one of "
            f"{', '.join(one.layer.code for one in coarse)}."
            if text
            else "Your assignments do not read the whole city: name a district.",
            parameter="district",
            value=text,
            allowed=[f"{one.edition.layer.code}:{one.code}" for one in known if query.reach.covers(one.pk)],
        )
    return query, found


def _place(one: Represented) -> dict[str, Any]:
    return {
        "conversations": one.conversations,
        "people": one.people,
        "bands": [_band(band) for variable in one.variables for band in variable.bands],
        "variables": [_variable(variable) for variable in one.variables],
    }


def _band(one: BandFigures) -> dict[str, Any]:
    return {
        "variable": one.variable,
        "band": one.band,
        "n": one.people,
        "share": rounded(one.share),
        "ref_share": rounded(one.reference_share),
        "rr": rounded(one.ratio),
        "rr_low": rounded(one.low),
        "rr_high": rounded(one.high),
        "rr_least": rounded(one.least),
        "rr_most": rounded(one.most),
        "flag": one.flag,
    }


def _variable(one: VariableFigures) -> dict[str, Any]:
    return {
        "variable": one.variable,
        "reference": one.reference and _reference(one.reference),
        "reason": one.reason,
        "n": one.people,
        "unknown": rounded(one.unknown),
        "n_eff": rounded(one.n_eff),
        "deff": rounded(one.deff),
        "dissimilarity": rounded(one.dissimilarity),
        "dissimilarity_by_chance": rounded(one.by_chance),
        "excess": rounded(one.excess),
        "parity": rounded(one.parity),
    }


def _reference(one: Reference) -> dict[str, Any]:
    return {"year": one.year, "source": one.source}


def _weights(told: Weighed) -> dict[str, Any]:
    weights = told.weights
    return {
        "district": told.district and {"id": told.district.pk, "code": told.district.code, "name": told.district.name},
        "scheme": SCHEME,
        "margins": [_margin(one, told) for one in told.margins],
        "iterations": weights.sweeps,
        "converged": weights.converged,
        "largest_gap": rounded(weights.largest_gap),
        "conversations": len(weights.weights),
        "deff": rounded(weights.design_effect),
        "n_eff": rounded(weights.effective_size),
        "w_min": rounded(float(weights.weights.min())),
        "w_max": rounded(float(weights.weights.max())),
        "themes": [
            {"theme": theme.code, "mentioning": number, "share": rounded(plain), "share_weighted": rounded(weighted)}
            for theme, number, plain, weighted in zip(
                told.themes, told.mentioning, told.shares, told.weighted_shares, strict=True
            )
        ],
    }


def _margin(one: WeightedMargin, told: Weighed) -> dict[str, Any]:
    name, total = one.reference.variable, sum(one.residents)
    before, after, groups = (
        getattr(told.weights, kind)[name].tolist() for kind in ("shares_before", "shares_after", "groups")
    )
    return {
        "variable": name,
        "reference": _reference(one.reference),
        "bands": [
            {
                "band": band,
                "group": groups[at],
                "ref_share": rounded(one.residents[at] / total),
                "share_before": rounded(before[at]),
                "share_after": rounded(after[at]),
            }
            for at, band in enumerate(one.bands)
        ],
    }
