"""People of tests, with a role in the whole of Squareville or in one district of it."""

from __future__ import annotations

from typing import Any

from districts.models import District
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import User
from listening.fieldwork.scope import Grant, Reach, Scope
from tests.canaries import CANARY, E_MAIL

PASSWORD = "a-long-test-password"
# Who reads all there is to count, for tests of counting.
EVERYTHING = Scope((Grant("coordinator", "internal", Reach(everywhere=True)),))


def person(
    name: str, *roles: str, within: District | None = None, clearance: str | None = "internal", **members: Any
) -> User:
    """A person with some roles, cleared for all themes unless a test says otherwise."""
    told = {"email": E_MAIL, "last_name": CANARY, **members}
    made = User.objects.create_user(name, password=PASSWORD, **told)
    for role in roles:
        assign(made, role, within=within, clearance=clearance)
    return made
