"""What a load balancer and the person on call are told."""

from collections import namedtuple

import pytest
from django.db import OperationalError, connection
from django.test import Client

from backend import health


def test_alive_without_a_database(client):
    """No `db` here: a query would fail. A slow database is no reason to restart the process."""
    response = client.get("/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
class TestReady:
    def found(self) -> tuple[int, dict[str, str]]:
        response = Client().get("/health/ready")
        return response.status_code, response.json()["checks"]

    def test_it_works(self):
        status, found = self.found()
        assert status == 200
        assert set(found.values()) == {"ok"}

    def test_the_database_is_away(self, monkeypatch):
        def fail():
            raise OperationalError("password of listening is hunter2")

        monkeypatch.setattr(connection, "cursor", fail)
        status, found = self.found()
        assert status == 503
        assert found["database"] == "no answer (OperationalError)"
        assert "hunter2" not in str(found)

    def test_a_migration_is_missing(self):
        with connection.cursor() as cursor:
            newest = "SELECT max(name) FROM django_migrations WHERE app = 'rollups'"
            cursor.execute(f"DELETE FROM django_migrations WHERE app = 'rollups' AND name = ({newest})")
        status, found = self.found()
        assert status == 503
        assert found["migrations"] == "1 not applied"

    def test_a_database_that_may_forget(self):
        """What a phone was told is stored must survive a crash."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        status, found = self.found()
        assert status == 503
        assert "synchronous_commit" in found["database"]

    def test_a_full_disk(self, monkeypatch):
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(health.shutil, "disk_usage", lambda path: usage(100, 97, 3))
        status, found = self.found()
        assert status == 503
        assert "5 %" in found["disk"]
