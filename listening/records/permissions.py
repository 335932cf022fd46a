"""What a person may do with records. May they *read* one? `visible_to` says."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.conf import settings

from listening.fieldwork.models import User
from listening.fieldwork.roles import COORDINATE, LOG
from listening.records.models import Conversation


def may_log(user: User) -> bool:
    """Log conversations of their own."""
    return user.scope.has(*LOG)


def may_change(user: User, conversation: Conversation) -> bool:
    """Change or delete one that they may read: who listened, and who coordinates there."""
    if conversation.listener_id == user.pk:
        return may_log(user)
    return user.scope.reach(*COORDINATE).covers(conversation.district_id)


def takes_purpose(others: Collection[UUID]) -> bool:
    """Whether reading these conversations of others takes a purpose: the city asks for one, and one is sensitive."""
    return settings.PURPOSE_REQUIRED and Conversation.objects.filter(pk__in=others).sensitive().exists()
