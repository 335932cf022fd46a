"""Wrap all data keys under the current key, so that the one before can be taken out of the environment."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import connections, transaction

from backend.db import sql
from listening.vault import keys
from listening.vault.models import DataKey

AT_ONCE: Final = 1_000


def rotate() -> int:
    """Wrap anew what another key wraps; how many data keys. Contacts themselves are not touched.

    A transaction for each thousand: begun again, it goes on where it was. Raises VaultKeyMissing, VaultKeyWrong before
    anything of that thousand is changed.
    """
    key_set = keys.key_set()
    done = 0
    while moved := _rotate_some(key_set):
        done += moved
    return done


def verify() -> int:
    """Open every data key; how many there are. Raises VaultKeyMissing, VaultKeyWrong."""
    key_set = keys.key_set()
    found = DataKey.objects.using(settings.VAULT_ALIAS).values_list("contact_id", "key_id", "wrapped")
    number = 0
    for pk, key_id, wrapped in found.iterator(AT_ONCE):
        keys.unwrap(key_id, bytes(wrapped), of=pk.bytes, keys=key_set)
        number += 1
    return number


def _rotate_some(key_set: keys.KeySet) -> int:
    using = settings.VAULT_ALIAS
    with transaction.atomic(using=using):
        old = list(
            DataKey.objects.using(using)
            .exclude(key_id=key_set.current)
            .order_by("contact_id")
            .select_for_update()
            .values_list("contact_id", "key_id", "wrapped")[:AT_ONCE]
        )
        new = [
            keys.wrap(keys.unwrap(key_id, bytes(wrapped), of=pk.bytes, keys=key_set), of=pk.bytes, keys=key_set)
            for pk, key_id, wrapped in old
        ]
        with connections[using].cursor() as cursor:
            cursor.execute(
                sql.read("listening.vault", "rewrap_keys.sql"),
                {"contacts": [pk for pk, _, _ in old], "wrapped": new, "key_id": key_set.current},
            )
    return len(old)
