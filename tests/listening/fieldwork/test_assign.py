"""`manage.py assign`: for the first people of a city, and for scripts."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backend import clock
from listening.fieldwork.models import User
from listening.fieldwork.roles import Role
from listening.fieldwork.scope import Scope, read_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada")


def run(*args: str) -> str:
    told = StringIO()
    call_command("assign", *args, stdout=told)
    return told.getvalue().strip()


def test_it_works(ada, city):
    said = run("ada", "coordinator", "--within", "zona:B", "--clearance", "internal")
    assert said == f"ada: coordinator, zona:B, cleared for internal themes, from {clock.today()}"
    assert read_scope(ada.pk).reach(Role.COORDINATOR).covers(city.area(5).pk)


def test_none_ends_at_once(ada):
    run("ada", "planner", "--first-day", "2026-01-01")
    assert run("ada", "none") == "ada: 1 assignments ended"
    assert read_scope(ada.pk) == Scope()


def test_none_may_end_later(ada):
    run("ada", "planner", "--first-day", "2026-01-01")
    run("ada", "none", "--last-day", (clock.today() + dt.timedelta(9)).isoformat())
    assert read_scope(ada.pk).has(Role.PLANNER)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("eda", "planner"), "there are: ada"),
        (("ada", "mayor"), "invalid choice"),
        (("ada", "planner", "--within", "zona:Z"), "no district 'zona:Z' today"),
        (("ada", "planner", "--within", "5"), "LAYER:CODE"),
        (("ada", "planner", "--first-day", "2026-02-02", "--last-day", "2026-02-01"), "assignment_ends_after_start"),
        (("ada", "planner", "--first-day", "tomorrow"), "invalid fromisoformat value"),
    ],
)
def test_refusals(ada, city, args, says):
    with pytest.raises(CommandError, match=says):
        run(*args)
    assert not ada.assignments.exists()
