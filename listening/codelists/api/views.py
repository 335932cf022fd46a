"""The theme codelist over HTTP. Codes and labels are public."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.utils.translation import get_language_from_request
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.query_parameters import refuse_unknown
from backend.languages import name_in
from backend.policy import Public
from listening.codelists.api.serializers import ThemesSerializer
from listening.codelists.models import Theme


class ThemesView(APIView):
    """Themes on offer."""

    permission_classes = [Public]
    authentication_classes: list[type[BaseAuthentication]] = []
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="list_themes",
        auth=[],
        parameters=[
            OpenApiParameter("Accept-Language", str, OpenApiParameter.HEADER, description="Language of `label`.")
        ],
        responses={200: ThemesSerializer, 304: OpenApiResponse(description="You have these themes.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """The themes that are not retired, with labels in every language we have."""
        refuse_unknown(request.GET, [])
        language = get_language_from_request(request).partition("-")[0]
        themes = Theme.objects.on_offer().select_related("parent").prefetch_related("labels")
        body = json.dumps(
            {"language": language, "themes": [_shown(theme, language) for theme in themes]}, ensure_ascii=False
        )
        headers = {"ETag": etag_of(body), "Cache-Control": "public, max-age=60", "Vary": "Accept-Language"}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)


def _shown(theme: Theme, language: str) -> dict[str, object]:
    labels = {label.language: label.label for label in theme.labels.all()}
    return {
        "code": theme.code,
        "parent": theme.parent and theme.parent.code,
        "label": name_in(language, labels, theme.code),
        "labels": labels,
        "sensitivity": theme.sensitivity,
    }
