"""What happens to people as such: their sessions end."""

from __future__ import annotations

from django.db.models import F

from listening.fieldwork.models import User


def end_sessions(person: User) -> None:
    """Sign a person out everywhere. A session of today holds on only when its hash is computed anew."""
    User.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    person.refresh_from_db(fields=["session_epoch"])
