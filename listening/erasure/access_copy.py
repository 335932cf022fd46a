"""What is stored of a conversation, for who holds its card (GDPR, articles 15 and 20)."""

from __future__ import annotations

import json
from typing import Any, Final

from django.db import transaction

from listening.attachments.models import Attachment
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.consent.codes import digest_of, read_code
from listening.consent.models import Receipt, Withdrawal
from listening.records.models import Conversation
from listening.records.render import document_of

# Of the staff, not of the residents.
NOT_THEIRS: Final = ("listener", "session", "version")


@transaction.atomic
def copy_for(code: str) -> dict[str, Any] | None:
    """The document of a conversation with what belongs to it; None for a code that nobody has, or that was withdrawn.

    Raises NotACode. Recorded in the audit.
    """
    digest = digest_of(read_code(code))
    pk = Receipt.objects.filter(digest=digest).values_list("conversation_id", flat=True).first()
    if pk is None or Withdrawal.objects.filter(digest=digest).exists():
        return None
    document = {name: value for name, value in document_of(pk).items() if name not in NOT_THEIRS}
    holder = Conversation.objects.filter(pk=pk).values("listener")
    kept = Attachment.objects.of_conversation(pk).filter(announced_by__in=holder).order_by("announced_at", "id")
    document["attachments"] = [
        {"media_type": one.media_type, "size": one.size, "announced_at": one.announced_at.isoformat()} for one in kept
    ]
    record(Verb.EXPORT, Conversation, [pk])
    return document


def as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)
