"""The contact of one conversation. It is never listed, and never part of a conversation, a pull or an export."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import ProgrammingError
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from psycopg.errors import InsufficientPrivilege
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import clock
from backend.http.query_parameters import refuse_unknown
from backend.problems import Forbidden, NotFound
from listening.audit.purposes import HEADER, Purpose
from listening.audit.record import purpose_of, record
from listening.audit.verbs import Verb
from listening.fieldwork.permissions import LogsOrCoordinates
from listening.fieldwork.person import person_of
from listening.records.models import Consent, Conversation
from listening.records.permissions import may_change
from listening.vault import contacts
from listening.vault.api.serializers import ContactSerializer, person_from
from listening.vault.errors import ContactNeedsPurpose, NotAgreed, VaultClosed, VaultKeyMissing, VaultKeyWrong
from listening.vault.models import Contact

# To call back, and to answer who asks what is stored of them; nothing else is worth looking in.
READ_FOR: Final = (Purpose.FOLLOW_UP, Purpose.DATA_PROTECTION_REQUEST)
PURPOSE: Final = OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, required=True, enum=[*READ_FOR])
logger = logging.getLogger(__name__)


@contextmanager
def opened() -> Iterator[None]:
    """What keeps the vault shut is the operator's to mend: it is logged, and told without a detail."""
    try:
        yield
    except (VaultKeyMissing, VaultKeyWrong) as error:
        logger.error("the contact vault does not open", extra={"error": type(error).__name__})
        raise VaultClosed from None
    except ProgrammingError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            logger.error("the contact vault does not open: its database role is not set")
            raise VaultClosed from None
        raise


class ContactView(APIView):
    """Whom the residents of a conversation let us call back."""

    permission_classes = [LogsOrCoordinates]
    renderer_classes = [JSONRenderer]

    @extend_schema(operation_id="read_contact", parameters=[PURPOSE], responses=ContactSerializer)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The contact of a conversation that you may change, for a purpose. Each reading is recorded."""
        refuse_unknown(request.GET, [])
        self.conversation(request, pk)
        if purpose_of(request) not in READ_FOR:
            raise ContactNeedsPurpose(READ_FOR)
        with opened():
            kept = contacts.read(pk)
        if kept is None:
            raise NotFound("No contact is kept for this conversation.")
        record(Verb.READ_DETAIL, Contact, [pk], request=request)
        shown = {
            "name": kept.person.name,
            "details": [{"kind": one.kind, "value": one.value} for one in kept.person.details],
            "expires_at": kept.expires_at,
        }
        return Response(shown, headers={"Cache-Control": "private, no-store"})

    @extend_schema(operation_id="keep_contact", request=ContactSerializer, responses={204: None})
    def put(self, request: Request, pk: UUID) -> HttpResponse:
        """Keep the contact of a conversation whose residents agreed to be called back, in place of the one before."""
        refuse_unknown(request.GET, [])
        conversation = self.conversation(request, pk)
        told = ContactSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        if not Consent.objects.filter(conversation=conversation, purpose=Consent.Purpose.RECONTACT).exists():
            raise NotAgreed
        until = clock.now() + dt.timedelta(days=settings.CONTACT_DAYS)
        with opened():
            contacts.keep(pk, person_from(told.validated_data), expires_at=until)
        record(Verb.CHANGE, Contact, [pk], request=request)
        return HttpResponse(status=204)

    @extend_schema(operation_id="forget_contact", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        """Forget the contact of a conversation, e.g. when the call was made. Nothing to forget is no mistake."""
        refuse_unknown(request.GET, [])
        conversation = self.conversation(request, pk)
        with opened():
            contacts.forget([conversation.pk])
        record(Verb.DELETE, Contact, [pk], request=request)
        return HttpResponse(status=204)

    def conversation(self, request: Request, pk: UUID) -> Conversation:
        person = person_of(request)
        found = Conversation.objects.visible_to(person).filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such conversation.")
        if not may_change(person, found):
            raise Forbidden("Only the listener and coordinators may do this.")
        return found
