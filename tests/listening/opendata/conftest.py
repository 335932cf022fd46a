"""A published world, made once for the tests of this folder: they read it through a connection of another role."""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from pytest_django.live_server_helper import LiveServer

# Here, once: a fixture that two modules import is two, and Playwright runs once in a process.
from tests.browser.conftest import browser, visit  # noqa: F401
from tests.listening.opendata.world import build_world


@pytest.fixture(scope="package")
def published(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Committed, as another connection must see it; taken away at the end."""
    with django_db_blocker.unblock():
        call_command("set_up_database_roles", stdout=io.StringIO())
        build_world()
        yield
        connections["open"].close()
        with connection.cursor() as cursor:
            cursor.execute("SET listening.releases_maintenance = 'on'")
        call_command("flush", interactive=False, verbosity=0)
        _wait_for_others()


def _wait_for_others() -> None:
    """Threads of the server that a browser kept waiting close their sessions a moment after it is gone."""
    for _ in range(100):
        gc.collect()  # a thread that has ended leaves its connections to the collector
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.1)


@pytest.fixture
def db(published: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: no transaction is held, what was committed is read."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def read(db: None) -> Client:
    """A client that knows nobody."""
    return Client()


@pytest.fixture(scope="package")
def running(published: None) -> Iterator[str]:
    live = LiveServer("localhost")
    yield live.url
    live.stop()


@pytest.fixture
def server(running: str, db: None) -> str:
    """Address of the running service."""
    return running
