"""Invitations: a link with which a person sets a password, or links their account at the city's identity provider.

256 random bits, shown once; only their SHA-256 is stored. It serves the first sign-in and a lost password alike, and
needs no mail server.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from backend import clock
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import Invitation, User

VALID_DAYS: Final = 7


@transaction.atomic
def invite(person: User, *, by: User | None) -> str:
    """Make the token of a link for a person; it replaces an earlier link that was not used. `by` None: a command.

    The return value is the only copy.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    User.objects.select_for_update().get(pk=person.pk)  # two administrators at once: one after the other
    Invitation.objects.filter(person=person, used_at=None).delete()
    record(Verb.INVITE, User, [person.pk], by=by, subject=person)
    Invitation.objects.create(
        person=person,
        digest=_digest(token),
        created_by=by,
        created_at=now,
        expires_at=now + dt.timedelta(days=VALID_DAYS),
    )
    return token


def standing() -> QuerySet[Invitation]:
    """Invitations that may be used now: neither used nor expired, and of an active person."""
    return Invitation.objects.select_related("person").filter(
        used_at=None, expires_at__gt=clock.now(), person__is_active=True
    )


def find(token: str) -> Invitation | None:
    """The invitation of a token; None when it is unknown, expired or used, or its person is not active."""
    return standing().filter(digest=_digest(token)).first()


def use(invitation: Invitation) -> bool:
    """Use an invitation up. Of two at once the database lets one through: call it in the transaction that it allows.

    The condition is on the row itself: behind a join, PostgreSQL would not look again after it has waited.
    """
    unused = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=clock.now())
    return bool(unused.update(used_at=clock.now()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
