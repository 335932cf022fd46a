"""What every test may ask for: a small city, its themes, its people, and a client signed in as one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from backend.ogc import endpoint
from listening.audit.chain import chain_entries
from listening.audit.models import Entry
from listening.codelists.models import Theme, ThemeLabel
from listening.fieldwork.models import User
from listening.fieldwork.roles import Role
from tests.people import person
from tests.squareville import City, build_city

pytest_plugins = ["tests.canaries", "tests.flush"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--writes-each", type=int, default=150, help="Writes of each of the four clients in tests/faults (150)."
    )


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    """Tests change by hand what nothing changes in the service, so that no version tells."""
    cache.clear()
    endpoint.KEPT.forget()


@pytest.fixture
def city(db: None) -> City:
    """Squareville: nine square areas beside each other, see `tests.squareville`."""
    return build_city()


@pytest.fixture
def themes(db: None) -> dict[str, Theme]:
    """Themes by code: housing (with rent and repairs below it), mobility, health (restricted)."""
    housing = Theme.objects.create(code="housing", position=1)
    made = {
        "housing": housing,
        "rent": Theme.objects.create(code="rent", parent=housing, position=2),
        "repairs": Theme.objects.create(code="repairs", parent=housing, position=3),
        "mobility": Theme.objects.create(code="mobility", position=4),
        "health": Theme.objects.create(code="health", position=5, sensitivity=Theme.Sensitivity.RESTRICTED),
    }
    labels = {
        "housing": "Casa",
        "rent": "Affitto",
        "repairs": "Riparazioni",
        "mobility": "Mobilità",
        "health": "Salute",
    }
    ThemeLabel.objects.bulk_create(
        [ThemeLabel(theme=made[code], language="it", label=label) for code, label in labels.items()]
        + [ThemeLabel(theme=theme, language="en", label=code.title()) for code, theme in made.items()]
    )
    return made


@pytest.fixture
def listener(db: None) -> User:
    return person("anna", Role.LISTENER)


@pytest.fixture
def other_listener(db: None) -> User:
    return person("bruno", Role.LISTENER)


@pytest.fixture
def coordinator(db: None) -> User:
    return person("carla", Role.COORDINATOR)


@pytest.fixture
def planner(db: None) -> User:
    return person("dario", Role.PLANNER)


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    """A client signed in as a person."""

    def sign_in(person: User) -> APIClient:
        client = APIClient()
        client.force_authenticate(person)
        return client

    return sign_in


@pytest.fixture
def today() -> dt.date:
    return dt.date.today()  # noqa: DTZ011 - only for dates that must not lie in the future


@pytest.fixture
def trail(db):
    """The entries since the test began, oldest first: no test of others can take theirs away."""
    chain_entries()
    last = Entry.objects.first()
    before = last.position if last else 0

    def read() -> list[Entry]:
        chain_entries()
        return list(Entry.objects.filter(position__gt=before).order_by("position"))

    return read
