"""Keep, read and forget the contact of one conversation. There is no way to list contacts.

Every function works in the database `settings.VAULT_ALIAS`, under the role of the vault where the city has roles. Who
may call, with what consent and for what purpose, is decided by the caller, who also records it in the audit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from uuid6 import uuid7

from backend import clock
from listening.vault import keys
from listening.vault.models import Contact, ContactDetail, ContactLink, DataKey


@dataclass(frozen=True, slots=True)
class Detail:
    """A number in E.164 or an e-mail address in small letters."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who may be called back: a name or none, and one number or address at least."""

    name: str
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A contact as it is read, with the day on which it is forgotten."""

    person: Person
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Which contact is kept for which conversation."""

    contact_id: UUID
    conversation_id: UUID


def keep(conversation_id: UUID, person: Person, *, expires_at: dt.datetime) -> None:
    """Keep the contact of a conversation in place of the one before. Raises VaultKeyMissing."""
    using = settings.VAULT_ALIAS
    key_set, data_key, pk = keys.key_set(), keys.new_data_key(), uuid7()
    with transaction.atomic(using=using):
        forget([conversation_id])
        contact = Contact.objects.using(using).create(
            id=pk,
            purpose=Contact.Purpose.RECONTACT,
            sealed_name=keys.seal(data_key, person.name, of=_of(pk, "name")),
            created_at=clock.now(),
            expires_at=expires_at,
        )
        DataKey.objects.using(using).create(
            contact=contact, key_id=key_set.current, wrapped=keys.wrap(data_key, of=pk.bytes, keys=key_set)
        )
        ContactDetail.objects.using(using).bulk_create(
            ContactDetail(
                contact=contact,
                kind=detail.kind,
                sealed=keys.seal(data_key, detail.value, of=_of(pk, detail.kind)),
                blind_index=keys.blind_index(detail.kind, detail.value),
            )
            for detail in person.details
        )
        ContactLink.objects.using(using).create(contact=contact, conversation_id=conversation_id)


def read(conversation_id: UUID) -> Kept | None:
    """The contact of a conversation; None when there is none, or its time is over.

    Raises VaultKeyMissing, VaultKeyWrong: what does not open is never shown as if it were a name.
    """
    found = (
        Contact.objects.using(settings.VAULT_ALIAS)
        .select_related("key")
        .prefetch_related("details")
        .filter(link__conversation_id=conversation_id, expires_at__gt=clock.now())
        .first()
    )
    if found is None:
        return None
    data_key = keys.unwrap(found.key.key_id, bytes(found.key.wrapped), of=found.pk.bytes, keys=keys.key_set())
    details = sorted(found.details.all(), key=lambda detail: detail.pk)
    return Kept(
        Person(
            keys.unseal(data_key, bytes(found.sealed_name), of=_of(found.pk, "name")),
            tuple(
                Detail(one.kind, keys.unseal(data_key, bytes(one.sealed), of=_of(found.pk, one.kind)))
                for one in details
            ),
        ),
        found.expires_at,
    )


def forget(conversation_ids: Iterable[UUID]) -> int:
    """Destroy the keys of the contacts of some conversations, and the contacts; how many. Takes no key."""
    return _delete(
        Contact.objects.filter(link__conversation_id__in=list(conversation_ids)).values_list("pk", flat=True)
    )


def forget_expired(now: dt.datetime) -> int:
    """The same for contacts whose time is over."""
    return _delete(Contact.objects.filter(expires_at__lte=now).values_list("pk", flat=True))


def links(*, after: UUID | None, limit: int) -> list[Link]:
    """The next links after a contact, by id of the contact; for the sweep, and shown to nobody."""
    found = ContactLink.objects.using(settings.VAULT_ALIAS).order_by("contact_id")
    if after is not None:
        found = found.filter(contact_id__gt=after)
    return [Link(*ids) for ids in found.values_list("contact_id", "conversation_id")[:limit]]


def forget_contacts(contact_ids: Iterable[UUID]) -> int:
    """The same by ids of contacts."""
    return _delete(Contact.objects.filter(pk__in=list(contact_ids)).values_list("pk", flat=True))


def expired(now: dt.datetime) -> int:
    """How many `forget_expired` would delete."""
    return Contact.objects.using(settings.VAULT_ALIAS).filter(expires_at__lte=now).count()


def conversations_of(detail: Detail) -> Sequence[UUID]:
    """The conversations with a number or an address: for the request of a person who has lost their card."""
    index = keys.blind_index(detail.kind, detail.value)
    found = ContactLink.objects.using(settings.VAULT_ALIAS).filter(contact__details__blind_index=index)
    return list(found.order_by("conversation_id").values_list("conversation_id", flat=True).distinct())


def _delete(found: Iterable[UUID]) -> int:
    using = settings.VAULT_ALIAS
    with transaction.atomic(using=using):
        pks = list(found.using(using))  # type: ignore[attr-defined]
        DataKey.objects.using(using).filter(contact__in=pks).delete()
        ContactDetail.objects.using(using).filter(contact__in=pks).delete()
        ContactLink.objects.using(using).filter(contact__in=pks).delete()
        Contact.objects.using(using).filter(pk__in=pks).delete()
    return len(pks)


def _of(pk: UUID, what: str) -> bytes:
    return pk.bytes + what.encode()
