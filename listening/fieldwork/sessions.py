"""Open a session, exactly once, however often it is sent; change one."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from backend.problems import Conflict, FieldError, InvalidRequest, NotFound, PreconditionFailed
from listening.fieldwork.models import Session, User, Venue


class SessionIdTaken(Conflict):
    """A session with this id is stored, with other content. For another session, send a new id."""

    slug = "session-id-taken"
    title = "The id is taken by another session"


@transaction.atomic
def open_session(
    *,
    pk: UUID,
    kind: str,
    started_at: dt.datetime,
    by: User,
    title: str = "",
    venue: Venue | None = None,
    ended_at: dt.datetime | None = None,
) -> tuple[Session, bool]:
    """Store a session of a convener; returns it and whether it is new.

    Raises SessionIdTaken when the id is stored with other content.
    """
    told = {
        "kind": kind, "title": title, "venue": venue, "started_at": started_at, "ended_at": ended_at, "convener": by
    }  # fmt: skip
    session, is_new = Session.objects.get_or_create(pk=pk, defaults=told)
    if not is_new and any(getattr(session, name) != value for name, value in told.items()):
        raise SessionIdTaken(f"A session with the id {pk} is stored with other content; send a new id.", record=str(pk))
    return session, is_new


@transaction.atomic
def change_session(
    pk: UUID,
    *,
    read: str,
    kind: str,
    title: str,
    venue: Venue | None,
    started_at: dt.datetime,
    ended_at: dt.datetime | None,
    by: User,
) -> Session:
    """Change a session that a person may read; who convened it stays. `read`: what `state_of` told when it was read.

    Raises NotFound, PreconditionFailed, and InvalidRequest when the person could not read it any longer.
    """
    session = Session.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
    if session is None:
        raise NotFound("There is no such session.")
    if state_of(session) != read:
        raise PreconditionFailed("The session changed since you read it; look at it again, and change that.")
    session.kind, session.title, session.venue = kind, title, venue
    session.started_at, session.ended_at = started_at, ended_at
    session.save(update_fields=["kind", "title", "venue", "started_at", "ended_at"])
    if not Session.objects.visible_to(by).filter(pk=pk).exists():
        detail = f"{venue or 'Without a venue'}: the session would leave your districts."
        raise InvalidRequest(detail, errors=[FieldError(pointer="/venue", code="elsewhere", detail=detail)])
    return session


def state_of(session: Session) -> str:
    """What a session says, as one text to compare."""
    ended = session.ended_at.isoformat() if session.ended_at else ""
    told = [session.kind, session.title, session.venue_id or "", session.started_at.isoformat(), ended]
    return "\n".join(map(str, told))
