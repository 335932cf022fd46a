"""NL-Sync/1 over HTTP: PROTOCOL.md."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import clock
from backend.http.compressed_json import CompressedJSONParser, compressed_page
from backend.http.query_parameters import refuse_unknown
from backend.http.strict_json import DEEPEST
from backend.policy import SignedIn
from listening.audit.errors import PurposeRequired
from listening.audit.record import purpose_of, record
from listening.audit.verbs import Verb
from listening.fieldwork.models import Device
from listening.fieldwork.permissions import Coordinates, LogsOrCoordinates
from listening.fieldwork.person import person_of
from listening.records.models import Conversation
from listening.records.permissions import takes_purpose
from listening.sync import feed, quarantine
from listening.sync.api.serializers import (
    KEEP_ACKED_DAYS,
    MOST_LOOKED_UP,
    MOST_OPS,
    MOST_ROWS,
    ClashesSerializer,
    EnvelopeSerializer,
    FreshPhonesSerializer,
    HelloSerializer,
    LookupResultsSerializer,
    LookupSerializer,
    PulledSerializer,
    PullSerializer,
    PushedSerializer,
    PushSerializer,
    SettledSerializer,
    SettlementSerializer,
    WaitingOpsSerializer,
)
from listening.sync.buckets import Buckets
from listening.sync.clocks import PhoneClock
from listening.sync.conflicts import clashes_of, settle_clash
from listening.sync.cursor import read_cursor
from listening.sync.errors import TooManyOps
from listening.sync.freshness import fresh_phones, note_contact
from listening.sync.ledger import look_up
from listening.sync.models import Clash, WaitingOp
from listening.sync.ops import MOST_BYTES, OLDEST_SCHEMA, SCHEMA
from listening.sync.pull import Page, pull
from listening.sync.push import push

PROTOCOL = 1
MOST_SHOWN = 200  # in a list for coordinators


@method_decorator(compressed_page, name="dispatch")
class SyncView(APIView):
    """What the views of sync share. Whoever has lost every role may still bring what they heard before."""

    permission_classes = [SignedIn]
    renderer_classes = [JSONRenderer]
    parser_classes = [CompressedJSONParser]


def device_of(request: Request) -> UUID | None:
    """The phone that asks; None: a token of a person, or a session of the pages."""
    return request.auth.pk if isinstance(request.auth, Device) else None


class HelloView(SyncView):
    """What a client needs to know first."""

    @extend_schema(operation_id="sync_hello", responses=HelloSerializer)
    def get(self, request: Request) -> Response:
        """The epoch, the limits, and the buckets that you may read today."""
        refuse_unknown(request.GET, [])
        told = {
            "protocol": PROTOCOL,
            "epoch": feed.state().epoch,
            "server_time": clock.now(),
            "schema": {"current": SCHEMA, "oldest": OLDEST_SCHEMA},
            "limits": {
                "ops": MOST_OPS, "op_bytes": MOST_BYTES, "body_bytes": settings.BODY_LIMIT_BYTES, "depth": DEEPEST,
                "rows": MOST_ROWS, "lookup": MOST_LOOKED_UP,
            },
            "keep_acked_days": KEEP_ACKED_DAYS,
            "buckets": Buckets.of(person_of(request)).names,
        }  # fmt: skip
        return Response(HelloSerializer(told).data)


class PushView(SyncView):
    """Where ops arrive."""

    @extend_schema(operation_id="sync_push", request=PushSerializer, responses=PushedSerializer)
    def post(self, request: Request) -> Response:
        """Bring ops; each has an outcome of its own. Sent again, an op changes nothing."""
        received_at = clock.now()
        told: Any = request.data
        if isinstance(told, dict) and isinstance(told.get("ops"), list) and len(told["ops"]) > MOST_OPS:
            raise TooManyOps(f"{len(told['ops'])} ops came at once; at most {MOST_OPS} are taken.", limit=MOST_OPS)
        envelope = EnvelopeSerializer(data=told)
        envelope.is_valid(raise_exception=True)
        person, device_id = person_of(request), device_of(request)
        pushed = push(
            told["ops"],
            person=person,
            device_id=device_id,
            phone_clock=PhoneClock(envelope.validated_data.get("sent_at"), received_at),
            request=request,
        )
        note_contact(person, device_id, pushed=True)
        return Response({
            "epoch": str(feed.state().epoch),
            "received_at": received_at.isoformat(),
            "results": [one.as_json() for one in pushed],
        })  # fmt: skip


class PullView(SyncView):
    """Where clients fetch what changed."""

    @extend_schema(operation_id="sync_pull", request=PullSerializer, responses=PulledSerializer)
    def post(self, request: Request) -> HttpResponse:
        """What changed for you since a cursor; from the beginning without one."""
        serializer = PullSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        person = person_of(request)
        text = serializer.validated_data.get("cursor")
        cursor = None if text is None else read_cursor(text, person.pk)
        page = pull(person, cursor, limit=serializer.validated_data.get("limit", MOST_ROWS))
        if others := [row.id for row in page.rows if row.owner_id != person.pk]:
            if purpose_of(request) is None and takes_purpose(others):
                raise PurposeRequired(others)
            record(Verb.READ_LIST, Conversation, others, request=request)
        note_contact(person, device_of(request), pulled=True)
        return HttpResponse(_written(page, person.pk), content_type="application/json")


def _written(page: Page, person_id: int) -> str:
    """A page as JSON; the database has made the documents already."""
    rows = ",".join(
        f'{{"type":"conversation","id":"{row.id}","version":{row.version},"buckets":{json.dumps(row.buckets)},'
        f'"fields":{row.document}}}'
        for row in page.rows
    )
    told = {
        "epoch": page.epoch,
        "reset": page.reset,
        "buckets": page.buckets,
        "gone": [{"type": "conversation", "id": str(gone.id), "deleted": gone.deleted} for gone in page.gone],
        "cursor": page.cursor.written(person_id),
        "more": page.more,
    }
    return f'{json.dumps(told)[:-1]},"rows":[{rows}]}}'


class LookupView(SyncView):
    """Where a client asks again for what it was told."""

    @extend_schema(operation_id="sync_lookup", request=LookupSerializer, responses=LookupResultsSerializer)
    def post(self, request: Request) -> Response:
        """The outcomes of ops of your own; those that are not in the answer never came."""
        serializer = LookupSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        found = look_up(person_of(request), serializer.validated_data["ops"])
        return Response({"results": [{"op": str(pk), **outcome} for pk, outcome in found.items()]})


class ConflictsView(SyncView):
    """Clashes."""

    permission_classes = [LogsOrCoordinates]

    @extend_schema(operation_id="list_conflicts", responses=ClashesSerializer)
    def get(self, request: Request) -> Response:
        """Clashes in conversations that you may read, which nobody has settled."""
        refuse_unknown(request.GET, [])
        person = person_of(request)
        clashes = list(
            clashes_of(person).filter(settlement="").select_related("op__person", "conversation")[:MOST_SHOWN]
        )
        others = {clash.conversation_id for clash in clashes if clash.conversation.listener_id != person.pk}
        if others:
            if purpose_of(request) is None and takes_purpose(others):
                raise PurposeRequired(list(others))
            record(Verb.READ_LIST, Conversation, others, request=request)
        return Response(ClashesSerializer({"conflicts": clashes}).data)


class SettlementView(SyncView):
    """How a clash ends."""

    permission_classes = [Coordinates]

    @extend_schema(operation_id="settle_conflict", request=SettlementSerializer, responses=SettledSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Say which of the two values holds; "theirs" makes a new version of the conversation."""
        serializer = SettlementSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            clash = settle_clash(pk, Clash.Settlement(serializer.validated_data["take"]), by=person_of(request))
            record(Verb.CHANGE, Conversation, [clash.conversation_id], request=request)
        clash.conversation.refresh_from_db()
        return Response(SettledSerializer(clash).data)


class WaitingView(SyncView):
    """Ops that wait."""

    permission_classes = [LogsOrCoordinates]

    @extend_schema(operation_id="list_waiting_ops", responses=WaitingOpsSerializer)
    def get(self, request: Request) -> Response:
        """Ops that are stored and not applied: your own, and those of listeners in your districts."""
        refuse_unknown(request.GET, [])
        ops = WaitingOp.objects.visible_to(person_of(request)).select_related("op__person")
        return Response(WaitingOpsSerializer({"waiting": ops.order_by("op__received_at", "pk")[:MOST_SHOWN]}).data)


class OneWaitingView(SyncView):
    """An op that waits."""

    permission_classes = [Coordinates]

    @extend_schema(operation_id="dismiss_waiting_op", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Refuse an op that waits, for good."""
        quarantine.dismiss(pk, by=person_of(request), request=request)
        return Response(status=204)


class ReleaseView(SyncView):
    """An op that is let in."""

    permission_classes = [Coordinates]

    @extend_schema(operation_id="release_waiting_op", request=None, responses=LookupResultsSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Apply an op of somebody who has lost the role since; what it makes must lie in your districts."""
        outcome = quarantine.release(pk, by=person_of(request), request=request)
        return Response({"results": [{"op": str(pk), **outcome.as_json()}]})


class FreshnessView(SyncView):
    """Phones, by how long ago they were heard of."""

    permission_classes = [LogsOrCoordinates]

    @extend_schema(operation_id="list_fresh_phones", responses=FreshPhonesSerializer)
    def get(self, request: Request) -> Response:
        """When each phone pushed and pulled last, and what of it waits: your own, and those you look after."""
        refuse_unknown(request.GET, [])
        phones = fresh_phones(Device.objects.visible_to(person_of(request)))[:MOST_SHOWN]
        told = [{**one, "device": one["pk"], "person": one["person__username"]} for one in phones]
        return Response(FreshPhonesSerializer({"phones": told}).data)
