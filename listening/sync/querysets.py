"""Questions about what sync keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import TruncDate

from listening.fieldwork.models import Session
from listening.fieldwork.querysets import looked_after
from listening.records.models import Conversation, Finding, Tombstone
from listening.sync.outcomes import BROUGHT_WITHIN

if TYPE_CHECKING:
    from listening.fieldwork.models import User
    from listening.sync.models import WaitingOp


class WaitingOpQuerySet(models.QuerySet["WaitingOp"]):
    def visible_to(self, user: User) -> Self:
        """Ops that wait, of a person themselves, and for coordinators of those who listen in their districts.

        Also of those who did until they brought it: whoever listens no more is whose ops are quarantined.
        """
        brought_since = ExpressionWrapper(OuterRef("op__received_at") - BROUGHT_WITHIN, DateTimeField())
        return self.filter(looked_after(user, "op__person", since=TruncDate(brought_since)))

    def ready(self, user: User) -> Self:
        """Deferred ops of a person whose record has come, or was deleted, meanwhile; the oldest first."""
        come = Q()
        for model in (Session, Conversation, Finding, Tombstone):
            come |= Q(Exists(model._default_manager.filter(pk=OuterRef("waiting_for"))))
        return self.filter(come, why="deferred", op__person=user).order_by("op__received_at", "pk")
