"""How a phone comes to a person: a code that lives five minutes, a key that stays on the phone, a number to compare.

1. The person, signed in, asks for a code. A new one voids the older.
2. The phone sends the code with the public half of its key. The database decides which phone was first.
3. The person sees the phone and its number, and confirms it. Until then it may only say hello.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.http import HttpRequest
from rest_framework.request import Request
from uuid6 import uuid7

from backend import clock
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork import device_tokens
from listening.fieldwork.errors import EnrolmentCodeGone
from listening.fieldwork.models import Device, EnrolmentCode, User
from listening.fieldwork.peppered import peppered

CODE_BYTES: Final = 16
CODE_HOLDS: Final = dt.timedelta(minutes=5)
LEASE: Final = dt.timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """A code as it is shown once."""

    code: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A new phone, and the only copy of its token."""

    device: Device
    token: str


def issue_code(person: User) -> IssuedCode:
    """Make a code by which a person enrols one phone; the older one is void."""
    issued = IssuedCode(secrets.token_urlsafe(CODE_BYTES), clock.now() + CODE_HOLDS)
    EnrolmentCode.objects.bulk_create(
        [EnrolmentCode(person=person, digest=_digest(issued.code), expires_at=issued.expires_at)],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["digest", "expires_at", "used_at"],
    )
    return issued


@transaction.atomic
def enrol(*, code: str, name: str, public_key: str) -> Enrolled:
    """Make a phone of the person whose code this is; `public_key` as `device_keys.read_public_key` returns it.

    Raises EnrolmentCodeGone when the code is unknown, used or expired, or its person may not sign in.
    """
    now = clock.now()
    # One condition on one table: of two phones, the second waits for the first, looks again, and finds it used.
    holding = EnrolmentCode.objects.filter(digest=_digest(code), used_at=None, expires_at__gt=now)
    won = holding.update(used_at=now)
    person = User.objects.filter(enrolment_code__digest=_digest(code), is_active=True).first()
    if not won or person is None:
        raise EnrolmentCodeGone("This code does not hold. Ask for another.")
    device_id = uuid7()
    token = device_tokens.new(device_id)
    device = Device.objects.create(
        id=device_id,
        person=person,
        name=name,
        public_key=public_key,
        enrolled_at=now,
        last_seen_at=now,
        lease_until=now + LEASE,
        token_digest=device_tokens.digest(token),
        token_issued_at=now,
    )
    record(Verb.ENROL_DEVICE, Device, [device.pk], by=person, subject=person)
    return Enrolled(device, token)


@transaction.atomic
def confirm(device: Device, *, request: Request | HttpRequest | None = None) -> None:
    """Say that the phone is the person's: its number was compared. Doing so again changes nothing."""
    unconfirmed = Device.objects.filter(pk=device.pk, confirmed_at=None, revoked_at=None)
    if unconfirmed.update(confirmed_at=clock.now()):
        record(Verb.CONFIRM_DEVICE, Device, [device.pk], request=request, subject=device.person)


def _digest(code: str) -> str:
    return peppered("enrolment-code", code)
