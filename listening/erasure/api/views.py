"""Withdrawal and access by the code of a card. The code is in the body, which no log keeps."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from backend.http.strict_serializers import StrictCharField, StrictSerializer
from backend.policy import Public
from listening.capture.api.serializers import ConversationSerializer
from listening.consent.codes import NotACode
from listening.erasure.access_copy import as_json, copy_for
from listening.erasure.errors import NotAReceipt, ReceiptUnknown
from listening.erasure.jobs import withdraw


class CodeSerializer(StrictSerializer):
    """The code on a card."""

    code = StrictCharField(max_length=60, help_text="Seven groups of four; case, spaces and hyphens do not matter.")


class AskedSerializer(serializers.Serializer[Any]):
    """The same answer for every code."""

    within_days = serializers.IntegerField(help_text="Until when all that is stored under the code will be deleted.")


class CopiedFileSerializer(serializers.Serializer[Any]):
    """A photo or a recording of the conversation."""

    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    announced_at = serializers.DateTimeField()


class CopySerializer(ConversationSerializer):
    """What is stored of the conversation; nothing of the staff."""

    attachments = CopiedFileSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        return {name: field for name, field in fields.items() if name not in {"listener", "session", "version"}}


class CardView(APIView):
    """What the two views share: anybody who has a card, however they are signed in."""

    permission_classes = [Public]
    authentication_classes: list[type[BaseAuthentication]] = []
    renderer_classes = [JSONRenderer]
    rate_limit = "receipt"

    def code(self, request: Request) -> str:
        refuse_unknown(request.GET, [])
        told = CodeSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        code: str = told.validated_data["code"]
        return code


class WithdrawalView(CardView):
    """Ask for deletion."""

    @extend_schema(
        operation_id="withdraw_conversation", auth=[], request=CodeSerializer, responses={202: AskedSerializer}
    )
    def post(self, request: Request) -> HttpResponse:
        """Have the conversation of a card deleted. Every code is answered alike, at the same cost, known or not."""
        try:
            withdraw(self.code(request))
        except NotACode as error:
            raise NotAReceipt(str(error)) from None
        body = '{"within_days":1}'
        return HttpResponse(body, status=202, content_type="application/json", headers={"Cache-Control": "no-store"})


class CopyView(CardView):
    """Read what is stored."""

    @extend_schema(operation_id="copy_conversation", auth=[], request=CodeSerializer, responses={200: CopySerializer})
    def post(self, request: Request) -> HttpResponse:
        """What is stored of the conversation of a card."""
        try:
            document = copy_for(self.code(request))
        except NotACode as error:
            raise NotAReceipt(str(error)) from None
        if document is None:
            raise ReceiptUnknown
        return HttpResponse(as_json(document), content_type="application/json", headers={"Cache-Control": "no-store"})
