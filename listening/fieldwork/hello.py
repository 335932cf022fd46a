"""Hello: how a phone keeps its lease, and gets a new token when its own is a week old.

A first hello brings a nonce. A second one brings it back, signed by the key that never leaves the phone: this renews
the lease. Whoever stole a token alone cannot sign, so it is worth nothing when the lease is over.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from backend import clock
from listening.fieldwork import device_tokens
from listening.fieldwork.device_keys import is_signed, lease_message
from listening.fieldwork.device_tokens import Standing
from listening.fieldwork.enrolment import LEASE
from listening.fieldwork.errors import DeviceRevoked, LeaseRefused
from listening.fieldwork.models import Device

NONCE_HOLDS: Final = dt.timedelta(minutes=5)
TOKEN_HOLDS: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Signed:
    """A nonce that the phone was given, and its signature."""

    nonce: str
    signature: str


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a phone is told; `token` is a replacement for its own, or None."""

    device: Device
    token: str | None


def greet(device_id: UUID, *, token: str, signed: Signed | None) -> Greeting:
    """Answer a hello. Locks the row of the device; the caller has resolved the token.

    Raises LeaseRefused when the signature is wrong, or not over the last nonce; the nonce is spent all the same.
    Raises DeviceRevoked when that happened meanwhile, also because the token was replaced: then two have it.
    """
    now = clock.now()
    with transaction.atomic():
        device = Device.objects.select_for_update().get(pk=device_id)
        standing = device_tokens.standing_of(device, device_tokens.digest(token))
        is_standing = device.revoked_at is None and standing is Standing.CURRENT
        is_renewed = is_standing and signed is not None and _proves(device, signed, now)
        replacement = None
        if is_renewed:
            device.lease_until = now + LEASE
            if now - device.token_issued_at >= TOKEN_HOLDS:
                replacement = device_tokens.new(device.pk)
                # One that was sent before and not used is void: its answer was lost, or somebody else has it.
                device.next_digest, device.next_issued_at = device_tokens.digest(replacement), now
        if is_standing:
            device.nonce, device.nonce_until = secrets.token_urlsafe(32), now + NONCE_HOLDS
            device.save(update_fields=["lease_until", "next_digest", "next_issued_at", "nonce", "nonce_until"])
    if standing is Standing.SPENT:
        device_tokens.revoke_as_misused(device)
    if not is_standing:
        raise DeviceRevoked("This phone was revoked while it said hello.", wipe=False)
    if signed is not None and not is_renewed:
        raise LeaseRefused("The signature is not by the key of this phone over the last nonce. Ask for another nonce.")
    return Greeting(device, replacement)


def _proves(device: Device, signed: Signed, now: dt.datetime) -> bool:
    """Whether somebody who has the phone's key has signed the nonce that the phone was given last."""
    if device.nonce_until is None or now >= device.nonce_until:
        return False
    if not hmac.compare_digest(device.nonce.encode(), signed.nonce.encode()):
        return False
    return is_signed(device.public_key, lease_message(device.pk, signed.nonce), signed.signature)
