"""Forget contacts that nobody agreed to any longer, whatever left them behind.

Contacts and conversations are under two roles, and so in two transactions: between them something may fail, e.g. the
vault is away when a conversation is deleted. What should not be there is found by looking, not by remembering.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings

from listening.records.models import Consent
from listening.vault import contacts

AT_ONCE: Final = 5_000


def forget_orphans() -> int:
    """Forget each contact whose conversation is gone, or has no consent for recontact; how many. Takes no key.

    Call it outside of a transaction. A contact that is kept meanwhile, in place of an orphan, stays.
    """
    if not settings.VAULT_KEYS:
        return 0
    forgotten, after = 0, None
    while links := contacts.links(after=after, limit=AT_ONCE):
        forgotten += contacts.forget_contacts(_orphans(links))
        after = links[-1].contact_id
    return forgotten


def _orphans(links: list[contacts.Link]) -> list[UUID]:
    agreed = set(
        Consent.objects.filter(
            conversation__in=[link.conversation_id for link in links], purpose=Consent.Purpose.RECONTACT
        ).values_list("conversation_id", flat=True)
    )
    return [link.contact_id for link in links if link.conversation_id not in agreed]
