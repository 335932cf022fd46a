"""What is done to people as such."""

from __future__ import annotations

from django.db.models import F, QuerySet

from backend.problems import NotFound
from listening.fieldwork.models import User


def find_person(username: str) -> User:
    """The person of a name. Raises NotFound."""
    person = User.objects.filter(username=username).first()
    if person is None:
        raise NotFound(f"There is no person {username!r}.")
    return person


def sign_out(people: QuerySet[User]) -> int:
    """End all sessions of people, on every device; returns of how many people."""
    return people.order_by().update(session_epoch=F("session_epoch") + 1)
