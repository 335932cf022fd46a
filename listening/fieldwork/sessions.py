"""Open a session: exactly once, however often it is sent."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from backend.problems import Conflict
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
