"""Sessions of the roles, people, and when there are none to try."""

import io

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection

from backend import checks
from backend.localdb.state import read_record
from listening.fieldwork.models import User
from tests.listening.audit.conftest import person

RECORD = read_record(settings.BASE_DIR)
own_roles = pytest.mark.skipif(
    not (RECORD and RECORD.role_passwords and settings.API_DATABASE_URL),
    reason="DATABASE_URL names a server whose roles have other passwords.",
)
committed = pytest.mark.django_db(transaction=True)
URL = "/api/v1/conversations"


@pytest.fixture(scope="module")
def granted(django_db_setup, django_db_blocker):
    """The roles have their rights in the database of the tests."""
    with django_db_blocker.unblock():
        call_command("set_up_database_roles", stdout=io.StringIO())


@pytest.fixture
def session(granted):
    """A session of a role; closed after the test."""
    opened = []

    def open_session(role):
        place = {"host": RECORD.socket_directory, "port": RECORD.port, "dbname": connection.settings_dict["NAME"]}
        opened.append(psycopg.connect(**place, user=role, password=RECORD.role_passwords[role], autocommit=True))
        return opened[-1]

    yield open_session
    for one in opened:
        one.close()


@pytest.fixture
def open_check(granted, settings, monkeypatch):
    """What the check at start says of the role of open data."""
    settings.PROCESS, settings.OPEN_DATABASE_URL = "web", "postgis://x"
    monkeypatch.setitem(settings.DATABASES["open"], "USER", "listening_open_reader")
    return lambda: checks.open_role(None, databases=["default"])


@pytest.fixture
def work_as(granted):
    """Let Django work as a role until the end of the test."""
    owner = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}

    def switch(role):
        connection.close()
        connection.settings_dict |= {"USER": role, "PASSWORD": RECORD.role_passwords[role]}

    yield switch
    connection.close()
    connection.settings_dict |= owner


@pytest.fixture
def people(db):
    """A listener, a coordinator and an administrator, whose password is `a-long-test-password`."""
    made = [person("anna", "listener"), person("carla", "coordinator"), person("ada", "admin", "coordinator")]
    User.objects.update(password=make_password("a-long-test-password"))
    return made
