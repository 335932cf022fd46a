"""Candidate clusters over HTTP: for analysts, and in the words that such a finding can bear."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.api.documents import METHOD, as_period, counts, place_claimed, provenance
from listening.needmaps.api.parameters import EDITION, KIND, LAYER, PERIOD, THEME
from listening.needmaps.api.serializers import ClustersSerializer
from listening.needmaps.api.tagged import Tagged
from listening.needmaps.build import build_need_map
from listening.needmaps.clusters import clusters_of
from listening.needmaps.query import PARAMETERS, parse_query
from listening.statistics.shares import rounded

NOTES: Final = [
    "A candidate cluster is a reason to listen more there; it is no proof: chance makes some.",
    "gi_z, gi_p: Getis-Ord Gi* of share_eb over a place and those that touch it; p by permutation, one-sided.",
    "is_high, is_low: gi_p holds with 5 % false discoveries. quadrant: local Moran, likewise; HL and LH are outliers.",
]


class NeedMapClustersView(APIView):
    """Where neighbouring places are high, or low, together."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="need_map_clusters",
        parameters=[LAYER, EDITION, PERIOD, THEME, KIND],
        responses={200: ClustersSerializer, 304: OpenApiResponse(description="You have these clusters.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """Candidate clusters of a need map: Gi* and local Moran of its empirical-Bayes shares."""
        refuse_unknown(request.GET, PARAMETERS)
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        need_map = build_need_map(parse_query(request.GET.dict(), person_of(request).scope))
        found = clusters_of(need_map)
        query = need_map.query
        told = {
            "layer": query.layer.code,
            "edition": need_map.edition.code,
            "period": as_period(query.period),
            "theme": query.theme and query.theme.code,
            "kind": query.kind,
            "is_partial": need_map.is_partial,
            "method": METHOD,
            "provenance": provenance(query),
            "permutations": found.permutations,
            "seed": found.seed,
            "notes": NOTES,
            "places": [
                {
                    "id": need.district_id,
                    "code": need.code,
                    "name": need.name,
                    **counts(need),
                    **place_claimed(need),
                    "is_tested": bool(found.is_tested[at]),
                    "gi_z": rounded(float(found.gi_z[at])) if found.is_tested[at] else None,
                    "gi_p": rounded(float(found.gi_p[at])) if found.is_tested[at] else None,
                    "is_high": bool(found.is_high[at]),
                    "is_low": bool(found.is_low[at]),
                    "lisa_p": rounded(float(found.lisa_p[at])) if found.is_tested[at] else None,
                    "quadrant": str(found.quadrant[at]) or None,
                }
                for at, need in enumerate(need_map.districts)
            ],
        }
        return tagged.json(told)
