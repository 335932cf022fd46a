"""Phones over HTTP: ask for a code, enrol, say hello, confirm, look at, revoke."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import clock
from backend.http.query_parameters import refuse_unknown
from backend.policy import Public
from backend.problems import InvalidParameter, InvalidRequest, NotFound
from listening.fieldwork.api.serializers import (
    ConfirmationSerializer,
    DeviceSerializer,
    DevicesSerializer,
    EnrolledSerializer,
    EnrolmentCodeSerializer,
    EnrolmentSerializer,
    GreetingSerializer,
    HelloSerializer,
)
from listening.fieldwork.authentication import bearer_token
from listening.fieldwork.enrolment import confirm, enrol, issue_code
from listening.fieldwork.hello import Signed, greet
from listening.fieldwork.models import Device
from listening.fieldwork.permissions import FromPhone, NotFromPhone, OnPages
from listening.fieldwork.person import person_of
from listening.fieldwork.qr import qr_of
from listening.fieldwork.revocation import revoke

MOST_DEVICES = 200  # in a list; the administration has them all


class DeviceView(APIView):
    """What the views of phones share."""

    permission_classes = [NotFromPhone]
    renderer_classes = [JSONRenderer]


class EnrolmentCodesView(DeviceView):
    """Codes by which phones are enrolled."""

    permission_classes = [OnPages]

    @extend_schema(operation_id="issue_enrolment_code", request=None, responses={201: EnrolmentCodeSerializer})
    def post(self, request: Request) -> Response:
        """A code by which you may enrol one phone within five minutes; it voids the one before."""
        issued = issue_code(person_of(request))
        shown = {"code": issued.code, "expires_at": issued.expires_at, "qr": qr_of(request, issued.code)}
        return Response(EnrolmentCodeSerializer(shown).data, status=201)


class EnrolView(APIView):
    """The door by which a phone comes in."""

    permission_classes = [Public]
    authentication_classes: list[type[BaseAuthentication]] = []
    renderer_classes = [JSONRenderer]
    rate_limit = "enrol"

    @extend_schema(
        operation_id="enrol_device",
        request=EnrolmentSerializer,
        responses={
            201: EnrolledSerializer,
            410: OpenApiResponse(description="The code was used, has expired, or never was one."),
        },
    )
    def post(self, request: Request) -> Response:
        """Enrol a phone by a code. It may only say hello until its person has confirmed it."""
        serializer = EnrolmentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        enrolled = enrol(**serializer.validated_data)
        shown = {
            "device_id": enrolled.device.pk,
            "token": enrolled.token,
            "lease_until": enrolled.device.lease_until,
            "comparison_number": enrolled.device.comparison_number,
        }
        return Response(EnrolledSerializer(shown).data, status=201)


class HelloView(APIView):
    """Where a phone says that it is still there."""

    permission_classes = [FromPhone]
    renderer_classes = [JSONRenderer]
    needs_lease = False

    @extend_schema(operation_id="hello", request=HelloSerializer, responses=GreetingSerializer)
    def post(self, request: Request) -> Response:
        """Without members: a nonce. With the last nonce and its signature: a new lease, and once a week a new token."""
        serializer = HelloSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told: dict[str, str] = serializer.validated_data
        device, token = request.auth, bearer_token(request)
        if not isinstance(device, Device) or token is None:
            raise TypeError("Only a phone comes here.")
        greeting = greet(device.pk, token=token, signed=Signed(**told) if told else None)
        device = greeting.device
        shown = {
            "device_id": device.pk,
            "server_time": clock.now(),
            "confirmed": device.confirmed_at is not None,
            "lease_until": device.lease_until,
            "expires_at": device.expires_at,
            "nonce": device.nonce,
            "nonce_until": device.nonce_until,
            "token": greeting.token,
        }
        return Response(GreetingSerializer(shown).data)


class DevicesView(DeviceView):
    """Phones."""

    @extend_schema(operation_id="list_devices", responses=DevicesSerializer)
    def get(self, request: Request) -> Response:
        """Your own phones; for coordinators also those of listeners in their districts, for administrators all."""
        refuse_unknown(request.GET, [])
        person = person_of(request)
        devices = Device.objects.visible_to(person).select_related("person")[:MOST_DEVICES]
        return Response(DevicesSerializer({"devices": devices}, context={"person": person}).data)


class OneDeviceView(DeviceView):
    """One phone."""

    @extend_schema(
        operation_id="revoke_device",
        parameters=[OpenApiParameter("forget", bool, description="true: it is told to delete what it holds.")],
        responses={204: OpenApiResponse(description="It is refused from now on.")},
    )
    def delete(self, request: Request, pk: UUID) -> Response:
        """Revoke a phone, at once. Doing so again changes nothing, but tells it once more to forget."""
        refuse_unknown(request.GET, ["forget"])
        forget = request.GET.get("forget", "false")
        if forget not in {"true", "false"}:
            raise InvalidParameter(
                f"forget is true or false, not {forget[:20]!r}.",
                parameter="forget", value=forget, allowed=["true", "false"],
            )  # fmt: skip
        person = person_of(request)
        found = Device.objects.visible_to(person).filter(pk=pk)
        if not revoke(found, by=person, request=request, forget=forget == "true"):
            raise NotFound("There is no such phone.")
        return Response(status=204)


class ConfirmationView(DeviceView):
    """That a phone is its person's."""

    permission_classes = [OnPages]

    @extend_schema(operation_id="confirm_device", request=ConfirmationSerializer, responses=DeviceSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Confirm a phone of your own by the number that it shows."""
        person = person_of(request)
        serializer = ConfirmationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        device = Device.objects.select_related("person").filter(person=person, pk=pk).first()
        if device is None:
            raise NotFound("There is no such phone.")
        if serializer.validated_data["comparison_number"] != device.comparison_number:
            detail = "This is not the number of this phone. If the phone shows it, revoke this one: it is not yours."
            error: Any = {"pointer": "/comparison_number", "code": "differs", "detail": detail}
            raise InvalidRequest(detail, errors=[error])
        confirm(device, request=request)
        device.refresh_from_db()
        return Response(DeviceSerializer(device, context={"person": person}).data)
