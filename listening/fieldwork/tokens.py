"""Bearer tokens: 256 random bits, shown once; only their SHA-256 is stored.

A plain hash is enough: unlike a password, a token of this length cannot be guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db import transaction

from backend import clock
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import ApiToken, User

PREFIX = "nlt_"  # lets secret scanners find one that leaked
DEFAULT_DAYS = 30


@transaction.atomic
def issue(user: User, *, label: str = "", days: int = DEFAULT_DAYS, by: User | None = None) -> str:
    """Make a token for a person; the return value is the only copy."""
    token = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    issued = ApiToken.objects.create(
        user=user, digest=_digest(token), label=label, created_at=now, expires_at=now + dt.timedelta(days=days)
    )
    record(Verb.ISSUE_KEY, ApiToken, [issued.pk], by=by, subject=user)
    return token


def find(token: str) -> ApiToken | None:
    """A token with its person; None when it is unknown, expired or revoked, or the person is inactive."""
    if not token.startswith(PREFIX):
        return None
    found = next(iter(ApiToken.objects.select_related("user").filter(digest=_digest(token))), None)
    if found is None or found.revoked_at is not None or found.expires_at <= clock.now() or not found.user.is_active:
        return None
    return found


def resolve(token: str) -> User | None:
    """The person whom a token stands for; None when `find` finds none."""
    found = find(token)
    return None if found is None else found.user


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
