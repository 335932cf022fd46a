"""What sync keeps: the change feed, what became of each op, what waits, and what clashed."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q

from listening.fieldwork.models import User
from listening.records.models import Conversation
from listening.sync.querysets import WaitingOpQuerySet


class Touched(models.Model):
    """A conversation that was written to, in a transaction that the feed has not looked at yet. Written by triggers."""

    id = models.BigAutoField(primary_key=True)
    conversation_id = models.UUIDField()

    class Meta:
        verbose_name_plural = "touched"

    def __str__(self) -> str:
        return str(self.conversation_id)


class Change(models.Model):
    """An entry of the change feed: a conversation came into, changed in, or left a bucket. Written by `sequence` alone.

    A bucket is the conversations of one listener (`owner_id`), or those of one district and tier (`district_id` 0: of
    no district). `pos` is the place in the feed: positions become visible in their order.
    """

    pos = models.BigIntegerField(primary_key=True)
    conversation_id = models.UUIDField()
    owner_id = models.BigIntegerField(null=True)
    district_id = models.BigIntegerField(null=True)
    tier = models.SmallIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["owner_id", "pos"], name="change_of_owner", condition=Q(owner_id__isnull=False)),
            models.Index(
                fields=["district_id", "tier", "pos"], name="change_in_district", condition=Q(owner_id__isnull=True)
            ),
            models.Index(fields=["tier", "pos"], name="change_in_city", condition=Q(owner_id__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="change_in_one_bucket",
                condition=Q(owner_id__isnull=False, district_id__isnull=True, tier__isnull=True)
                | Q(owner_id__isnull=True, district_id__isnull=False, tier__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.pk} of {self.conversation_id}"


class Held(models.Model):
    """In which buckets a conversation lay when the feed looked at it last. Written by `sequence` alone."""

    conversation_id = models.UUIDField(primary_key=True)
    owner_id = models.BigIntegerField()
    district_id = models.BigIntegerField()
    tier = models.SmallIntegerField()

    class Meta:
        verbose_name_plural = "held"
        indexes = [
            models.Index(fields=["owner_id", "conversation_id"], name="held_by_owner"),
            models.Index(fields=["district_id", "tier", "conversation_id"], name="held_in_district"),
        ]

    def __str__(self) -> str:
        return str(self.conversation_id)


class FeedState(models.Model):
    """The one row about the feed as a whole.

    `epoch` changes when the database was restored: what phones were told since is not true any longer. Below `floor`
    the feed has gaps: whoever comes with an older cursor begins anew.
    """

    ONLY: Final = 1

    id = models.SmallIntegerField(primary_key=True, default=ONLY)
    epoch = models.UUIDField()
    since = models.DateTimeField()
    floor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="feedstate_is_one")]

    def __str__(self) -> str:
        return str(self.epoch)


class Op(models.Model):
    """What became of an op: so that the same one, sent again, changes nothing and gets the same answer.

    `outcome` holds codes and numbers, and no word of what was said.
    """

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    device_id = models.UUIDField(null=True)
    fingerprint = models.BinaryField(max_length=32)
    received_at = models.DateTimeField()
    outcome = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["received_at"], name="op_received")]

    def __str__(self) -> str:
        return str(self.pk)


class WaitingOp(models.Model):
    """An op that is stored and not applied: what it belongs to has not come, or its person may not write there now."""

    class Why(models.TextChoices):
        DEFERRED = "deferred"
        QUARANTINED = "quarantined"

    op = models.OneToOneField(Op, primary_key=True, on_delete=models.CASCADE, related_name="waiting")
    why = models.CharField(max_length=12, choices=Why)
    waiting_for = models.UUIDField(null=True, db_index=True, help_text="Id of what it belongs to.")
    body = models.JSONField()

    objects = WaitingOpQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)


class Clash(models.Model):
    """Two people changed the same member: `ours` is stored in the record, `theirs` came later and is kept here."""

    class Settlement(models.TextChoices):
        OURS = "ours"
        THEIRS = "theirs"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="clashes")
    op = models.ForeignKey(Op, on_delete=models.CASCADE, related_name="clashes")
    field = models.CharField(max_length=80, help_text="A member of the conversation, or `<id of a finding>.<member>`.")
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    at = models.DateTimeField()
    settlement = models.CharField(max_length=6, choices=Settlement, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "clashes"
        constraints = [models.UniqueConstraint(fields=["op", "field"], name="clash_once")]

    def __str__(self) -> str:
        return f"{self.field} of {self.conversation_id}"


class Contact(models.Model):
    """When a phone, or a person without one, was last heard of by sync."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    device_id = models.UUIDField(null=True)
    pushed_at = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "device_id"], name="contact_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"
