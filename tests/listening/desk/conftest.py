"""A coordinator of zona B (areas 4 to 6) at the desk, and what came in today."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from backend import clock
from listening.capture.accept import accept
from listening.fieldwork.models import User
from listening.records.models import Conversation
from tests.listening.dashboard.conftest import _compiled_catalogues  # noqa: F401  (the catalogues as in the source)
from tests.listening.submissions import conversation, heard
from tests.people import person


@pytest.fixture
def carla(city: Any, themes: object) -> User:
    return person("carla", "coordinator", within=city.districts["zona", "B"], clearance="restricted")


@pytest.fixture
def anna(city: Any) -> User:
    """Listens in area 5."""
    return person("anna", "listener", within=city.area(5))


def at_desk(who: User, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(who)
    return client


@pytest.fixture
def desk(carla: User) -> Client:
    return at_desk(carla)


@pytest.fixture
def log(anna: User) -> Callable[..., Conversation]:
    """Log a conversation now, with findings: log(heard("need"), area=5)."""

    def make(*findings: Any, by: User | None = None, **members: Any) -> Conversation:
        told = conversation(
            by or anna, *(findings or (heard("need", text="Piove in casa"),)), **{"occurred_at": clock.now(), **members}
        )
        accept(told, by=by or anna)
        return Conversation.objects.get(pk=told.id)

    return make


def ids_in(answer: Any) -> list[UUID]:
    """The conversations that a page lists, in their order."""
    return [UUID(pk) for pk in re.findall(r'id="c-([\w-]{36})"', answer.content.decode())]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
