"""Attachments over HTTP: announce, send in chunks, look at what came, download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from backend.http.strict_json import StrictJSONParser
from backend.problems import Forbidden, InvalidParameter, NotFound
from listening.attachments import storing
from listening.attachments.announce import Announcement, announce
from listening.attachments.api.serializers import (
    AnnouncementSerializer,
    AttachmentSerializer,
    AttachmentsSerializer,
)
from listening.attachments.api.tus import CHUNK, SPOKEN, ChunkParser, check_version, chunk_of, headers_of, offset_of
from listening.attachments.errors import AttachmentIncomplete
from listening.attachments.media_types import EXTENSIONS, MediaType
from listening.attachments.models import Attachment
from listening.attachments.receive import receive
from listening.audit.errors import PurposeRequired
from listening.audit.purposes import HEADER as PURPOSE_HEADER
from listening.audit.purposes import Purpose
from listening.audit.record import purpose_of, record
from listening.audit.verbs import Verb
from listening.fieldwork.errors import DeviceUnconfirmed, KeyNotForThis
from listening.fieldwork.permissions import LogsOrCoordinates
from listening.fieldwork.person import person_of
from listening.records.models import Conversation
from listening.records.permissions import takes_purpose

PURPOSE: Final = OpenApiParameter(
    PURPOSE_HEADER,
    str,
    OpenApiParameter.HEADER,
    enum=[*Purpose],
    description="For what purpose attachments of others are read; kept in the audit trail.",
)
# What was sent is opened by nobody as a page, whatever it is (OWASP, File Upload; CSP level 3, sandbox).
AS_A_FILE: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


class ContentRenderer(BaseRenderer):
    """Takes part in content negotiation: content is sent as it is kept, whatever is asked for."""

    media_type = "*/*"
    format = "content"


class AttachmentsView(APIView):
    """What the views of attachments share: who is asking, and what is recorded of it."""

    permission_classes = [LogsOrCoordinates]
    renderer_classes = [JSONRenderer]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_version(request)
        purpose_of(request)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """What is spoken here (tus, section "OPTIONS")."""
        return HttpResponse(status=204, headers=dict(SPOKEN))

    def handle_exception(self, exc: Exception) -> Any:
        """Record what was asked for in vain. Outside of the request's transaction, which was rolled back."""
        try:
            match exc:
                case PurposeRequired():
                    record(Verb.REFUSED, Conversation, exc.records, request=self.request)
                case DeviceUnconfirmed() | KeyNotForThis():
                    pass  # nobody was let in yet
                case NotFound() | Forbidden() if "pk" in self.kwargs:
                    record(Verb.REFUSED, Attachment, [self.kwargs["pk"]], request=self.request)
        except DatabaseError as error:
            exc = error
        return super().handle_exception(exc)

    def found(self, request: Request, pk: UUID) -> Attachment:
        """The attachment, when this person may see it."""
        visible = Attachment.objects.visible_to(person_of(request)).select_related("file")
        attachment = visible.filter(pk=pk).first()
        if attachment is None:
            raise NotFound("There is no such attachment.")
        return attachment

    def record_reading(self, verb: Verb, attachments: Sequence[Attachment], request: Request) -> None:
        """Record what of others is handed out. Raises PurposeRequired where that takes one, and none was said."""
        others = [one for one in attachments if one.announced_by_id != person_of(request).pk]
        if not others:
            return
        conversations = sorted({one.conversation_id for one in others})
        if purpose_of(request) is None and takes_purpose(conversations):
            raise PurposeRequired(conversations)
        record(verb, Attachment, [one.pk for one in others], request=request)


class AttachmentListView(AttachmentsView):
    """Announce an attachment; what was announced for a conversation, and what of it came."""

    parser_classes = [StrictJSONParser]

    @extend_schema(
        operation_id="list_attachments",
        parameters=[
            PURPOSE,
            OpenApiParameter("conversation", UUID, required=True, description="Id of a conversation."),
        ],
        responses=AttachmentsSerializer,
    )
    def get(self, request: Request) -> Response:
        """What was announced for a conversation, and what of it came: what is missing is seen here."""
        refuse_unknown(request.GET, {"conversation"})
        pk = _uuid(request.GET.get("conversation", ""))
        visible = Attachment.objects.visible_to(person_of(request)).of_conversation(pk)
        attachments = list(visible.select_related("file"))
        self.record_reading(Verb.READ_LIST, attachments, request)
        return Response(AttachmentsSerializer({"attachments": attachments}).data)

    @extend_schema(
        operation_id="announce_attachment",
        request=AnnouncementSerializer,
        responses={
            201: AttachmentSerializer,
            200: OpenApiResponse(AttachmentSerializer, description="It was announced before; nothing changed."),
            410: OpenApiResponse(description="The conversation was deleted."),
            412: OpenApiResponse(description="Another version of tus."),
        },
    )
    def post(self, request: Request) -> Response:
        """Announce a photo or recording, exactly once; its bytes then go to `Location` by tus 1.0."""
        serializer = AnnouncementSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        attachment, is_new = announce(Announcement(**serializer.validated_data), by=person_of(request))
        headers = headers_of(attachment) | {
            "Location": request.build_absolute_uri(f"{request.path}/{attachment.pk}"),
        }
        return Response(AttachmentSerializer(attachment).data, status=201 if is_new else 200, headers=headers)


class AttachmentView(AttachmentsView):
    """One attachment on its way."""

    parser_classes = [ChunkParser]

    @extend_schema(
        operation_id="read_attachment",
        parameters=[PURPOSE],
        responses={200: AttachmentSerializer, 412: OpenApiResponse(description="Another version of tus.")},
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """What was announced, and what of it came; HEAD says so in `Upload-Offset` and `Upload-Length`."""
        attachment = self.found(request, pk)
        self.record_reading(Verb.READ_DETAIL, [attachment], request)
        return Response(AttachmentSerializer(attachment).data, headers=headers_of(attachment))

    @extend_schema(
        operation_id="send_attachment",
        parameters=[
            OpenApiParameter("Upload-Offset", int, OpenApiParameter.HEADER, required=True, description="First byte."),
            OpenApiParameter(
                "Upload-Checksum", str, OpenApiParameter.HEADER, description="`sha256` and the digest in Base64."
            ),
        ],
        request={CHUNK: OpenApiTypes.BINARY},
        responses={
            204: OpenApiResponse(description="The chunk is stored; `Upload-Offset` says where to go on."),
            412: OpenApiResponse(description="Another version of tus."),
            460: OpenApiResponse(description="The chunk was damaged on its way."),
        },
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Append a chunk. With the last one the whole is checked, and a photo drawn anew."""
        self.found(request, pk)  # what is not there is not there, whatever the chunk is
        start, chunk = offset_of(request), chunk_of(request)
        attachment = receive(pk, chunk, start=start, by=person_of(request))
        return HttpResponse(status=204, headers=headers_of(attachment))


class AttachmentContentView(AttachmentsView):
    """The bytes of an attachment."""

    renderer_classes = [JSONRenderer, ContentRenderer]

    @extend_schema(
        operation_id="download_attachment",
        parameters=[PURPOSE],
        responses={(200, str(media_type)): OpenApiTypes.BINARY for media_type in MediaType}
        | {
            409: OpenApiResponse(description="It is not complete."),
            412: OpenApiResponse(description="Another version of tus."),
        },
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The content as it is kept, to be saved as a file."""
        attachment = self.found(request, pk)
        if attachment.file is None:
            raise AttachmentIncomplete(state=attachment.state)
        self.record_reading(Verb.READ_DETAIL, [attachment], request)
        media_type = MediaType(attachment.file.media_type)
        name = f"{attachment.pk}.{EXTENSIONS[media_type]}"
        return HttpResponse(
            storing.read(attachment.file.name),
            content_type=media_type.value,
            headers={**AS_A_FILE, "Content-Disposition": f'attachment; filename="{name}"'},
        )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidParameter(
            "conversation must be the id of a conversation.", parameter="conversation", value=text, allowed=["a UUID"]
        ) from None
