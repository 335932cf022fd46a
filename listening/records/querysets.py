"""Questions about records. Who may see what is said in `visible_to` and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from listening.fieldwork.models import User
    from listening.records.models import Conversation, Finding


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        """Conversations a person may read: listeners their own, coordinators and administrators all.

        Planners and stewards work with counts; what one person said is not theirs to read.
        """
        match user.role:
            case "coordinator" | "admin":
                return self.all()
            case "listener":
                return self.filter(listener=user)
            case _:
                return self.none()

    def counted(self) -> Self:
        """Conversations that may enter statistics."""
        return self.filter(is_test=False, may_be_counted=True)


class FindingQuerySet(models.QuerySet["Finding"]):
    def visible_to(self, user: User) -> Self:
        """Findings of the conversations a person may read."""
        from listening.records.models import Conversation

        return self.filter(conversation__in=Conversation.objects.visible_to(user))
