"""The people of the demonstration: everybody knows their password, so they exist in demo mode alone."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet

from listening.fieldwork.models import User

PASSWORD = "demo"  # noqa: S105 - printed at every start; a check refuses these people elsewhere
MARK = "@demo.invalid"  # a domain that can never receive mail (RFC 2606)

PEOPLE = {
    "listener": User.Role.LISTENER,
    "coordinator": User.Role.COORDINATOR,
    "planner": User.Role.PLANNER,
    "steward": User.Role.STEWARD,
    "admin": User.Role.ADMIN,
    **{f"listener{number}": User.Role.LISTENER for number in range(2, 8)},
}


def make_people() -> dict[str, User]:
    """Create the people that are missing; returns all of them by name."""
    known = {user.username: user for user in demo_people()}
    password = make_password(PASSWORD)
    User.objects.bulk_create(
        User(
            username=name,
            email=f"{name}{MARK}",
            role=role,
            password=password,
            is_staff=role == User.Role.ADMIN,
            is_superuser=role == User.Role.ADMIN,
        )
        for name, role in PEOPLE.items()
        if name not in known
    )
    return {user.username: user for user in demo_people()}


def demo_people() -> QuerySet[User]:
    return User.objects.filter(email__endswith=MARK)
