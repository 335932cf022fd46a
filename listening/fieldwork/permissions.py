"""Access policies by role. Where in the city, and to which records, is said by `visible_to`."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any, ClassVar

from backend.policy import AccessPolicy, SignedIn
from listening.fieldwork import roles
from listening.fieldwork.models import ApiKey, Device, User

if TYPE_CHECKING:
    # At run time rest_framework.views reads the default authentication, which asks for policies of this module.
    from rest_framework.request import Request
    from rest_framework.views import APIView


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


class Coordinates(HasRole):
    summary = "coordinators"
    roles = roles.COORDINATE


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


class Publishes(HasRole):
    """Of the whole city, and not by a phone or a key: what is published stays published."""

    summary = "stewards of the whole city, not by a phone or a key"
    roles = roles.PUBLISH

    @classmethod
    def admits(cls, person: Any) -> bool:
        return isinstance(person, User) and person.scope.reach(*cls.roles).everywhere

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and not isinstance(request.auth, (Device, ApiKey))


class FromPhone(SignedIn):
    """Only a phone has a lease."""

    summary = "phones"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and isinstance(request.auth, Device)


class NotFromPhone(SignedIn):
    """A phone that was stolen must not turn others away."""

    summary = "people, not by a phone"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and not isinstance(request.auth, (Device, ApiKey))


class OnPages(SignedIn):
    """No credential makes another that outlives it: only who signed in, with the second factor that their role asks."""

    summary = "people who are signed in to the pages, not by a token or a phone"

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and request.auth is None
