"""Tokens of phones: `nld_<id of the device>_<256 random bits>`. Each request reads the device and its person, at once.

A phone gets a replacement when its token is a week old (`hello`). Answers get lost, so the token before holds until the
replacement is used. Whoever then comes with the token before is not the phone, or not it alone: the device is revoked.
"""

from __future__ import annotations

import datetime as dt
import enum
import hmac
import logging
import re
import secrets
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Func

from backend import clock
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.errors import DeviceRevoked, TokenExpired
from listening.fieldwork.models import Device
from listening.fieldwork.peppered import peppered

PREFIX: Final = "nld_"
# How exact `last_seen_at` is: more often it is not written, so that reading stays reading.
SEEN_EVERY: Final = dt.timedelta(minutes=1)

_FORM = re.compile(rf"{PREFIX}([0-9a-f]{{32}})_[A-Za-z0-9_-]{{43}}", re.ASCII)
logger = logging.getLogger(__name__)


class Standing(enum.Enum):
    """What a token is to its device."""

    CURRENT = enum.auto()
    NEXT = enum.auto()
    SPENT = enum.auto()


def new(device_id: UUID) -> str:
    return f"{PREFIX}{device_id.hex}_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    return peppered("device-token", token)


def standing_of(device: Device, token_digest: str) -> Standing | None:
    """What a token is to a device, by its digest; None: nothing."""
    if hmac.compare_digest(device.token_digest, token_digest):
        return Standing.CURRENT
    if hmac.compare_digest(device.next_digest, token_digest):
        return Standing.NEXT
    if any(hmac.compare_digest(spent, token_digest) for spent in device.spent_digests):
        return Standing.SPENT
    return None


def resolve(token: str) -> Device | None:
    """The phone whose token this is; None when it is unknown, or the person may not sign in. The lease is not asked.

    Raises DeviceRevoked and TokenExpired. Writes outside any transaction of the caller's: a refusal must not undo them.
    """
    if (form := _FORM.fullmatch(token)) is None:
        return None
    device = next(iter(Device.objects.select_related("person").filter(pk=UUID(form[1]))), None)
    token_digest = digest(token)
    standing = None if device is None else standing_of(device, token_digest)
    if device is None or standing is None:
        return None
    if device.revoked_at is not None:
        raise DeviceRevoked("This phone was revoked.", wipe=_tell_to_wipe(device))
    if standing is Standing.SPENT:
        revoke_as_misused(device)
        raise DeviceRevoked("A token was used that had been replaced; this phone is revoked.", wipe=False)
    if not device.person.is_active:
        return None
    now = clock.now()
    if now >= device.expires_at:
        raise TokenExpired("This phone was not used for too long, or was enrolled too long ago. Enrol it anew.")
    if standing is Standing.NEXT and not _put_in_force(device, token_digest):
        # In between it was put in force, or replaced by yet another, or the phone was revoked: look again.
        return resolve(token)
    if now - device.last_seen_at >= SEEN_EVERY:
        Device.objects.filter(pk=device.pk, last_seen_at__lte=now - SEEN_EVERY).update(last_seen_at=now)
    return device


def revoke_as_misused(device: Device) -> None:
    """A token came back that had been replaced: two hold it, and which of them is the phone cannot be told."""
    now = clock.now()
    with transaction.atomic():
        revoked = Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now, misused_at=now)
        if revoked:
            # By nobody: the service does it by itself.
            record(Verb.REVOKE_DEVICE, Device, [device.pk], subject=device.person)
    if revoked:
        logger.warning(
            "a replaced token of a phone was used; the phone is revoked", extra={"user_id": device.person_id}
        )


def _put_in_force(device: Device, token_digest: str) -> bool:
    """Let the replacement take the place of the token before, which is spent from now on."""
    waiting = Device.objects.filter(pk=device.pk, next_digest=token_digest, revoked_at=None)
    return bool(
        waiting.update(
            spent_digests=Func(F("spent_digests"), F("token_digest"), function="array_append"),
            token_digest=F("next_digest"),
            token_issued_at=F("next_issued_at"),
            next_digest="",
            next_issued_at=None,
        )
    )


def _tell_to_wipe(device: Device) -> bool:
    """Whether this answer is the one that tells the phone to forget all."""
    untold = Device.objects.filter(pk=device.pk, wipe_asked_at__isnull=False, wipe_told_at=None)
    return bool(untold.update(wipe_told_at=clock.now()))
