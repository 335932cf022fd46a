"""What a person may do with records. May they *read* one? `visible_to` says."""

from __future__ import annotations

from listening.fieldwork.models import User
from listening.records.models import Conversation

MAY_LOG = frozenset({User.Role.LISTENER, User.Role.COORDINATOR, User.Role.ADMIN})


def may_log(user: User) -> bool:
    """Log conversations of their own."""
    return user.role in MAY_LOG


def may_change(user: User, conversation: Conversation) -> bool:
    """Change or delete: who listened, and who coordinates."""
    return conversation.listener_id == user.pk or user.role in {User.Role.COORDINATOR, User.Role.ADMIN}
