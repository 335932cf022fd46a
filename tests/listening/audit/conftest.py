"""People who have their roles by assignment."""

import pytest

from listening.capture.accept import accept
from listening.fieldwork.models import Assignment, User
from tests.listening.submissions import conversation, heard


def person(name: str, *roles: str, clearance: str = "internal") -> User:
    made = User.objects.create(username=name)
    # Not by `assign`: that leaves entries of its own.
    for role in roles:
        Assignment.objects.create(person=made, role=role, clearance=clearance)
    return made


@pytest.fixture
def listener(db):
    return person("anna", "listener")


@pytest.fixture
def other_listener(db):
    return person("bruno", "listener")


@pytest.fixture
def coordinator(db):
    return person("carla", "coordinator", "listener")


@pytest.fixture
def administrator(db):
    return person("ada", "admin", "coordinator")


@pytest.fixture
def told(city, themes, listener):
    """An ordinary conversation of the listener, and one about health, which is restricted."""
    return [
        accept(conversation(listener, heard("need", themes[theme])), by=listener).conversation_id
        for theme in ("rent", "health")
    ]
