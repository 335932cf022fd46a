"""Access policies by role. Where in the city, and to which records, is said by `visible_to`."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, ClassVar

from backend.policy import AccessPolicy
from listening.fieldwork import roles
from listening.fieldwork.models import User


class HasRole(AccessPolicy):
    """People who have one of some roles today, wherever."""

    roles: ClassVar[Set[str]]

    @classmethod
    def admits(cls, person: Any) -> bool:
        return isinstance(person, User) and person.scope.has(*cls.roles)


class Assigned(HasRole):
    summary = "people who have an assignment"
    roles = roles.READ_REFERENCE


class LogsOrCoordinates(HasRole):
    summary = "people who log conversations or coordinate"
    roles = roles.LOG | roles.COORDINATE


class Convenes(HasRole):
    summary = "people who open sessions"
    roles = roles.CONVENE


class ReadsCounts(HasRole):
    summary = "people who read need maps"
    roles = roles.READ_COUNTS


class ReadsFindings(HasRole):
    summary = "people who read findings"
    roles = roles.LOG | roles.COORDINATE | roles.READ_CLASSIFIED


class Administers(HasRole):
    summary = "administrators"
    roles = roles.ADMINISTER
