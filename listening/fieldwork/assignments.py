"""Give a person a role, take it away."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from backend import clock
from districts.models import District
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import Assignment, User
from listening.fieldwork.roles import USUAL_CLEARANCE, Role


@transaction.atomic
def assign(
    person: User,
    role: str,
    *,
    within: District | None = None,
    clearance: str | None = None,
    first_day: dt.date | None = None,
    last_day: dt.date | None = None,
    by: User | None = None,
) -> Assignment:
    """Give a person a role in a district, or in the whole city. Days are the city's, both included.

    Without a clearance, it is the usual one of the role.
    """
    assignment = Assignment(
        person=person,
        role=role,
        layer=within.edition.layer if within else None,
        district_code=within.code if within else "",
        clearance=clearance or USUAL_CLEARANCE.get(Role(role), "normal"),
        first_day=first_day or clock.today(),
        last_day=last_day,
    )
    assignment.full_clean()
    assignment.save()
    record(Verb.ASSIGN, Assignment, [assignment.pk], by=by, subject=person)
    person.__dict__.pop("scope", None)
    return assignment


@transaction.atomic
def end(person: User, *, on: dt.date, by: User | None = None) -> int:
    """End what a person may do: the last day is `on`, what begins later is dropped. Returns how many assignments."""
    standing = person.assignments.filter(last_day__isnull=True) | person.assignments.filter(last_day__gt=on)
    touched = list(standing.values_list("pk", flat=True))
    later, _ = standing.filter(first_day__gt=on).delete()
    ended = standing.update(last_day=on)
    if touched:
        record(Verb.END_ASSIGNMENT, Assignment, touched, by=by, subject=person)
    person.__dict__.pop("scope", None)
    return later + ended
