"""All conversations as one file: what the API shows, all of it, and only once the audit knows."""

from __future__ import annotations

import datetime as dt
import json
import stat
from dataclasses import replace

import pyogrio
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from listening.audit.purposes import Purpose
from listening.capture.accept import accept_many
from listening.records import export
from listening.records.export import export_conversations, statement
from listening.records.models import Conversation
from listening.records.render import render_conversations
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(city, themes, listener, other_listener):
    """Seven in all, on three days; one without a point, one with what JSON has to escape."""
    odd = replace(
        conversation(listener, heard("need", themes["rent"])), summary='back\\slash, "quotes"\nand\tmore, è ✓'
    )
    made = [
        odd,
        replace(conversation(listener), occurred_at=NOON - dt.timedelta(days=1)),
        conversation(other_listener, heard("need", themes["health"]), heard("asset", themes["mobility"])),
        *(replace(conversation(listener), occurred_at=NOON - dt.timedelta(days=2)) for _ in range(4)),
    ]
    accept_many(made)
    return odd


@pytest.fixture
def admin(db):
    return person("ada", "admin")


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("at_a_time", [1, 2, 500])
def test_it_is_what_the_api_shows_oldest_first(told, admin, tmp_path, monkeypatch, at_a_time):
    monkeypatch.setattr(export, "AT_A_TIME", at_a_time)
    to = tmp_path / "all.geojsonl"
    exported = export_conversations(to, by=admin, purpose=Purpose.SUPPORT)
    ids = list(Conversation.objects.order_by("occurred_at", "id").values_list("pk", flat=True))
    assert lines(to) == [json.loads(one.feature) for one in render_conversations(ids)]
    assert (exported.conversations, exported.size) == (7, to.stat().st_size)


def test_what_json_escapes_comes_back(told, admin, tmp_path):
    to = tmp_path / "all.geojsonl"
    export_conversations(to, by=admin, purpose=Purpose.SUPPORT)
    (written,) = [one for one in lines(to) if one["id"] == str(told.id)]
    assert written["properties"]["summary"] == told.summary


def test_gdal_reads_it(told, admin, tmp_path):
    to = tmp_path / "all.geojsonl"
    export_conversations(to, by=admin, purpose=Purpose.SUPPORT)
    assert pyogrio.read_info(f"GeoJSONSeq:{to}")["features"] == 7
    assert pyogrio.read_info(f"GeoJSONSeq:{to}")["crs"] == "EPSG:4326"


def test_days_can_be_chosen(told, admin, tmp_path):
    day = (NOON - dt.timedelta(days=1)).date()
    to = tmp_path / "a.geojsonl"
    assert export_conversations(to, by=admin, purpose=Purpose.SUPPORT, first=day).conversations == 3
    to = tmp_path / "b.geojsonl"
    assert export_conversations(to, by=admin, purpose=Purpose.SUPPORT, until=day).conversations == 4
    assert {one["properties"]["occurred_at"][:10] for one in lines(to)} == {str(day - dt.timedelta(days=1))}


def test_the_audit_keeps_who_how_many_and_what_for(told, admin, tmp_path, trail):
    export_conversations(tmp_path / "all.geojsonl", by=admin, purpose=Purpose.SUPPORT)
    (entry,) = trail()
    assert (entry.verb, entry.model, entry.person_id) == ("export", "records.conversation", admin.pk)
    assert (entry.number, entry.ids, entry.purpose) == (7, [], "support")


def test_what_is_not_in_the_audit_is_not_handed_out(told, admin, tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError("the audit is full")

    monkeypatch.setattr(export, "record", refuse)
    with pytest.raises(OSError, match="audit is full"):
        export_conversations(tmp_path / "all.geojsonl", by=admin, purpose=Purpose.SUPPORT)
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_read_the_file(told, admin, tmp_path):
    to = tmp_path / "all.geojsonl"
    export_conversations(to, by=admin, purpose=Purpose.SUPPORT)
    assert stat.S_IMODE(to.stat().st_mode) == 0o600


def test_a_file_that_is_there_stays(told, admin, tmp_path, trail):
    to = tmp_path / "all.geojsonl"
    to.write_text("of somebody")
    with pytest.raises(FileExistsError, match=r"all\.geojsonl already"):
        export_conversations(to, by=admin, purpose=Purpose.SUPPORT)
    assert to.read_text() == "of somebody"
    assert trail() == []


def test_one_statement_that_never_sorts_documents(told):
    """Batches are put together one after the other: no plan holds all lines at once."""
    text = statement(dt.date.min, dt.date.max).as_string(connection.connection)
    select = text[text.index("(") + 1 : text.rindex(") TO STDOUT")]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + select.replace("%", "%%"))
        plan = [line for (line,) in cursor.fetchall()]
    assert plan[0].startswith("Nested Loop")


class TestCommand:
    def test_it_says_what_it_wrote(self, told, admin, tmp_path, capsys):
        to = tmp_path / "all.geojsonl"
        call_command("export_conversations", str(to), by="ada", purpose="support")
        assert capsys.readouterr().out.startswith(
            f"7 conversations, {to.stat().st_size} bytes, in {to}. What is withdrawn"
        )

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"by": "nobody", "purpose": "support"}, "nobody called nobody"),
            ({"by": "ada", "purpose": "curiosity"}, "curiosity"),
            ({"by": "ada", "purpose": "support", "since": "yesterday"}, "yesterday"),
        ],
    )
    def test_what_it_refuses(self, admin, tmp_path, options, says):
        with pytest.raises(CommandError, match=says):
            call_command("export_conversations", str(tmp_path / "x"), *(f"--{k}={v}" for k, v in options.items()))

    def test_a_folder_that_is_not_there(self, admin, tmp_path):
        with pytest.raises(CommandError, match="No such file"):
            call_command("export_conversations", str(tmp_path / "no" / "x"), by="ada", purpose="support")
