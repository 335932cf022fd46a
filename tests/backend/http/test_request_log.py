"""The log tells what happened and never what was said, by whom, or where."""

import json
import logging

import pytest
from django.db import DatabaseError, connection
from uuid6 import uuid7

from backend.http.request_log import AllowListedJsonFormatter
from listening.capture.accept import accept
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation
from tests.listening.submissions import conversation, document, heard

SECRET = "Mia figlia abita in via Rossini 12"


@pytest.fixture
def lines(caplog):
    """What the service would write, one JSON document per record."""
    caplog.set_level(logging.DEBUG)
    formatter = AllowListedJsonFormatter()
    return lambda: [formatter.format(record) for record in caplog.records if not record.name.startswith("django.db")]


class TestRequests:
    @pytest.mark.django_db
    def test_one_line_with_what_is_needed(self, lines, client):
        client.get("/api/v1/themes", headers={"X-Request-ID": "request-0001"})
        (line,) = [json.loads(text) for text in lines() if "listening.requests" in text]
        assert {"method", "route", "status", "duration_ms", "bytes", "timestamp"} <= set(line)
        assert (line["method"], line["route"], line["status"]) == ("GET", "api/v1/themes", 200)

    def test_the_person_by_number_whether_by_session_or_token(self, listener, client, lines):
        client.get("/api/v1/venues", headers={"Authorization": f"Bearer {issue(listener)}"})
        client.force_login(listener)
        client.get("/api/v1/venues")
        told = [json.loads(text).get("user_id") for text in lines() if "listening.requests" in text]
        assert told == [listener.pk] * 2

    def test_nothing_of_what_was_said(self, city, listener, client_of, lines):
        client = client_of(listener)
        body = document(summary=SECRET, findings=[{"kind": "need", "text": SECRET}])
        for sent in (body, {**body, "summary": SECRET + "!"}, {**body, "id": str(uuid7()), "channel": SECRET}):
            client.post("/api/v1/conversations", sent, format="json")
        client.get("/api/v1/conversations", {"q": SECRET, "bbox": "11.30123,44.4,11.5,44.6"})
        client.get(f"/api/v1/conversations/{body['id']}")
        client.get(f"/api/v1/{SECRET}")
        client.get("/dashboard/", {"theme": SECRET})
        written = "\n".join(lines())
        assert written.count("listening.requests") >= 6
        longitude = str(body["place"]["point"]["coordinates"][0])
        for word in ("Rossini", "figlia", body["id"], "11.30123", longitude, "anna"):
            assert word not in written

    def test_a_fault_is_told_without_its_words(self, city, listener, lines):
        """An error of the database quotes the row."""
        told = conversation(listener, heard(text=SECRET), summary=SECRET)
        accept(told, by=listener)
        with pytest.raises(DatabaseError) as fault, connection.cursor() as cursor:
            cursor.execute("INSERT INTO records_conversation SELECT * FROM records_conversation")
        logging.getLogger("backend").error("broke on %s", SECRET, exc_info=fault.value)
        logging.getLogger("library").warning("%s", SECRET)
        written = "\n".join(lines())
        assert "IntegrityError" in written
        assert "error_at" in written
        assert "Rossini" not in written
        assert str(Conversation._meta.db_table) not in written


class TestRequestId:
    @pytest.mark.parametrize("offered", ["request-0001", "A" * 64])
    def test_a_good_one_is_kept(self, client, offered):
        assert client.get("/health/live", headers={"X-Request-ID": offered})["X-Request-ID"] == offered

    @pytest.mark.parametrize("offered", ["", "short", "A" * 65, "with space", "a\tb\tcdefgh", "città-città"])
    def test_any_other_is_replaced(self, client, offered):
        """It is written into the log: nobody forges a line there."""
        given = client.get("/health/live", headers={"X-Request-ID": offered})["X-Request-ID"]
        assert given != offered
        assert len(given) == 32
