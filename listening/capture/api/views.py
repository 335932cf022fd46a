"""Conversations over HTTP: log, list, read, change and delete them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView
from uuid6 import uuid7

from backend.http.conditional import check_if_match, etag_of, not_modified
from backend.http.renderers import GEOJSON, GeoJSONRenderer
from backend.http.strict_json import StrictJSONParser
from backend.problems import Forbidden, InvalidRequest, NotFound
from listening.audit.errors import PurposeRequired
from listening.audit.purposes import HEADER as PURPOSE_HEADER
from listening.audit.purposes import Purpose
from listening.audit.record import purpose_of, record
from listening.audit.verbs import Verb
from listening.capture.accept import accept
from listening.capture.amend import amend, delete
from listening.capture.api.filters import ConversationFilter, FindingFilter, filtered, parameters_of
from listening.capture.api.merge_patch import merge_patch
from listening.capture.api.pages import PARAMETERS as PAGE_PARAMETERS
from listening.capture.api.pages import page_of, page_of_findings
from listening.capture.api.serializers import (
    ConversationCollectionSerializer,
    ConversationFeatureSerializer,
    ConversationPageSerializer,
    ConversationPatchSerializer,
    ConversationSerializer,
    FindingPageSerializer,
    FindingPatchSerializer,
    LoggedConversationSerializer,
    read_submission,
)
from listening.capture.errors import RecordDeleted
from listening.capture.submission import Submission
from listening.capture.warnings import warnings_of
from listening.fieldwork.errors import DeviceUnconfirmed, KeyNotForThis
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import LogsOrCoordinates, ReadsFindings
from listening.fieldwork.person import person_of
from listening.records.models import Conversation, Finding, Tombstone
from listening.records.permissions import may_change, takes_purpose
from listening.records.render import RenderedConversation, document_of, render_conversations, render_findings

JSON = "application/json"
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="ETag of the conversation as you read it."
)
PAGING = [
    OpenApiParameter("limit", int, description="Records per page, 1 to 500; 50 by default."),
    OpenApiParameter("cursor", str, description="Where the page starts: from the `next` link of the one before."),
]
PURPOSE = OpenApiParameter(
    PURPOSE_HEADER,
    str,
    OpenApiParameter.HEADER,
    enum=[*Purpose],
    description="For what purpose records of others are read or changed; kept in the audit trail.",
)
GONE = {410: OpenApiResponse(description="It was deleted.")}
DOCUMENT = {(200, JSON): ConversationSerializer, (200, GEOJSON): ConversationFeatureSerializer}


class MergePatchParser(StrictJSONParser):
    media_type = "application/merge-patch+json"


class RecordView(APIView):
    """What the views of records share: who is asking, and how a conversation is shown."""

    permission_classes = [LogsOrCoordinates]
    # Of keys only writes: what was said is read by people.
    key_scopes = dict.fromkeys(("POST", "PATCH", "DELETE"), KeyScope.WRITE_CONVERSATIONS)
    renderer_classes = [JSONRenderer, GeoJSONRenderer]
    parser_classes = [StrictJSONParser, MergePatchParser]
    audited: type[Conversation | Finding] = Conversation  # what the id in the address is one of

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        purpose_of(request)

    def handle_exception(self, exc: Exception) -> Any:
        """Record what was asked for in vain. Outside of the request's transaction, which was rolled back."""
        try:
            match exc:
                case PurposeRequired():
                    record(Verb.REFUSED, Conversation, exc.records, request=self.request)
                case DeviceUnconfirmed() | KeyNotForThis():
                    pass  # nobody was let in yet
                case NotFound() | Forbidden() if "pk" in self.kwargs:
                    record(Verb.REFUSED, self.audited, [self.kwargs["pk"]], request=self.request)
        except DatabaseError as error:
            exc = error
        return super().handle_exception(exc)

    def check_purpose(self, request: Request, others: Sequence[UUID]) -> None:
        """Raise PurposeRequired when these records of others take a purpose, and none was said."""
        if others and purpose_of(request) is None and takes_purpose(others):
            raise PurposeRequired(others)

    def shown(
        self, request: Request, pk: UUID, status: int = 200, submission: Submission | None = None
    ) -> HttpResponse:
        """A conversation in the negotiated type, with its ETag; 304 when the client has it.

        After a submission, with the warnings of what in it may tell who somebody is.
        """
        (rendered,) = render_conversations([pk])
        if submission is not None:
            warned = json.dumps(warnings_of(submission))
            rendered = replace(rendered, document=f'{rendered.document[:-1]},"warnings":{warned}}}')
        etag = etag_of(rendered.id, rendered.version)
        if status == 200 and request.method == "GET" and not_modified(request, etag):
            return HttpResponse(status=304, headers={"ETag": etag})
        return HttpResponse(
            rendered.feature if wants_geojson(request) else rendered.document,
            status=status,
            content_type=GEOJSON if wants_geojson(request) else JSON,
            headers={"ETag": etag},
        )

    def locked(self, request: Request, conversations: Any) -> Conversation:
        """The one conversation of a queryset, locked for a change by this person. Call it inside a transaction."""
        person = person_of(request)
        conversation: Conversation | None = (
            conversations.visible_to(person).select_for_update(of=("self",)).select_related("listener").first()
        )
        if conversation is None:
            raise NotFound("There is no such conversation.")
        if not may_change(person, conversation):
            raise Forbidden("Only the listener and coordinators may change this conversation.")
        if conversation.listener_id != person.pk:
            self.check_purpose(request, [conversation.pk])
        return conversation

    def check_version(self, request: Request, conversation: Conversation) -> None:
        check_if_match(request, etag_of(conversation.pk, conversation.version))


class ConversationListView(RecordView):
    """Log a conversation; list those one may read."""

    @extend_schema(
        operation_id="list_conversations",
        parameters=[
            PURPOSE,
            *parameters_of(ConversationFilter),
            *PAGING,
        ],
        responses={
            (200, JSON): ConversationPageSerializer,
            (200, GEOJSON): ConversationCollectionSerializer,
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Conversations that the person asking may read, newest first."""
        person = person_of(request)
        conversations = Conversation.objects.visible_to(person)
        params = request.GET
        page = page_of(filtered(ConversationFilter, conversations, params, also=PAGE_PARAMETERS), params)
        if others := page.of_others(person.pk):
            self.check_purpose(request, others)
            record(Verb.READ_LIST, Conversation, others, request=request)
        rendered = render_conversations(page.ids)
        following = f"{request.build_absolute_uri(request.path)}?{page.next_query}" if page.next_query else None
        response = HttpResponse(
            feature_collection(rendered, following) if wants_geojson(request) else plain_page(rendered, following),
            content_type=GEOJSON if wants_geojson(request) else JSON,
        )
        if following:
            response["Link"] = f'<{following}>; rel="next"'
        return response

    @extend_schema(
        operation_id="log_conversation",
        request=ConversationSerializer,
        responses={
            (201, JSON): LoggedConversationSerializer,
            (201, GEOJSON): ConversationFeatureSerializer,
            (200, JSON): OpenApiResponse(
                LoggedConversationSerializer, description="It was stored before; nothing changed."
            ),
            (200, GEOJSON): ConversationFeatureSerializer,
        }
        | GONE,
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a conversation with its findings, exactly once: send it again after a lost answer."""
        person = person_of(request)
        submission = read_submission(request.data, listener=person)
        acceptance = accept(submission, by=person)
        status = 201 if acceptance.created else 200
        response = self.shown(request, acceptance.conversation_id, status=status, submission=submission)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{acceptance.conversation_id}")
        return response


class ConversationView(RecordView):
    """One conversation."""

    @extend_schema(operation_id="read_conversation", parameters=[PURPOSE], responses=DOCUMENT | GONE)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """One conversation; 410 when it was deleted and was one's to read."""
        person = person_of(request)
        found = Conversation.objects.visible_to(person).filter(pk=pk)
        listener = found.order_by().values_list("listener_id", flat=True).first()
        if listener == person.pk:
            return self.shown(request, pk)
        if listener is not None:
            self.check_purpose(request, [pk])
            response = self.shown(request, pk)
            if response.status_code == 200:  # with 304 nothing is handed out
                record(Verb.READ_DETAIL, Conversation, [pk], request=request)
            return response
        if Tombstone.objects.visible_to(person).filter(pk=pk).exists():
            raise RecordDeleted(record=pk)
        raise NotFound("There is no such conversation.")

    @extend_schema(
        operation_id="change_conversation",
        parameters=[IF_MATCH, PURPOSE],
        request={JSON: ConversationPatchSerializer, MergePatchParser.media_type: ConversationPatchSerializer},
        responses=DOCUMENT | GONE,
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Change a conversation by JSON Merge Patch (RFC 7396); `place` and `findings` are replaced as a whole."""
        patch = require_object(request.data)
        with transaction.atomic():
            conversation = self.locked(request, Conversation.objects.filter(pk=pk))
            self.check_version(request, conversation)
            document = document_of(pk)
            if isinstance(patch.get("place"), dict):
                document["place"] = patch["place"]
            changed = merge_patch(document, patch)
            name_new_findings(changed)
            if changed.get("id") != str(pk):
                raise InvalidRequest("The id of a conversation does not change.")
            amend(conversation, read_submission(changed, listener=conversation.listener), by=person_of(request))
            record(Verb.CHANGE, Conversation, [pk], request=request)
            return self.shown(request, pk)

    @extend_schema(
        operation_id="delete_conversation",
        parameters=[
            OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="Delete only this version."),
            PURPOSE,
        ],
        responses={204: None} | GONE,
    )
    def delete(self, request: Request, pk: UUID) -> HttpResponse:
        """Delete a conversation and all that was said in it; a tombstone keeps the id from coming back."""
        with transaction.atomic():
            conversation = self.locked(request, Conversation.objects.filter(pk=pk))
            if "If-Match" in request.headers:
                self.check_version(request, conversation)
            delete(conversation, by=person_of(request))
            record(Verb.DELETE, Conversation, [pk], request=request)
        return HttpResponse(status=204)


class FindingListView(APIView):
    """What was heard, without the people behind it."""

    permission_classes = [ReadsFindings]
    key_scopes = {"GET": KeyScope.READ_FINDINGS}
    renderer_classes = [JSONRenderer]

    @extend_schema(
        operation_id="list_findings",
        parameters=[*parameters_of(FindingFilter), *PAGING],
        responses=FindingPageSerializer,
    )
    def get(self, request: Request) -> HttpResponse:
        """Findings that the person asking may read: planners read those with themes within their clearance."""
        person = person_of(request)
        findings = Finding.objects.visible_to(person)
        params = request.GET
        page = page_of_findings(filtered(FindingFilter, findings, params, also=PAGE_PARAMETERS), params)
        if others := page.of_others(person.pk):
            record(Verb.READ_LIST, Finding, others, request=request)
        following = f"{request.build_absolute_uri(request.path)}?{page.next_query}" if page.next_query else None
        items = ",".join(render_findings(page.ids))
        return HttpResponse(f'{{"findings":[{items}],"next":{json.dumps(following)}}}', content_type=JSON)


class FindingView(RecordView):
    """One finding: what a coordinator classifies after the fact."""

    audited = Finding

    @extend_schema(
        operation_id="change_finding",
        parameters=[IF_MATCH, PURPOSE],
        request={JSON: FindingPatchSerializer, MergePatchParser.media_type: FindingPatchSerializer},
        responses=DOCUMENT | GONE,
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Change one finding, e.g. set its themes; answers with its conversation, whose ETag If-Match names."""
        patch = require_object(request.data)
        with transaction.atomic():
            holding = Finding.objects.filter(pk=pk).values("conversation_id")
            conversation = self.locked(request, Conversation.objects.filter(pk__in=holding))
            self.check_version(request, conversation)
            document = document_of(conversation.pk)
            for index, finding in enumerate(document["findings"]):
                if finding["id"] == str(pk):
                    if isinstance(patch.get("place"), dict):
                        finding["place"] = patch["place"]
                    document["findings"][index] = merge_patch(finding, patch)
            amend(conversation, read_submission(document, listener=conversation.listener), by=person_of(request))
            record(Verb.CHANGE, Conversation, [conversation.pk], request=request)
            return self.shown(request, conversation.pk)


def wants_geojson(request: Request) -> bool:
    return bool(request.accepted_renderer.media_type == GEOJSON)


def require_object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object with the members to change.")
    return body


def name_new_findings(document: dict[str, Any]) -> None:
    """Give new findings ids of their own; derived from their position they could meet one that was moved."""
    findings = document.get("findings")
    for finding in findings if isinstance(findings, list) else ():
        if isinstance(finding, dict):
            finding.setdefault("id", str(uuid7()))


def plain_page(conversations: list[RenderedConversation], following: str | None) -> str:
    items = ",".join(conversation.document for conversation in conversations)
    return f'{{"conversations":[{items}],"next":{json.dumps(following)}}}'


def feature_collection(conversations: list[RenderedConversation], following: str | None) -> str:
    features = ",".join(conversation.feature for conversation in conversations)
    links = [{"rel": "next", "type": GEOJSON, "href": following}] if following else []
    return f'{{"type":"FeatureCollection","features":[{features}],"links":{json.dumps(links)}}}'
