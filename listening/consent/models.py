"""What residents were told, the card that they were given, and who asked to be forgotten.

What they consented to belongs to the record itself (`records.Consent`). Nothing here holds a word of what was said, and
of a receipt only its HMAC.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from listening.consent.querysets import NoticeQuerySet, WithdrawalQuerySet
from listening.records.models import Conversation


class Notice(models.Model):
    """What residents are told of their data: one version in one language. Never changed: a version is a proof."""

    version = models.CharField(max_length=20)
    language = models.CharField(max_length=35, help_text="BCP 47 tag.")
    text = models.TextField()
    sha256 = models.CharField(max_length=64, help_text="Of the text in UTF-8, in hexadecimal.")
    loaded_at = models.DateTimeField()

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-loaded_at", "version", "language"]
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.version} ({self.language})"


class Receipt(models.Model):
    """The card with a code that belongs to one conversation; who holds it may read and delete the conversation."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="HMAC-SHA-256 of the code.")
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"receipt of {self.conversation_id}"


class Withdrawal(models.Model):
    """Somebody sent the code of a card, to have its conversation deleted; known codes and unknown ones are kept alike.

    It stays after it was carried out: what comes later under the same card is refused.
    """

    digest = models.BinaryField(primary_key=True, max_length=32, help_text="HMAC-SHA-256 of the code.")
    asked_at = models.DateTimeField()
    carried_out_at = models.DateTimeField(
        null=True, help_text="None: its conversation was not here yet, or the job did not run."
    )
    # Set by the database: whoever asks writes the same for every code.
    attempts = models.PositiveIntegerField(db_default=0, help_text="How often the worker has begun to carry it out.")
    try_again_at = models.DateTimeField(null=True, help_text="Not before; None: at once.")
    failed_as = models.CharField(max_length=60, db_default="", help_text="Kind of the last failure; empty: none.")

    objects = WithdrawalQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="withdrawal_open", condition=Q(carried_out_at=None))]

    def __str__(self) -> str:
        return f"withdrawal of {self.asked_at:%Y-%m-%d}"
