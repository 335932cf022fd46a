"""Announce an attachment: the service then knows what to expect, and that it is missing until it came."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from backend import clock
from backend.problems import Forbidden, Gone
from listening.attachments.errors import AttachmentIdTaken, AttachmentTooLarge, TooManyAttachments
from listening.attachments.limits import MOST_ATTACHMENTS, MOST_BYTES
from listening.attachments.models import Attachment
from listening.fieldwork.models import User
from listening.records.models import Conversation, Tombstone


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a phone says of an attachment before it sends it. `size` in bytes, `sha256` in hexadecimal."""

    id: UUID
    conversation: UUID
    size: int
    sha256: str
    media_type: str


@transaction.atomic
def announce(announced: Announcement, *, by: User) -> tuple[Attachment, bool]:
    """The attachment, and whether it is new; announcing the same twice changes nothing.

    The conversation may not have come yet. One that the person may not know of is taken for such a one, so that nobody
    learns by announcing which ids there are; what was announced for it never belongs to it.
    Raises AttachmentIdTaken, AttachmentTooLarge, TooManyAttachments, Forbidden, Gone.
    """
    if announced.size > MOST_BYTES:
        raise AttachmentTooLarge
    attachment = Attachment.objects.filter(pk=announced.id).first()
    if attachment is not None:
        return _same(attachment, announced, by), False
    _check_conversation(announced.conversation, by)
    now = clock.now()
    made = Attachment(
        id=announced.id,
        conversation_id=announced.conversation,
        announced_by=by,
        media_type=announced.media_type,
        size=announced.size,
        sha256=announced.sha256,
        announced_at=now,
        updated_at=now,
    )
    # Of two that come at once one finds the other's row, and waits until it is there for good.
    Attachment.objects.bulk_create([made], ignore_conflicts=True)
    attachment = _same(Attachment.objects.get(pk=announced.id), announced, by)
    return attachment, attachment.announced_at == now


def _same(attachment: Attachment, announced: Announcement, by: User) -> Attachment:
    before = (attachment.conversation_id, attachment.size, attachment.sha256, attachment.media_type)
    told = (announced.conversation, announced.size, announced.sha256, announced.media_type)
    if attachment.announced_by_id != by.pk or before != told:
        raise AttachmentIdTaken(attachment=announced.id)
    return attachment


def _check_conversation(pk: UUID, by: User) -> None:
    """Refuse what is known, to this person, never to become an attachment."""
    if Conversation.objects.visible_to(by).filter(pk=pk).exclude(listener=by).exists():
        raise Forbidden("Only the listener attaches something to a conversation.")
    if Tombstone.objects.visible_to(by).filter(pk=pk).exists():
        raise Gone("The conversation was deleted; nothing can be attached to it.")
    if Attachment.objects.of_conversation(pk).filter(announced_by=by).count() >= MOST_ATTACHMENTS:
        raise TooManyAttachments
