"""Venues and sessions over HTTP."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.http.query_parameters import refuse_unknown
from backend.problems import InvalidRequest, NotFound
from listening.fieldwork.api.serializers import SessionSerializer, SessionsSerializer, VenuesSerializer
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import Session, Venue
from listening.fieldwork.permissions import Assigned, Convenes
from listening.fieldwork.person import person_of
from listening.fieldwork.sessions import open_session

MOST_SESSIONS = 200  # in a list: what a phone offers to choose from


class FieldworkView(APIView):
    """What the views of fieldwork share."""

    permission_classes = [Assigned]
    renderer_classes = [JSONRenderer]


class VenuesView(FieldworkView):
    """Places where people are listened to."""

    key_scopes = {"GET": KeyScope.READ_REFERENCE}

    @extend_schema(operation_id="list_venues", responses=VenuesSerializer)
    def get(self, request: Request) -> Response:
        """All venues by name."""
        refuse_unknown(request.GET, [])
        return Response(VenuesSerializer({"venues": Venue.objects.all()}).data)


class SessionsView(FieldworkView):
    """Outings and events."""

    permission_classes = [Convenes]

    @extend_schema(operation_id="list_sessions", responses=SessionsSerializer)
    def get(self, request: Request) -> Response:
        """The newest sessions that the person asking may read."""
        refuse_unknown(request.GET, [])
        sessions = Session.objects.visible_to(person_of(request)).select_related("convener", "venue")[:MOST_SESSIONS]
        return Response({"sessions": [shown(session) for session in sessions]})

    @extend_schema(
        operation_id="open_session",
        request=SessionSerializer,
        responses={
            201: SessionSerializer,
            200: OpenApiResponse(SessionSerializer, description="It was stored before; nothing changed."),
        },
    )
    def post(self, request: Request) -> Response:
        """Open a session, exactly once: send it again after a lost answer."""
        person = person_of(request)
        serializer = SessionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        told = serializer.validated_data
        session, is_new = open_session(
            pk=told["id"],
            kind=told["kind"],
            title=told.get("title", ""),
            venue=_venue(told.get("venue")),
            started_at=told["started_at"],
            ended_at=told.get("ended_at"),
            by=person,
        )
        return Response(shown(session), status=201 if is_new else 200)


class SessionView(FieldworkView):
    """One session."""

    permission_classes = [Convenes]

    @extend_schema(operation_id="read_session", responses=SessionSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """One session that the person asking may read."""
        session = (
            Session.objects.visible_to(person_of(request)).select_related("convener", "venue").filter(pk=pk).first()
        )
        if session is None:
            raise NotFound("There is no such session.")
        return Response(shown(session))


def shown(session: Session) -> dict[str, object]:
    return {
        "id": str(session.pk),
        "kind": session.kind,
        "title": session.title,
        "venue": session.venue and session.venue.code,
        "started_at": session.started_at.isoformat(),
        "ended_at": session.ended_at and session.ended_at.isoformat(),
        "convener": session.convener.username,
    }


def _venue(code: str | None) -> Venue | None:
    if code is None:
        return None
    venue = Venue.objects.filter(code=code).first()
    if venue is None:
        detail = f"There is no venue {code!r}; GET /api/v1/venues lists them."
        raise InvalidRequest(detail, errors=[{"pointer": "/venue", "code": "unknown", "detail": detail}])
    return venue
