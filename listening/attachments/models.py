"""Photos and sound that belong to conversations: what was announced, what of it came, and what is kept.

A conversation may come after its attachments, so there is no foreign key to it: migrations/sql/0002 has the database
delete what belongs to a conversation together with it.
"""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q

from listening.attachments.limits import KEPT_WAITING, MOST_BYTES
from listening.attachments.media_types import MediaType, Refusal
from listening.attachments.querysets import AttachmentQuerySet, StoredFileQuerySet


class StoredFile(models.Model):
    """Bytes in the storage, once however many attachments have them. `sha256` is of these bytes, in hexadecimal."""

    sha256 = models.CharField(primary_key=True, max_length=64, editable=False)
    size = models.PositiveIntegerField(help_text="Bytes.")
    media_type = models.CharField(max_length=10, choices=MediaType)
    stored_at = models.DateTimeField()

    objects = StoredFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.sha256

    @property
    def name(self) -> str:
        """Where it is in the storage; in folders, so that none holds too many."""
        return f"files/{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"


class Attachment(models.Model):
    """One photo or recording that a phone announced; complete once its whole content came and was found good.

    It belongs to the conversation of that id that `announced_by` listened to. `size` and `sha256` are of the content as
    the phone has it; what is kept is `file`.
    """

    class State(models.TextChoices):
        ANNOUNCED = "announced"
        RECEIVING = "receiving"
        COMPLETE = "complete"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, editable=False)
    conversation_id = models.UUIDField()
    announced_by = models.ForeignKey("fieldwork.User", on_delete=models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=10, choices=MediaType, help_text="What the phone says that it is.")
    size = models.PositiveIntegerField(help_text="Bytes, all of them.")
    sha256 = models.CharField(max_length=64)
    received = models.PositiveIntegerField(default=0, help_text="Bytes that came so far.")
    announced_at = models.DateTimeField()
    updated_at = models.DateTimeField(help_text="When it was announced, or the last chunk came.")
    completed_at = models.DateTimeField(null=True)
    refused_for = models.CharField(max_length=15, choices=Refusal, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="attachments")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["announced_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(size__range=(1, MOST_BYTES)), name="attachment_size"),
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="attachment_received_within_size"),
            models.CheckConstraint(
                name="attachment_complete_has_a_file",
                condition=Q(completed_at=None, file=None, received__lt=F("size"))
                | Q(completed_at__isnull=False, file__isnull=False, received=F("size"), refused_for=""),
            ),
        ]
        indexes = [models.Index(fields=["conversation_id", "announced_by"], name="attachment_of_conversation")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state(self) -> State:
        if self.completed_at is not None:
            return self.State.COMPLETE
        if self.refused_for:
            return self.State.REFUSED
        return self.State.RECEIVING if self.received else self.State.ANNOUNCED

    @property
    def expires_at(self) -> dt.datetime | None:
        """Until when the rest may come; none when it is complete."""
        return None if self.completed_at is not None else self.updated_at + KEPT_WAITING


class Chunk(models.Model):
    """A part of an attachment that is not complete yet: a file in the storage, gone once the whole was put together."""

    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="chunks")
    start = models.PositiveIntegerField(help_text="Bytes before it.")
    name = models.CharField(max_length=100, unique=True, help_text="Where it is in the storage.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attachment", "start"], name="chunk_once")]

    def __str__(self) -> str:
        return self.name
