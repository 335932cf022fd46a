"""PROTOCOL.md, cases P30 to P40: what reaches a phone, and what it forgets."""

from __future__ import annotations

import datetime as dt
import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from uuid6 import uuid7

from backend import clock
from listening.audit.chain import chain_entries
from listening.audit.models import Entry
from listening.capture.accept import accept_many
from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign, end
from listening.records.models import Conversation
from listening.sync import feed
from listening.sync.feed import begin_epoch, compact
from listening.sync.models import Change, Touched
from tests.listening.submissions import conversation, heard
from tests.listening.sync.conftest import Phone, logged, op, slug
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_works(anna):
    anna.push_one(logged(summary="heard"))
    anna.pull()
    assert anna.summaries == {"heard"}
    (row,) = anna.rows.values()
    assert (row["type"], row["version"], row["buckets"]) == ("conversation", 1, ["own"])
    assert row["fields"]["findings"][0]["kind"] == "need"


def test_a_row_is_what_the_api_shows(anna, client_of):
    told = logged()
    anna.push_one(told)
    anna.pull()
    assert anna.rows[told["id"]]["fields"] == client_of(anna.owner).get(f"/api/v1/conversations/{told['id']}").json()


class TestTheFeed:
    @pytest.mark.django_db(transaction=True)
    def test_p30_a_late_commit_is_delivered(self, anna, carla):
        """The writer that began first commits last, when others have been pulled already."""
        begun, go_on = threading.Event(), threading.Event()
        late = conversation(anna.owner, summary="late")

        def write() -> None:
            try:
                with transaction.atomic():
                    accept_many([late], by=anna.owner)
                    begun.set()
                    assert go_on.wait(10)
            finally:
                connections.close_all()

        writer = threading.Thread(target=write)
        writer.start()
        assert begun.wait(10)
        anna.push_one(logged(summary="early"))
        carla.pull()
        assert carla.summaries == {"early"}
        go_on.set()
        writer.join()
        carla.pull()
        assert carla.summaries == {"early", "late"}

    def test_p31_the_first_pull_in_pages(self, anna):
        names = {f"number {n}" for n in range(25)}
        anna.push(*[logged(summary=name) for name in names])
        pages = anna.pull(limit=10)
        assert anna.summaries == names
        assert [len(page["rows"]) for page in pages] == [10, 10, 5, 0]

    def test_p31_what_changes_meanwhile(self, anna):
        ops = [logged(summary=f"number {n}") for n in range(6)]
        anna.push(*ops)
        anna.page(limit=3)
        first, *_, last = sorted(ops, key=lambda told: told["id"])
        anna.push(
            op("update", "conversation", first["id"], base=1, set={"summary": "changed"}),
            op("delete", "conversation", last["id"]),
            logged(summary="new"),
        )
        anna.pull(limit=3)
        assert "changed" in anna.summaries
        assert "new" in anna.summaries
        assert last["id"] not in anna.rows
        assert set(anna.rows) == {str(pk) for pk in Conversation.objects.values_list("pk", flat=True)}

    def test_following_in_pages(self, anna):
        anna.pull()
        anna.push(*[logged(summary=f"number {n}") for n in range(25)])
        pages = anna.pull(limit=10)
        assert len(anna.rows) == 25
        assert [page["more"] for page in pages] == [True, True, False]

    def test_nothing_new_is_an_empty_page(self, anna, django_assert_max_num_queries):
        anna.push_one(logged())
        anna.pull()
        with django_assert_max_num_queries(18):
            page = anna.page()
        assert (page["rows"], page["gone"], page["more"]) == ([], [], False)

    def test_every_path_to_the_records_is_seen(self, anna, client_of, coordinator):
        anna.pull()
        told = logged(summary="one")
        client_of(anna.owner).post("/api/v1/conversations", {**told["fields"], "id": told["id"]}, format="json")
        anna.pull()
        assert anna.summaries == {"one"}
        client = client_of(coordinator)
        tag = client.get(f"/api/v1/conversations/{told['id']}")["ETag"]
        change = {"summary": "two"}
        client.patch(f"/api/v1/conversations/{told['id']}", change, format="json", headers={"If-Match": tag})
        anna.pull()
        assert anna.summaries == {"two"}
        accept_many([conversation(anna.owner, summary="three")])
        anna.pull()
        assert anna.summaries == {"two", "three"}
        Conversation.objects.filter(summary="three").delete()
        anna.pull()
        assert anna.summaries == {"two"}

    def test_positions_grow_and_nothing_stays_touched(self, anna):
        for _ in range(3):
            anna.push(logged(), logged())
            anna.pull()
        positions = list(Change.objects.order_by("at", "pos").values_list("pos", flat=True))
        assert positions == sorted(positions)
        assert not Touched.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_many_sequencers_number_each_change_once(self, anna):
        accept_many([conversation(anna.owner) for _ in range(200)])
        start = threading.Barrier(4)

        def number() -> None:
            start.wait()
            try:
                feed.sequence()
            finally:
                connections.close_all()

        numbering = [threading.Thread(target=number) for _ in range(4)]
        for thread in numbering:
            thread.start()
        for thread in numbering:
            thread.join()
        assert Change.objects.count() == 400  # for the listener, and for the district


class TestBuckets:
    def test_of_a_coordinator(self, anna, carla):
        anna.push(logged(summary="in area 5"))
        accept_many([conversation(anna.owner, area=9, summary="in area 9")])
        carla.pull()
        assert carla.summaries == {"in area 5"}
        assert {bucket.partition(":")[0] for bucket in carla.page()["buckets"]} == {"own", "district"}

    def test_of_the_whole_city(self, anna, coordinator):
        accept_many([conversation(anna.owner, area=n, summary=f"in area {n}") for n in (1, 5, 9)])
        phone = Phone(coordinator)
        phone.pull()
        assert len(phone.rows) == 3
        assert phone.page()["buckets"] == ["own", "city:normal", "city:restricted", "city:internal"]

    def test_p32_moved_to_another_district(self, anna, carla):
        told = logged()
        anna.push_one(told)
        carla.pull()
        assert carla.rows
        far = {"kind": "point", "point": {"type": "Point", "coordinates": list(_inside(9))}}
        anna.push_one(op("update", "conversation", told["id"], base=1, set={"place": far}))
        pages = carla.pull()
        assert not carla.rows
        assert pages[0]["gone"] == [{"type": "conversation", "id": told["id"], "deleted": False}]
        anna.pull()
        assert anna.rows

    def test_p33_a_person_gets_a_district(self, anna, carla, city):
        accept_many([conversation(anna.owner, area=n, summary=f"in area {n}") for n in (5, 9)])
        carla.pull()
        assert carla.summaries == {"in area 5"}
        assign(carla.owner, "coordinator", within=city.area(9), clearance="internal")
        carla.pull(limit=1)
        assert carla.summaries == {"in area 5", "in area 9"}

    def test_p34_a_person_loses_a_district(self, anna, carla, city):
        accept_many([conversation(anna.owner, area=n, summary=f"in area {n}") for n in (5, 9)])
        assign(carla.owner, "coordinator", within=city.area(9), clearance="internal")
        carla.pull()
        assert len(carla.rows) == 2
        end(carla.owner, on=clock.today() - dt.timedelta(days=1))
        assign(carla.owner, "coordinator", within=city.area(9), clearance="internal")
        carla.pull()
        assert carla.summaries == {"in area 9"}

    def test_p34_and_gets_it_back(self, anna, carla, city):
        """What changed in between is delivered."""
        told = logged(summary="before")
        anna.push_one(told)
        carla.pull()
        end(carla.owner, on=clock.today() - dt.timedelta(days=1))
        carla.pull()
        assert carla.rows == {}
        anna.push(op("update", "conversation", told["id"], base=1, set={"summary": "after"}), logged(summary="new"))
        carla.pull()
        assert carla.rows == {}
        assign(carla.owner, "coordinator", within=city.area(5), clearance="internal")
        carla.pull()
        assert carla.summaries == {"after", "new"}

    def test_p34_whoever_no_longer_listens_has_no_rows(self, anna):
        anna.push_one(logged())
        anna.pull()
        end(anna.owner, on=clock.today() - dt.timedelta(days=1))
        anna.pull()
        assert anna.rows == {}

    @pytest.mark.parametrize("path", ["theme of a finding", "theme itself", "its parent"])
    def test_p35_it_becomes_more_sensitive(self, anna, city, themes, path):
        """A coordinator who is cleared for normal themes loses it; one who is cleared for more keeps it."""
        normal = Phone(person("nora", "coordinator", within=city.districts["zona", "B"], clearance="normal"))
        cleared = Phone(person("rosa", "coordinator", within=city.districts["zona", "B"], clearance="restricted"))
        told = logged(findings=[{"kind": "need", "themes": ["rent"], "id": str(uuid7())}])
        anna.push_one(told)
        for phone in (normal, cleared):
            phone.pull()
            assert phone.rows
        match path:
            case "theme of a finding":
                finding = told["fields"]["findings"][0]["id"]
                anna.push_one(
                    op("update", "finding", finding, conversation=told["id"], base=1, add={"themes": ["health"]})
                )
            case "theme itself":
                Theme.objects.filter(code="rent").update(sensitivity="restricted")
            case "its parent":
                Theme.objects.filter(code="housing").update(sensitivity="restricted")
        normal.pull()
        cleared.pull()
        assert normal.rows == {}
        assert set(cleared.rows) == {told["id"]}
        assert cleared.rows[told["id"]]["buckets"][0].endswith(":restricted")

    def test_a_restricted_one_that_is_deleted_never_shows(self, anna, city):
        """No moment in between, in which it would have lain in a bucket of more people."""
        normal = Phone(person("nora", "coordinator", within=city.districts["zona", "B"], clearance="normal"))
        normal.pull()
        told = logged(findings=[{"kind": "need", "themes": ["health"]}])
        anna.push_one(told)
        anna.push_one(op("delete", "conversation", told["id"]))
        assert [page["gone"] for page in normal.pull()] == [[]]

    def test_p40_deleted(self, anna, carla):
        told = logged()
        anna.push_one(told)
        carla.pull()
        anna.push_one(op("delete", "conversation", told["id"]))
        (page,) = carla.pull()
        assert page["gone"] == [{"type": "conversation", "id": told["id"], "deleted": True}]
        assert carla.rows == {}


class TestCursors:
    def test_p36_a_page_is_lost_or_comes_twice(self, anna):
        anna.push(*[logged() for _ in range(9)])
        before = anna.cursor
        lost = anna.page(limit=4)
        anna.rows.clear()
        anna.cursor = before
        again = anna.page(limit=4)
        assert {row["id"] for row in again["rows"]} == {row["id"] for row in lost["rows"]}
        anna.pull(limit=4)
        assert len(anna.rows) == 9

    def test_p37_compacted_below_the_cursor(self, anna, carla, monkeypatch):
        told = logged()
        anna.push_one(told)
        carla.pull()
        anna.push_one(op("delete", "conversation", told["id"]))
        feed.sequence()
        Change.objects.update(at=clock.now() - dt.timedelta(days=181))
        assert compact().forgotten > 0
        pages = carla.pull()
        assert pages[0]["reset"] is True
        assert carla.rows == {}
        assert carla.page()["reset"] is False

    def test_compaction_hides_nothing(self, anna, carla):
        """From whoever has read nothing, some or all of it."""
        told = [logged(summary=f"number {n}") for n in range(4)]
        anna.push(*told)
        carla.pull()
        for n in range(3):
            anna.push_one(op("update", "conversation", told[0]["id"], base=n + 1, set={"summary": f"change {n}"}))
            feed.sequence()
        superseded = compact().superseded
        assert superseded >= 4
        carla.pull()
        fresh = Phone(carla.owner)
        fresh.pull()
        assert carla.rows == fresh.rows
        assert carla.summaries == {"change 2", "number 1", "number 2", "number 3"}
        assert compact().superseded == 0

    def test_p38_after_a_restore(self, anna):
        anna.push_one(logged(summary="kept"))
        anna.pull()
        before = anna.page()["epoch"]
        anna.rows["ghost"] = {"buckets": ["own"], "fields": {"summary": "lost in the restore"}}
        begin_epoch()
        pages = anna.pull()
        assert (pages[0]["reset"], pages[0]["epoch"] != before) == (True, True)
        assert anna.summaries == {"kept"}

    def test_p38_a_phone_sends_again_what_was_lost(self, anna):
        """The ledger was lost with the records, or neither."""
        kept, lost = logged(summary="kept"), logged(summary="lost")
        anna.push(kept, lost)
        Conversation.objects.filter(pk=lost["id"]).delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sync_op WHERE id = %s", [lost["op"]])
        begin_epoch()
        assert [one["status"] for one in anna.push(kept, lost)] == ["duplicate", "accepted"]
        assert Conversation.objects.count() == 2

    @pytest.mark.parametrize("spoil", ["cut", "changed", "another's", "text", "empty"])
    def test_p39_a_cursor_that_is_not_ours(self, anna, bruno, spoil):
        anna.pull()
        bruno.pull()
        cursor = {
            "cut": anna.cursor[:-4], "changed": anna.cursor[:5] + "A" + anna.cursor[6:], "another's": bruno.cursor,
            "text": "x", "empty": "",
        }[spoil]  # fmt: skip
        answer = anna.ask("POST", "pull", {"cursor": cursor})
        assert answer.status_code == 400
        if spoil != "empty":
            assert slug(answer) == "invalid-cursor"

    @pytest.mark.parametrize("body", [{"limit": 0}, {"limit": 501}, {"limit": "5"}, {"cursor": 5}, {"x": 1}, []])
    def test_what_is_not_asked_like_that(self, anna, body):
        assert anna.ask("POST", "pull", body).status_code == 400

    def test_the_cursor_of_a_whole_city_is_short(self, anna, city):
        """Also for whoever coordinates each district of the city by itself."""
        phone = Phone(person("many", "coordinator", within=city.area(1)))
        for n in range(2, 10):
            assign(phone.owner, "coordinator", within=city.area(n), clearance="internal")
        phone.pull()
        assert len(phone.cursor) < 1_000


class TestTheTrail:
    def test_what_others_logged_is_read(self, anna, carla):
        told = logged()
        anna.push_one(told)
        carla.pull()
        chain_entries()
        entry = Entry.objects.get(verb="read_list", ids__contains=[told["id"]])
        assert (entry.person_id, entry.credential) == (carla.owner.pk, f"device:{carla.device_id}")
        anna.pull()
        chain_entries()
        assert Entry.objects.filter(verb="read_list", ids__contains=[told["id"]]).count() == 1

    def test_a_sensitive_one_takes_a_purpose(self, anna, carla, settings):
        settings.PURPOSE_REQUIRED = True
        anna.push_one(logged(findings=[{"kind": "need", "themes": ["health"]}]))
        refused = carla.ask("POST", "pull", {})
        assert (refused.status_code, slug(refused)) == (403, "purpose-required")
        assert carla.ask("POST", "pull", {}, **{"X-Purpose": "coordination"}).status_code == 200

    def test_changes_by_phone_are_recorded(self, anna, carla):
        told = logged()
        anna.push_one(told)
        carla.push(
            op("update", "conversation", told["id"], base=1, set={"summary": "x"}),
            op("delete", "conversation", told["id"]),
        )
        chain_entries()
        entries = Entry.objects.filter(model="records.conversation", ids__contains=[told["id"]])
        assert list(entries.order_by("pk").values_list("verb", flat=True)) == ["change", "delete"]


class TestFreshness:
    def test_when_each_phone_was_heard_of(self, anna, carla, city):
        assign(anna.owner, "listener", within=city.area(5))
        (before,) = [one for one in carla.ask("GET", "phones").json()["phones"] if one["person"] == "anna"]
        assert (before["pushed_at"], before["pulled_at"]) == (None, None)
        told = logged()
        anna.push(told, op("update", "conversation", base=1, set={}))
        anna.pull()
        (after,) = [one for one in carla.ask("GET", "phones").json()["phones"] if one["person"] == "anna"]
        assert after["pushed_at"]
        assert after["pulled_at"]
        assert (after["deferred"], after["quarantined"], after["conflicts"]) == (1, 0, 0)
        (waiting,) = carla.ask("GET", "waiting").json()["waiting"]
        assert (waiting["person"], waiting["kind"], waiting["why"]) == ("anna", "update", "deferred")
        assert "set" not in waiting


def test_the_daily_command_numbers_and_shortens(anna):
    told = logged()
    anna.push_one(told)
    feed.sequence()
    anna.push_one(op("update", "conversation", told["id"], base=1, set={"summary": "x"}))
    said = StringIO()
    call_command("compact_feed", stdout=said)
    assert said.getvalue() == "2 superseded, 0 forgotten.\n"
    assert not Touched.objects.exists()


def _inside(area: int) -> tuple[float, float]:
    from tests.squareville import inside

    return inside(area)


def test_a_theme_is_no_hidden_cost(anna, themes, django_assert_max_num_queries):
    accept_many([conversation(anna.owner, heard("need", themes["rent"])) for _ in range(50)])
    with django_assert_max_num_queries(25):
        anna.page()
