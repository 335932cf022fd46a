"""A clock that can be set; a phone of Anna's."""

from __future__ import annotations

import datetime as dt

import pytest

from backend import clock
from listening.fieldwork.enrolment import confirm, issue_code
from listening.fieldwork.models import Device, User
from tests.listening.fieldwork.phone import Phone


@pytest.fixture
def anna(listener: User) -> User:
    return listener


class Clock:
    """The service's clock, which a test moves; everything but the calendar of the database follows it."""

    def __init__(self) -> None:
        self.instant = clock.now()

    def __call__(self) -> dt.datetime:
        return self.instant

    def advance(self, **by: float) -> None:
        self.instant += dt.timedelta(**by)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock, "now", moved)
    return moved


@pytest.fixture
def phone(anna: User, now: Clock) -> Phone:
    """Anna's, enrolled and confirmed, at the time of the clock."""
    made = Phone()
    assert made.enrol(issue_code(anna).code).status_code == 201
    confirm(Device.objects.get(pk=made.id))
    return made
