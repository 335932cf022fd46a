"""What must not be deleted when its time is over."""

from __future__ import annotations

from django.db import models

from listening.records.models import Conversation


class Hold(models.Model):
    """A conversation that retention leaves alone, e.g. because of a claim at law. It ends when the row goes."""

    conversation = models.OneToOneField(Conversation, primary_key=True, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=200, help_text="File number or the like; nothing of what was said.")
    placed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"hold of {self.conversation_id}"
