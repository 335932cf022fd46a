"""Append to the audit trail: one explicit call where something was done, one entry however many records it touched.

The entry belongs to the caller's transaction: what was rolled back was not done. Outside of one it is committed, and on
disk, before this returns; when it cannot be written, the caller fails, so nothing is handed out that is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from backend.db import sql
from backend.db.prepared import prepared_cursor
from backend.http.request_log import request_id
from listening.audit.errors import UnknownPurpose
from listening.audit.purposes import HEADER, Purpose, parse_purpose
from listening.audit.verbs import Verb

MOST_IDS: Final = 1_000  # listed in an entry; of more, their number is kept


def record(
    verb: Verb,
    of: type[Model] | None = None,
    ids: Iterable[object] = (),
    *,
    request: Request | HttpRequest | None = None,
    by: AbstractBaseUser | None = None,
    subject: AbstractBaseUser | None = None,
    purpose: Purpose | None = None,
    number: int | None = None,
) -> None:
    """Record that somebody did something to records of a model, by their ids. One INSERT.

    Who, with what and for what purpose is in the request; `by` names the person where there is none, or where nobody
    was signed in yet. `purpose` is what a page or a command was told, which send no header. `subject` is the person
    whom it was done to, `number` how many records where their ids are nowhere listed. Never pass content: ids are
    numbers or UUIDs.
    """
    listed = [str(one) for one in ids]
    # A sign-in is recorded before anybody is signed in.
    person = by or getattr(request, "user", None)
    with prepared_cursor() as cursor:
        cursor.execute(
            sql.read("listening.audit", "append_entry.sql"),
            {
                "person": None if person is None else person.pk,
                "credential": "" if request is None else _credential_of(request),
                "verb": Verb(verb),
                "model": "" if of is None else of._meta.label_lower,
                "ids": listed if len(listed) <= MOST_IDS else [],
                "number": len(listed) if number is None else number,
                "subject": None if subject is None else subject.pk,
                "request": request_id.get(),
                "purpose": purpose or ("" if request is None else _told_purpose(request)),
            },
        )


def purpose_of(request: Request | HttpRequest) -> Purpose | None:
    """The purpose that a request names, None without one. Raises UnknownPurpose."""
    try:
        return parse_purpose(request.headers.get(HEADER))
    except ValueError:
        raise UnknownPurpose from None


def _told_purpose(request: Request | HttpRequest) -> str:
    """For the entry: a page that does not ask for a purpose is not refused because of one."""
    try:
        return purpose_of(request) or ""
    except UnknownPurpose:
        return ""


def _credential_of(request: Request | HttpRequest) -> str:
    """What the person signed in with: kind and number of a token, key or device, or `session`."""
    credential = getattr(request, "auth", None)
    if isinstance(credential, Model):
        return f"{credential._meta.model_name}:{credential.pk}"
    if isinstance(request, Request) and not isinstance(request.successful_authenticator, SessionAuthentication):
        return ""
    person = getattr(request, "user", None)
    return "session" if person is not None and person.is_authenticated else ""
