"""Coverage over HTTP: how much listening stands behind each place, and where to listen next."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.query_parameters import refuse_unknown
from backend.problems import InvalidParameter
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.api.coverage_serializers import CoverageNextSerializer, CoverageSerializer
from listening.needmaps.api.documents import METHOD, as_period, provenance
from listening.needmaps.api.parameters import EDITION, LAYER, PERIOD
from listening.needmaps.api.tagged import Tagged
from listening.needmaps.coverage import USUAL_CONVERSATIONS, USUAL_SESSIONS, Lately, Listening, cover, propose
from listening.needmaps.query import NeedMapQuery, parse_query
from listening.needmaps.representation import priority_bands, represent
from listening.statistics.shares import rounded

# What may be asked for; the larger numbers are a metropolis.
MOST: Final = {"conversations": 1_000_000, "sessions": 10_000}
USUAL: Final = {"conversations": USUAL_CONVERSATIONS, "sessions": USUAL_SESSIONS}


class CoverageView(APIView):
    """How much listening stands behind each place."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="coverage",
        parameters=[LAYER, EDITION, PERIOD],
        responses={200: CoverageSerializer, 304: OpenApiResponse(description="You have this coverage.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """Conversations, people and sessions of each place, and people met per 1,000 residents."""
        refuse_unknown(request.GET, ("layer", "edition", "period"))
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        query = parse_query(request.GET.dict(), person_of(request).scope)
        told = cover(query)
        balance = told.balance
        is_known = bool(balance.is_known)
        return tagged.json(
            {
                **coverage_head(query),
                "period": as_period(query.period),
                "places": [
                    {
                        **_counted(place),
                        "listening_rate": rounded(float(told.rates.per_1000[at])) if told.rates.is_known[at] else None,
                        "rate_ratio": rounded(float(told.rates.ratio[at])) if told.rates.is_known[at] else None,
                        "is_low": bool(told.rates.is_low[at]) if told.rates.is_known[at] else None,
                    }
                    for at, place in enumerate(told.places)
                ],
                "elsewhere": told.elsewhere.conversations if told.elsewhere else None if query.source else 0,
                "dissimilarity": rounded(float(balance.dissimilarity)) if is_known else None,
                "dissimilarity_by_chance": rounded(float(balance.by_chance)) if is_known else None,
            },
        )


class CoverageNextView(APIView):
    """Where to listen next."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="coverage_next",
        parameters=[
            LAYER,
            OpenApiParameter(
                "conversations", int, description=f"That can be held in a year; {USUAL['conversations']} when left out."
            ),
            OpenApiParameter(
                "sessions", int, description=f"That can be held in the quarter; {USUAL['sessions']} when left out."
            ),
        ],
        responses={200: CoverageNextSerializer, 304: OpenApiResponse(description="You have this proposal.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The sessions of the next quarter, divided among the places that lack most conversations."""
        refuse_unknown(request.GET, ("layer", "conversations", "sessions"))
        query = parse_query({"layer": request.GET.get("layer", "")}, person_of(request).scope)
        affordable, sessions = (_number(request, name) for name in ("conversations", "sessions"))
        lately = Lately.of(query)
        query = replace(query, period=lately.period, source=lately.sources[0] if lately.sources else None)
        proposals = propose(query, lately, affordable=affordable, sessions=sessions)
        # Bands of people are in no release.
        represented = [] if lately.sources else represent(query, lately.period)[1]
        priorities = {one.district_id: priority_bands(one) for one in represented}
        return answer(
            request,
            {
                **coverage_head(query),
                "period": as_period(lately.period),
                "conversations": affordable,
                "sessions": sessions,
                "places": [
                    {
                        **_counted(one.place),
                        "target": round(one.target, 1),
                        "deficit": round(one.deficit, 1),
                        "suggested_sessions": one.sessions,
                        "priority_bands": [
                            {
                                "variable": band.variable,
                                "band": band.band,
                                "rr": rounded(band.ratio),
                                "rr_high": rounded(band.high),
                            }
                            for band in priorities.get(one.place.district_id, ())
                        ],
                    }
                    for one in proposals
                ],
            },
        )


def coverage_head(query: NeedMapQuery) -> dict[str, Any]:
    """What holds for all places of an answer about coverage."""
    return {
        "layer": query.layer.code,
        "edition": query.edition.code,
        "is_partial": not query.reach.everywhere,
        "method": METHOD,
        "provenance": provenance(query),
    }


def _counted(place: Listening) -> dict[str, Any]:
    return {
        "id": place.district_id,
        "code": place.code,
        "name": place.name,
        "residents": place.residents,
        "conversations": place.conversations,
        "people": place.people,
        "sessions": place.sessions,
        "listeners": place.listeners,
    }


def _number(request: Request, name: str) -> int:
    text = request.GET.get(name, str(USUAL[name]))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= MOST[name]):
        raise InvalidParameter(
            f"{text!r} is no number of {name}.", parameter=name, value=text, allowed=[f"1 to {MOST[name]}"]
        )
    return int(text)


def answer(request: Request, told: dict[str, Any]) -> HttpResponse:
    """As JSON, with the tag by which a reader has it already."""
    body = json.dumps(told, ensure_ascii=False)
    headers = {"ETag": etag_of(body), "Cache-Control": "private, no-cache"}
    if not_modified(request, headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)
