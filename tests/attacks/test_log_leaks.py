"""Faults on purpose, while canaries are in every field: `tests.canaries` looks at all that is logged and answered."""

from __future__ import annotations

import json
import logging
import logging.config

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.urls import path
from uuid6 import uuid7

from backend import urls
from backend.http.request_log import AllowListedJsonFormatter
from backend.policy import Public, access
from backend.problems import InvalidRequest
from listening.capture.accept import accept
from listening.records.models import Conversation
from tests import canaries
from tests.canaries import CANARY, Watch
from tests.listening.submissions import conversation, document, heard
from tests.people import person


@access(Public)
def broken(request):
    raise RuntimeError(CANARY)


urlpatterns = [*urls.urlpatterns, path("api/v1/broken", broken), path("broken", broken)]
handler500 = "backend.errors.server_error"


@pytest.fixture
def stored(city):
    listener = person("listener", "listener")
    told = conversation(listener, heard())
    accept(told, by=listener)
    return Conversation.objects.get()


def fault(statement: str, *params: object) -> DatabaseError:
    """What the database answers to a statement that it refuses, told to the log as the product would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            cursor.execute(statement, params)
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    logging.getLogger("listening").error("refused %s", refused.value, exc_info=refused.value)
    return refused.value


class TestFaults:
    """Nothing is asserted of the logs here: the plugin does, of these as of every other test."""

    def test_a_row_that_there_is(self, stored):
        assert "duplicate key" in str(fault("INSERT INTO records_conversation SELECT * FROM records_conversation"))
        told = fault("UPDATE fieldwork_user SET username = %s, id = 0 WHERE username = %s", None, "listener")
        assert "null value" in str(told)

    def test_a_row_that_is_refused(self, stored):
        told = fault("UPDATE records_conversation SET people_count = -1, summary = %s", CANARY)
        assert CANARY in str(told)

    def test_a_statement_that_takes_too_long(self, stored):
        assert "timeout" in str(fault("SELECT pg_sleep(1), summary || %s FROM records_conversation", CANARY))

    def test_a_statement_that_is_none(self, stored):
        assert "nowhere" in str(fault(f"SELECT '{CANARY}' FROM nowhere"))

    @override_settings(ROOT_URLCONF=__name__)
    @pytest.mark.parametrize("address", ["/broken", "/api/v1/broken"])
    @pytest.mark.django_db
    def test_a_view_that_breaks(self, address):
        answer = Client(raise_request_exception=False).get(address)
        assert answer.status_code == 500
        assert CANARY not in answer.content.decode()

    def test_everything_that_a_client_gets_wrong(self, stored, client_of):
        client = client_of(stored.listener)
        body = document(summary=CANARY)
        for sent, status in [
            (body, 201),
            ({**body, "summary": f"{CANARY}!"}, 409),
            ({**body, "id": str(uuid7()), "findings": [{"kind": "need", "text": CANARY, "severity": 9}]}, 400),
            ({**body, "id": str(uuid7()), "people_count": 0, "summary": CANARY * 1_000}, 400),
        ]:
            assert client.post("/api/v1/conversations", sent, format="json").status_code == status
        answer = client.post(
            "/api/v1/conversations", json.dumps({"summary": CANARY})[:-1], content_type="application/json"
        )
        assert answer.status_code == 400


def test_it_goes_on_after_logging_was_set_up_anew():
    """The rest of this test would not be seen; the next one is."""
    logging.config.dictConfig(settings.LOGGING)
    assert canaries.listener not in logging.getLogger().handlers


def test_as_here():
    assert canaries.listener in logging.getLogger().handlers


class TestTheWatch:
    """It finds what it is there for."""

    @pytest.fixture
    def watch(self, monkeypatch) -> Watch:
        watch = Watch(test="this")
        monkeypatch.setattr(canaries, "watch", watch)
        return watch

    def handled(self, formatter: logging.Formatter) -> None:
        handler = canaries.Listening()
        handler.setFormatter(formatter)
        handler.handle(logging.makeLogRecord({"msg": "said %s", "args": (CANARY,), "name": "x"}))

    def test_a_log_line(self, watch):
        self.handled(AllowListedJsonFormatter())
        assert watch.hits == []
        self.handled(logging.Formatter("%(message)s"))
        assert len(watch.hits) == 1

    def test_a_problem(self, watch, client, monkeypatch):
        asked = client.get("/api/v1/nowhere")
        assert (asked.status_code, watch.hits) == (404, [])

        def leaky(request, exception):
            return InvalidRequest(f"What {CANARY} said.").as_response()

        monkeypatch.setattr("backend.errors.page_not_found", leaky)
        monkeypatch.setattr("backend.urls.handler404", leaky)
        client.get("/api/v1/nowhere")
        assert len(watch.hits) == 1

    def test_a_token(self, watch):
        watch.look("log line", "Bearer nlt_" + "aB3_" * 10)
        watch.look("log line", "Bearer nlt_...")
        assert len(watch.hits) == 1

    def test_the_log_of_postgresql(self, watch, db, tmp_path):
        """It is the file to which the server writes, and a statement that fails leaves no word of itself there."""
        log = canaries.postgresql_log()
        if log is None:
            pytest.skip("DATABASE_URL names another server.")
        start = log.stat().st_size
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('log_min_error_statement'), current_setting('log_error_verbosity')")
            assert cursor.fetchone() == ("panic", "terse")
        told = connection.settings_dict
        with (
            psycopg.connect(
                host=told["HOST"], port=told["PORT"], user=told["USER"], password=told["PASSWORD"], dbname=told["NAME"]
            ) as session,
            pytest.raises(psycopg.Error),
        ):
            session.execute(f"DO $$ BEGIN RAISE WARNING 'on purpose'; END $$; SELECT '{CANARY}' FROM nowhere")
        watch.look_through("line of PostgreSQL", log, start)
        assert "on purpose" in log.read_bytes()[start:].decode()
        assert watch.hits == []
        written = tmp_path / "log"
        written.write_text(f"first\nSTATEMENT: SELECT '{CANARY}'\n")
        watch.look_through("line of PostgreSQL", written, 6)
        assert len(watch.hits) == 1
