"""People with a password, and what it takes to give a right code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import make_password
from django.test import Client

from listening.fieldwork.assignments import assign
from listening.fieldwork.models import User
from tests.listening.dashboard.conftest import _compiled_catalogues, english, italian  # noqa: F401

PASSWORD = "a-long-test-password"


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a person: person("dario", "planner")."""

    def make(name: str, *roles: str) -> User:
        made = User.objects.create(username=name, password=make_password(PASSWORD))
        for role in roles:
            assign(made, role)
        return made

    return make


@pytest.fixture
def planner(person: Callable[..., User]) -> User:
    return person("dario", "planner")


@pytest.fixture
def administrator(person: Callable[..., User]) -> User:
    return person("ada", "admin")


@pytest.fixture
def strict(settings) -> None:
    """Roles need their second factor, as outside the demo."""
    settings.SECOND_FACTOR_ROLES = ["coordinator", "steward", "admin"]


def add_app(owner: User) -> str:
    """Give a person an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    assert Authenticator.objects.filter(user=owner).exists()
    return secret


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str):
    return client.post("/login/", {"login": name, "password": password, **more}, headers={"accept-language": "en"})
