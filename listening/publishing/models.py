"""What two stewards decide about: a release that one proposes and another approves."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class ReleaseProposal(models.Model):
    """One would-be release with the report of its dry run. It holds no count of a place: all is built again.

    `digest` is that of what the report is about; what is built at approval must have the same.
    """

    class State(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        REJECTED = "rejected"

    quarter = models.CharField(max_length=7)
    revision = models.PositiveSmallIntegerField()
    correction = models.TextField(blank=True, help_text="What a revision corrects.")
    affected = models.PositiveIntegerField(default=0, help_text="Conversations that a revision concerns, as told.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    report = models.JSONField(help_text="The audit and the size of the release; no count of a place.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["quarter"], condition=Q(state="open"), name="proposal_one_open_per_quarter"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("proposed_by")), name="proposal_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by=None, decided_at=None)
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="proposal_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quarter}-r{self.revision}"
