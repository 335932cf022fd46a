"""What residents are told, for phones to show and for anybody to read."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.conditional import etag_of, not_modified
from backend.http.query_parameters import refuse_unknown
from backend.policy import Public
from listening.consent.models import Notice


class NoticeSerializer(serializers.Serializer[Any]):
    """The notice in one language; `sha256` is of the text in UTF-8."""

    version = serializers.CharField()
    language = serializers.CharField()
    text = serializers.CharField()
    sha256 = serializers.CharField()


class NoticesSerializer(serializers.Serializer[Any]):
    """The version of today, in every language."""

    notices = NoticeSerializer(many=True)


class NoticesView(APIView):
    """Notices for residents."""

    permission_classes = [Public]
    authentication_classes: list[type[BaseAuthentication]] = []
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="list_notices",
        auth=[],
        responses={200: NoticesSerializer, 304: OpenApiResponse(description="You have these notices.")},
    )
    def get(self, request: Request) -> HttpResponse:
        """What residents are told of their data today, in every language it was written in."""
        refuse_unknown(request.GET, [])
        current = Notice.objects.current().order_by("language")
        body = json.dumps(
            {"notices": list(current.values("version", "language", "text", "sha256"))}, ensure_ascii=False
        )
        headers = {"ETag": etag_of(body), "Cache-Control": "public, max-age=60"}
        if not_modified(request, headers["ETag"]):
            return HttpResponse(status=304, headers=headers)
        return HttpResponse(body, content_type="application/json", headers=headers)
