"""Questions about attachments. Who may see what is said in `visible_to` and nowhere else."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from listening.attachments.limits import KEPT_WAITING
from listening.fieldwork.roles import LOG
from listening.records.models import Conversation, Tombstone
from listening.records.querysets import NOBODY

if TYPE_CHECKING:
    from uuid import UUID

    from listening.attachments.models import Attachment, StoredFile
    from listening.fieldwork.models import User


def holding(records: models.QuerySet[Conversation] | models.QuerySet[Tombstone]) -> Exists:
    """Whether the conversation of an attachment is among some: that of its id, and of who announced it.

    Without the second, whoever learns an id could put photos into a conversation of somebody else.
    """
    return Exists(records.order_by().filter(pk=OuterRef("conversation_id"), listener=OuterRef("announced_by")))


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """What a person announced, and what belongs to conversations that they may read."""
        own = Q(announced_by=user) if user.scope.has(*LOG) else NOBODY
        return self.filter(own | Q(holding(Conversation.objects.visible_to(user))))

    def of_conversation(self, pk: UUID) -> Self:
        return self.filter(conversation_id=pk)

    def never_completed(self, now: dt.datetime) -> Self:
        """Of which nothing came for so long that nothing will."""
        return self.filter(completed_at=None, updated_at__lt=now - KEPT_WAITING)

    def never_claimed(self, now: dt.datetime) -> Self:
        """Complete, and their conversation has not come for so long that it will not."""
        return self.filter(~Q(holding(Conversation.objects.all())), completed_at__lt=now - KEPT_WAITING)

    def of_deleted(self) -> Self:
        """Whose conversation was deleted before they were announced."""
        return self.filter(holding(Tombstone.objects.all()))


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def unused(self) -> Self:
        """Files to which no attachment refers."""
        from listening.attachments.models import Attachment

        return self.filter(~Exists(Attachment.objects.order_by().filter(file=OuterRef("pk"))))
