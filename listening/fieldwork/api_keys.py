"""Keys of machines: `nlk_` and 256 random bits, shown once; for a year at most, some operations, some networks.

A key belongs to an account of a machine: one without a password, which nobody signs in with.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from ipaddress import ip_network
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from backend import clock
from backend.http.client_address import Address, Network
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import ApiKey, User
from listening.fieldwork.peppered import peppered
from listening.fieldwork.roles import MACHINES

PREFIX: Final = "nlk_"
LONGEST_DAYS: Final = 366
DEFAULT_DAYS: Final = 90
# How exact `last_used_at` is, so that reading stays reading.
USED_EVERY: Final = dt.timedelta(minutes=1)


def make_account(name: str) -> User:
    """A machine, which nobody signs in as. Raises ValueError when the name is none."""
    account = User(username=name)
    account.set_unusable_password()
    try:
        account.full_clean(exclude=["password"])
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from None
    account.save()
    return account


@transaction.atomic
def issue(
    account: User, *, scopes: Collection[KeyScope], days: int = DEFAULT_DAYS, networks: Collection[Network] = ()
) -> str:
    """Make a key for a machine; the return value is the only copy.

    Raises ValueError when the account is a person's or not active, or the key would be for nothing or more than a year.
    """
    if account.has_usable_password() or account.assignments.exclude(role__in=MACHINES).exists():
        raise ValueError(f"{account} is a person; keys are for machines.")
    if not account.is_active:
        raise ValueError(f"{account} is not active.")
    if not scopes:
        raise ValueError("A key must be for something.")
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"A key holds 1 to {LONGEST_DAYS} days, not {days}.")
    key = PREFIX + secrets.token_urlsafe(32)
    now = clock.now()
    issued = ApiKey.objects.create(
        account=account,
        digest=_digest(key),
        scopes=sorted(scopes),
        networks=sorted(map(str, networks)),
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
    )
    record(Verb.ISSUE_KEY, ApiKey, [issued.pk], subject=account)
    return key


def resolve(key: str, *, address: Address | str) -> ApiKey | None:
    """A key with its account, for a request from an address of the network.

    None when it is unknown, expired, revoked or not for this address, or its account is not active: all look alike.
    """
    if not key.startswith(PREFIX):
        return None
    now = clock.now()
    found = (
        ApiKey.objects.select_related("account")
        .filter(digest=_digest(key), expires_at__gt=now, revoked_at=None, account__is_active=True)
        .first()
    )
    if found is None or not _is_from(found, address):
        return None
    if found.last_used_at is None or now - found.last_used_at >= USED_EVERY:
        ApiKey.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


@transaction.atomic
def revoke(keys: QuerySet[ApiKey], *, request: HttpRequest | None = None) -> int:
    """Refuse keys from now on; returns how many were not revoked before. `request`: of the person who does so."""
    standing = list(keys.filter(revoked_at=None).select_for_update(of=("self",)).values_list("pk", flat=True))
    if standing:
        ApiKey.objects.filter(pk__in=standing).update(revoked_at=clock.now())
        record(Verb.REVOKE_KEY, ApiKey, standing, request=request)
    return len(standing)


def _is_from(key: ApiKey, address: Address | str) -> bool:
    if not key.networks:
        return True
    # A socket of this machine has no address: whoever limits a key wants to know where from.
    return not isinstance(address, str) and any(address in ip_network(network) for network in key.networks)


def _digest(key: str) -> str:
    return peppered("api-key", key)
