"""What is done to people as such."""

from __future__ import annotations

from django.db.models import F, QuerySet

from listening.fieldwork.models import User


def sign_out(people: QuerySet[User]) -> int:
    """End all sessions of people, on every device; returns of how many people."""
    return people.order_by().update(session_epoch=F("session_epoch") + 1)
