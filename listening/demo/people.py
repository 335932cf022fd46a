"""The people of the demonstration: everybody knows their password, so they exist in demo mode alone."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.db.models import QuerySet

from backend import clock
from districts.models import District
from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import Assignment, User
from listening.fieldwork.roles import Role

PASSWORD = "demo"  # noqa: S105 - printed at every start; a check refuses these people elsewhere
MARK = "@demo.invalid"  # a domain that can never receive mail (RFC 2606)

# They work in the whole city, but for one who gets a district once there are any. The administrator also coordinates,
# so that one person can see everything.
PEOPLE: dict[str, tuple[Role, ...]] = {
    "listener": (Role.LISTENER,),
    "coordinator": (Role.COORDINATOR,),
    "navile": (),
    "planner": (Role.PLANNER,),
    "steward": (Role.STEWARD,),
    "steward2": (Role.STEWARD,),
    "admin": (Role.ADMIN, Role.COORDINATOR),
    **{f"listener{number}": (Role.LISTENER,) for number in range(2, 8)},
}


def make_people() -> dict[str, User]:
    """Create the people that are missing; returns all of them by name."""
    known = {user.username: user for user in demo_people()}
    password = make_password(PASSWORD)
    new = User.objects.bulk_create(
        User(username=name, email=f"{name}{MARK}", password=password) for name in PEOPLE if name not in known
    )
    Assignment.objects.bulk_create(
        Assignment(person=person, role=role, clearance=Theme.Sensitivity.INTERNAL)
        for person in new
        for role in PEOPLE[person.username]
    )
    return {user.username: user for user in demo_people()}


def assign_districts() -> None:
    """Give Navile its coordinator, so that one can see what a district alone looks like."""
    navile = District.objects.valid_on(clock.today()).in_layer("quartiere").filter(code="12").first()
    person = demo_people().filter(username="navile", assignments=None).first()
    if navile is not None and person is not None:
        assign(person, Role.COORDINATOR, within=navile)


def demo_people() -> QuerySet[User]:
    return User.objects.filter(email__endswith=MARK)
