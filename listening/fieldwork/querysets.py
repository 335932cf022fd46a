"""Questions about fieldwork."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from districts.models import District
from listening.fieldwork.roles import CONVENE, COORDINATE

if TYPE_CHECKING:
    from listening.fieldwork.models import Assignment, Session, User


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def valid_on(self, day: dt.date) -> Self:
        """Assignments that hold on a day of the city's calendar."""
        return self.filter(Q(last_day__isnull=True) | Q(last_day__gte=day), first_day__lte=day)


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
