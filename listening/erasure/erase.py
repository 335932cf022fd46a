"""Erase one conversation with all that hangs on it, wherever it hangs."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q

from backend.db.locks import lock_records
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.capture.amend import delete
from listening.fieldwork.models import User
from listening.records.models import Conversation, Tombstone
from listening.sync.models import Op, WaitingOp
from listening.vault.contacts import forget


def locked_conversation(pk: UUID) -> Conversation | None:
    """A conversation under the lock that sync takes, so that no op of a phone is applied meanwhile; None: gone."""
    with connection.cursor() as cursor:
        lock_records(cursor, [pk])
    return Conversation.objects.select_for_update(of=("self",)).select_related("listener").filter(pk=pk).first()


def erase(conversation: Conversation, *, by: User | None = None) -> Tombstone:
    """Delete a conversation, and what phones brought for it that waits. The caller has it from `locked_conversation`.

    Bands, findings, themes, consents, clashes, card and attachments go with the row; the bytes of attachments follow
    the commit. What stays is the tombstone, and in the ledger of ops keyed HMACs of what was sent. `by`: who of
    the staff had deleted it before a backup was restored.
    """
    pk = str(conversation.pk)
    # First, and in a transaction of its own: when it fails nothing else is erased either, and it is tried again.
    if settings.VAULT_KEYS:
        forget([conversation.pk])
    waiting = WaitingOp.objects.filter(
        Q(waiting_for=conversation.pk) | Q(body__conversation=pk) | Q(body__id=pk)
    ).values_list("pk", flat=True)
    ops = list(waiting)
    Op.objects.filter(pk__in=ops).update(outcome={"status": "rejected", "reason": "gone"})
    WaitingOp.objects.filter(pk__in=ops).delete()
    tombstone = delete(conversation, by=by)
    record(Verb.WITHDRAW if by is None else Verb.DELETE, Conversation, [pk], by=by)
    return tombstone
