"""Questions about fieldwork."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from backend import clock
from districts.models import District
from listening.fieldwork.roles import ADMINISTER, CONVENE, COORDINATE, Role

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    from listening.fieldwork.models import Assignment, Device, Session, User
    from listening.fieldwork.scope import Reach


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def valid_on(self, day: dt.date) -> Self:
        """Assignments that hold on a day of the city's calendar."""
        return self.filter(Q(last_day__isnull=True) | Q(last_day__gte=day), first_day__lte=day)

    def held_since(self, day: dt.date | Combinable) -> Self:
        """Assignments that have begun, and hold today or held on a day since then."""
        return self.filter(Q(last_day__isnull=True) | Q(last_day__gte=day), first_day__lte=clock.today())

    def within(self, reach: Reach, day: dt.date) -> Self:
        """Assignments to districts of a day that lie in the reach of another; in a reach of everywhere, all."""
        if reach.everywhere:
            return self.all()
        inside = District.objects.valid_on(day).filter(
            pk__in=reach.districts, edition__layer=OuterRef("layer"), code=OuterRef("district_code")
        )
        return self.filter(Exists(inside))


def looked_after(user: User, person: str = "person", *, since: dt.date | Combinable | None = None) -> Q:
    """Rows of people whom somebody looks after: themselves; for coordinators also listeners in their districts today.

    `person`: the column of the row that names its person. `since`: a day, also as an expression over the row; who has
    listened in the districts on it or later is looked after as well.
    """
    allowed = Q(**{person: user.pk})
    scope = user.scope
    if scope.has(*COORDINATE):
        today = clock.today()
        assignments = user.assignments.model.objects.held_since(since or today)
        assignments = assignments.within(scope.reach(*COORDINATE), today)
        allowed |= Q(Exists(assignments.filter(role=Role.LISTENER, person=OuterRef(person))))
    return allowed


class DeviceQuerySet(models.QuerySet["Device"]):
    def visible_to(self, user: User) -> Self:
        """Phones a person may look at and revoke.

        Their own; for coordinators those of people who listen in their districts today; for administrators all.
        """
        return self.all() if user.scope.has(*ADMINISTER) else self.filter(looked_after(user))


class SessionQuerySet(models.QuerySet["Session"]):
    def visible_to(self, user: User) -> Self:
        """Sessions a person may read: those they convened, and for coordinators those at venues in their districts."""
        scope = user.scope
        if not scope.has(*CONVENE, *COORDINATE):
            return self.none()
        reach = scope.reach(*COORDINATE)
        if reach.everywhere:
            return self.all()
        allowed = Q(convener=user)
        if reach.districts:
            around = District.objects.filter(pk__in=reach.districts, geometry__covers=OuterRef("venue__location"))
            allowed |= Q(Exists(around))
        return self.filter(allowed)
