"""PROTOCOL.md, cases P01 to P20: what becomes of ops."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import threading
from typing import Any

import pytest
import zstandard
from django.db import OperationalError, connection
from uuid6 import uuid7

from backend import clock
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import Device, Session
from listening.fieldwork.revocation import revoke
from listening.records.models import Conversation, Finding, Tombstone
from listening.sync import ops as schemas
from listening.sync import push as pushing
from listening.sync.models import Clash, Op, WaitingOp
from tests.canaries import CANARY
from tests.listening.sync.conftest import Phone, logged, op, slug
from tests.people import person
from tests.squareville import inside

pytestmark = pytest.mark.django_db


def stored(told: dict[str, Any]) -> Conversation:
    return Conversation.objects.get(pk=told["id"])


def finding_of(told: dict[str, Any], number: int = 0) -> str:
    found: str = told["fields"]["findings"][number]["id"]
    return found


def session(**fields: Any) -> dict[str, Any]:
    return op("create", "session", fields={"kind": "desk", "started_at": "2026-05-12T09:00:00Z", **fields})


def update(told: dict[str, Any], base: int = 1, **changes: Any) -> dict[str, Any]:
    return op("update", "conversation", told["id"], base=base, set=changes)


def update_finding(told: dict[str, Any], base: int = 1, **members: Any) -> dict[str, Any]:
    return op("update", "finding", finding_of(told), conversation=told["id"], base=base, **members)


def test_it_works(anna):
    told = logged(summary="At the market")
    assert anna.push_one(told)["status"] == "accepted"
    found = stored(told)
    assert (found.summary, found.version, found.listener) == ("At the market", 1, anna.owner)


class TestExactlyOnce:
    def test_p01_sent_again_it_is_a_duplicate(self, anna):
        told = logged()
        first = anna.push_one(told)
        again = anna.push_one(told)
        assert again["status"] == "duplicate"
        assert again["outcome"] == {"status": "accepted", "version": first["version"]}
        assert Conversation.objects.count() == Op.objects.count() == 1

    def test_p01_of_every_kind(self, anna):
        """A second time nothing happens, whatever happened the first time."""
        told, other = logged(), logged()
        ops = [
            told, other, session(), update(told, summary="x"), update_finding(told, set={"severity": 3}),
            op("create", "finding", conversation=told["id"], fields={"kind": "need", "text": "y"}),
            op("delete", "finding", finding_of(told), conversation=told["id"]),
            op("delete", "conversation", other["id"]), op("update", "conversation", uuid7(), base=1, set={}),
            {**update(told), "set": {"nonsense": 1}},
        ]  # fmt: skip
        first = anna.push(*ops)
        assert [one["status"] for one in first] == ["accepted"] * 8 + ["deferred", "rejected"]
        before = (stored(told).version, Finding.objects.count(), Tombstone.objects.count(), WaitingOp.objects.count())
        again = anna.push(*ops)
        assert {one["status"] for one in again} == {"duplicate"}
        assert [one["outcome"]["status"] for one in again] == [one["status"] for one in first]
        after = (stored(told).version, Finding.objects.count(), Tombstone.objects.count(), WaitingOp.objects.count())
        assert after == before

    def test_p02_any_order_and_any_batches(self, anna, bruno):
        """What depends on something waits for it, so the end is the same."""
        for phone, arrange in ((anna, list), (bruno, reversed)):
            convened = session()
            told = logged(session=convened["id"])
            chain = [
                convened,
                told,
                op("create", "finding", "", conversation=told["id"], fields={"kind": "need", "text": "second"}),
                update(told, summary="changed"),
                update_finding(told, set={"severity": 5}),
            ]
            chain[2]["id"] = str(uuid7())
            for one in arrange(chain):
                phone.push_one(one)
            found = stored(told)
            assert (found.summary, str(found.session_id)) == ("changed", convened["id"])
            assert sorted(found.findings.values_list("text", "severity"))[-1][0] == "second"
            assert found.findings.get(pk=finding_of(told)).severity == 5
            outcomes = phone.ask("POST", "lookup", {"ops": [one["op"] for one in chain]}).json()["results"]
            assert {one["status"] for one in outcomes} == {"accepted"}
        assert not WaitingOp.objects.exists()

    def test_p03_an_id_with_other_content(self, anna, bruno):
        told = logged()
        anna.push_one(told)
        for phone, other in ((anna, {**logged(), "op": told["op"]}), (bruno, told)):
            refused = phone.push_one(other)
            assert (refused["status"], refused["reason"]) == ("rejected", "op_reused")
        assert Conversation.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_p19_the_same_op_at_the_same_time(self, anna):
        told = logged()
        start, results = threading.Barrier(4), []

        def send() -> None:
            start.wait()
            try:
                results.append(anna.push_one(told)["status"])
            finally:
                connection.close()

        sending = [threading.Thread(target=send) for _ in range(4)]
        for thread in sending:
            thread.start()
        for thread in sending:
            thread.join()
        assert sorted(results) == ["accepted", "duplicate", "duplicate", "duplicate"]
        assert Conversation.objects.count() == Op.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_p19_the_same_id_for_two_records(self, anna):
        """They hold different locks; the ledger lets one through."""
        first = logged()
        second = {**logged(), "op": first["op"]}
        start, results = threading.Barrier(2), []

        def send(told: dict[str, Any]) -> None:
            start.wait()
            try:
                results.append(anna.push_one(told)["status"])
            finally:
                connection.close()

        sending = [threading.Thread(target=send, args=[told]) for told in (first, second)]
        for thread in sending:
            thread.start()
        for thread in sending:
            thread.join()
        assert sorted(results) == ["accepted", "rejected"]
        assert Conversation.objects.count() == 1

    def test_p20_lookup_tells_ones_own(self, anna, bruno):
        told = logged()
        anna.push_one(told)
        asked = {"ops": [told["op"], str(uuid7())]}
        (found,) = anna.ask("POST", "lookup", asked).json()["results"]
        assert found == {"op": told["op"], "status": "accepted", "version": 1}
        assert bruno.ask("POST", "lookup", asked).json() == {"results": []}


class TestOneBadOp:
    BAD = (
        {}, 5, None, "x", [], {"op": "x"}, {"op": str(uuid7())}, {**logged(), "kind": "destroy"},
        {**logged(), "op": "not-a-uuid"}, {**logged(), "id": 5}, {**logged(), "extra": 1}, {**logged(), "base": 1},
        {**logged(), "fields": []}, op("create", "conversation"), op("update", "session", base=1, set={}),
        op("update", "conversation", base=0, set={}), op("update", "conversation", base="1", set={}),
        op("update", "finding", base=1), op("update", "finding", conversation=str(uuid7()), base=1, add={"x": []}),
        op("update", "finding", conversation=str(uuid7()), base=1, add={"themes": "rent"}),
        op("create", "conversation", fields={"channel": "carrier pigeon"}),
        logged(occurred_at="2031-01-01T00:00:00Z"), logged(findings=[{"kind": "need", "themes": ["nonsense"]}]),
        logged(venue="nowhere"), session(venue="nowhere"), session(kind="x"), session(started_at="yesterday"),
    )  # fmt: skip

    @pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad)[:60])
    def test_p04_spoils_no_other(self, anna, bad):
        before, after = logged(), logged()
        answer = anna.ask("POST", "push", {"ops": [before, bad, after]})
        assert answer.status_code == 200, answer.content
        first, refused, last = answer.json()["results"]
        assert (first["status"], refused["status"], last["status"]) == ("accepted", "rejected", "accepted")
        assert refused["reason"] == "invalid"
        assert refused["errors"]
        assert set(Conversation.objects.values_list("pk", flat=True).distinct()) == {
            stored(before).pk, stored(after).pk,
        }  # fmt: skip

    def test_p04_what_is_wrong_is_named(self, anna):
        told = logged(channel="pigeon", people_count=0)
        refused = anna.push_one(told)
        assert {error["pointer"] for error in refused["errors"]} == {"/channel", "/people_count"}

    def test_the_ledger_quotes_nothing(self, anna):
        anna.push_one(logged(findings=[{"kind": "need", "themes": [CANARY]}]))
        assert CANARY not in json.dumps(list(Op.objects.values_list("outcome", flat=True)))

    def test_p04_one_that_is_too_large(self, anna):
        refused, fine = anna.push(logged(summary="x" * 70_000), logged())
        assert (refused["reason"], fine["status"]) == ("too_large", "accepted")

    def test_p15_a_newer_schema(self, anna):
        assert anna.push_one({**logged(), "schema": 2})["reason"] == "schema"

    def test_p15_an_old_schema_is_brought_up(self, anna, monkeypatch):
        """As a phone would send it that calls the summary `note`."""

        def rename(told: dict[str, Any]) -> dict[str, Any]:
            fields = dict(told["fields"])
            return {**told, "fields": {**{k: v for k, v in fields.items() if k != "note"}, "summary": fields["note"]}}

        monkeypatch.setattr(schemas, "SCHEMA", 2)
        monkeypatch.setitem(schemas.UPCASTERS, 1, rename)
        old = logged()
        old["fields"]["note"] = "as of old"
        assert anna.push_one({**old, "schema": 1})["status"] == "accepted"
        assert stored(old).summary == "as of old"
        assert anna.push_one({**old, "schema": 1})["status"] == "duplicate"

    def test_p16_too_many(self, anna):
        answer = anna.ask("POST", "push", {"ops": [logged()] * 201})
        assert (answer.status_code, slug(answer), answer.json()["limit"]) == (413, "too-many-ops", 200)
        assert not Op.objects.exists()

    @pytest.mark.parametrize("body", [{}, [], {"ops": {}}, {"ops": [], "more": 1}, {"ops": [], "sent_at": "noon"}, 5])
    def test_an_envelope_that_cannot_be_read(self, anna, body):
        assert anna.ask("POST", "push", body).status_code == 400


class TestWaiting:
    def test_p05_a_finding_before_its_conversation(self, anna):
        told = logged()
        late = op("create", "finding", conversation=told["id"], fields={"kind": "asset", "text": "The choir"})
        assert anna.push_one(late) == {
            "op": late["op"], "id": late["id"], "status": "deferred", "waiting_for": told["id"],
        }  # fmt: skip
        assert anna.push_one(told)["status"] == "accepted"
        assert stored(told).findings.filter(text="The choir").exists()
        assert anna.push_one(late)["outcome"] == {"status": "accepted", "version": 2}
        assert not WaitingOp.objects.exists()

    def test_p05_a_conversation_before_its_session(self, anna):
        convened = session()
        told = logged(session=convened["id"])
        assert anna.push_one(told)["status"] == "deferred"
        assert not Conversation.objects.exists()
        anna.push_one(convened)
        assert str(stored(told).session_id) == convened["id"]

    def test_p05_what_waits_for_what_waits(self, anna):
        convened = session()
        told = logged(session=convened["id"])
        found = op("create", "finding", conversation=told["id"], fields={"kind": "need"})
        changed = op("update", "finding", found["id"], conversation=told["id"], base=1, set={"severity": 2})
        assert {one["status"] for one in anna.push(changed, found, told)} == {"deferred"}
        anna.push_one(convened)
        assert stored(told).findings.get(pk=found["id"]).severity == 2

    def test_p05_a_deletion_before_the_conversation(self, anna):
        told = logged()
        assert anna.push_one(op("delete", "conversation", told["id"]))["status"] == "deferred"
        anna.push_one(told)
        assert not Conversation.objects.exists()
        assert Tombstone.objects.filter(pk=told["id"]).exists()


class TestMerging:
    @pytest.fixture
    def shared(self, anna, carla) -> dict[str, Any]:
        """A conversation that Anna logged in Carla's district; both phones have version 1."""
        told = logged(summary="as it was", language="it")
        anna.push_one(told)
        return told

    def test_p06_different_members(self, anna, carla, shared):
        assert carla.push_one(update(shared, summary="by Carla")) == {
            "op": Op.objects.latest("received_at").pk.__str__(), "id": shared["id"], "status": "accepted", "version": 2,
        }  # fmt: skip
        second = anna.push_one(update(shared, language="ar"))
        assert (second["status"], second["version"], second["merged"]) == ("accepted", 3, True)
        found = stored(shared)
        assert (found.summary, found.language, found.version) == ("by Carla", "ar", 3)

    def test_p07_the_same_member(self, anna, carla, shared):
        carla.push_one(update(shared, summary="by Carla"))
        second = anna.push_one(update(shared, summary="by Anna", language="ar"))
        assert (second["status"], second["fields"], second["version"]) == ("conflict", ["summary"], 3)
        found = stored(shared)
        assert (found.summary, found.language) == ("by Carla", "ar")
        clash = Clash.objects.get()
        assert (clash.field, clash.ours, clash.theirs) == ("summary", "by Carla", "by Anna")

    def test_p07_of_a_finding(self, anna, carla, shared):
        carla.push_one(update_finding(shared, set={"severity": 5}))
        second = anna.push_one(update_finding(shared, set={"severity": 1, "text": "said otherwise"}))
        assert second["fields"] == [f"{finding_of(shared)}.severity"]
        found = Finding.objects.get()
        assert (found.severity, found.text) == (5, "said otherwise")

    def test_p07_after_a_change_over_the_api(self, anna, shared, client_of, coordinator):
        """Whatever path a change came by, it is seen."""
        client = client_of(coordinator)
        address = f"/api/v1/conversations/{shared['id']}"
        tag = client.get(address)["ETag"]
        client.patch(address, {"summary": "by PATCH"}, format="json", headers={"If-Match": tag})
        assert anna.push_one(update(shared, summary="by Anna"))["status"] == "conflict"

    @pytest.mark.parametrize(
        ("member", "value"),
        [("summary", "both"), ("occurred_at", "2026-05-12T13:00:00+03:00"), ("bands", {"age": {"65+": 1}})],
    )
    def test_p08_the_same_value(self, anna, carla, shared, member, value):
        same = "2026-05-12T10:00:00Z" if member == "occurred_at" else value
        assert carla.push_one(update(shared, **{member: value}))["status"] == "accepted"
        second = anna.push_one(update(shared, **{member: same}))
        assert (second["status"], second["version"]) == ("accepted", 2)
        assert not Clash.objects.exists()

    def test_p09_themes_come_and_go(self, anna, carla, shared):
        carla.push_one(update_finding(shared, add={"themes": ["rent"]}))
        anna.push_one(update_finding(shared, add={"themes": ["health"]}))
        carla.push_one(update_finding(shared, remove={"themes": ["rent"]}))
        assert list(Finding.objects.get().themes.values_list("code", flat=True)) == ["health"]
        assert not Clash.objects.exists()

    def test_p10_delete_beats_change(self, anna, carla, shared):
        carla.push_one(op("delete", "conversation", shared["id"]))
        late = anna.push_one(update(shared, summary="too late"))
        assert (late["status"], late["reason"]) == ("rejected", "gone")
        assert not Conversation.objects.exists()

    def test_p10_of_what_was_out_of_sight(self, city, anna, carla, shared):
        """Nothing waits for ever: whoever comes to read that it was deleted learns what became of their op."""
        carla.owner.assignments.all().delete()
        assign(carla.owner, "coordinator", within=city.area(9))
        late = update(shared, summary="from elsewhere")
        assert carla.push_one(late)["status"] == "deferred"
        anna.push_one(op("delete", "conversation", shared["id"]))
        assert carla.push_one(late)["outcome"]["status"] == "deferred"
        assign(carla.owner, "coordinator", within=city.area(5))
        assert carla.push_one(late)["outcome"]["status"] == "deferred"  # tried again after this answer
        assert carla.push_one(late)["outcome"] == {"status": "rejected", "reason": "gone"}
        assert not WaitingOp.objects.exists()

    def test_p10_of_a_finding(self, anna, carla, shared):
        pk, held = finding_of(shared), {"conversation": shared["id"]}
        carla.push_one(op("delete", "finding", pk, **held))
        assert anna.push_one(update_finding(shared, set={"severity": 1}))["reason"] == "gone"
        assert anna.push_one(op("create", "finding", pk, **held, fields={"kind": "need"}))["reason"] == "gone"
        assert anna.push_one(op("delete", "finding", pk, **held))["status"] == "accepted"
        assert not Finding.objects.exists()

    def test_a_base_from_before_a_restore(self, anna, shared):
        """The phone has seen a version that the service has lost."""
        assert anna.push_one(update(shared, base=9, summary="new"))["status"] == "accepted"

    def test_nothing_new_makes_no_version(self, anna, shared):
        assert anna.push_one(update(shared, summary="as it was"))["version"] == 1

    @pytest.mark.parametrize(
        "changes", [{"id": "x"}, {"findings": []}, {"version": 3}, {"channel": None}, {"place": 1}]
    )
    def test_what_cannot_be_set(self, anna, shared, changes):
        assert anna.push_one(update(shared, **changes))["reason"] == "invalid"
        assert stored(shared).version == 1


class TestSettling:
    @pytest.fixture
    def clash(self, anna, carla) -> Clash:
        told = logged(summary="as it was")
        anna.push_one(told)
        carla.push_one(update(told, summary="by Carla"))
        anna.push_one(update(told, summary="by Anna"))
        return Clash.objects.get()

    def test_both_values_are_shown(self, carla, clash):
        (shown,) = carla.ask("GET", "conflicts").json()["conflicts"]
        assert (shown["ours"], shown["theirs"], shown["brought_by"]) == ("by Carla", "by Anna", "anna")

    def test_nobody_else_sees_them(self, bruno, clash):
        assert bruno.ask("GET", "conflicts").json() == {"conflicts": []}
        assert bruno.ask("POST", f"conflicts/{clash.pk}/settlement", {"take": "ours"}).status_code == 403

    @pytest.mark.parametrize(("take", "summary", "version"), [("ours", "by Carla", 2), ("theirs", "by Anna", 3)])
    def test_one_of_them_holds(self, carla, clash, take, summary, version):
        for _ in range(2):  # the answer may be lost
            told = carla.ask("POST", f"conflicts/{clash.pk}/settlement", {"take": take})
            assert told.json() == {"id": clash.pk, "settlement": take, "version": version}
        clash.conversation.refresh_from_db()
        assert clash.conversation.summary == summary
        assert carla.ask("GET", "conflicts").json() == {"conflicts": []}

    def test_a_coordinator_of_elsewhere_finds_none(self, city, clash):
        other = Phone(person("zoe", "coordinator", within=city.districts["zona", "C"]))
        hidden = other.ask("POST", f"conflicts/{clash.pk}/settlement", {"take": "ours"})
        absent = other.ask("POST", "conflicts/0/settlement", {"take": "ours"})
        assert (hidden.status_code, hidden.json()["detail"]) == (404, absent.json()["detail"])

    def test_with_the_record_the_clash_goes(self, carla, clash):
        carla.push_one(op("delete", "conversation", clash.conversation_id))
        assert not Clash.objects.exists()


class TestWhoMay:
    def test_p11_a_deleted_one_does_not_come_back(self, anna):
        told = logged()
        anna.push_one(told)
        anna.push_one(op("delete", "conversation", told["id"]))
        again = anna.push_one({**told, "op": str(uuid7())})
        assert (again["status"], again["reason"]) == ("rejected", "gone")
        assert not Conversation.objects.exists()

    @pytest.mark.parametrize("kind", ["update", "delete"])
    def test_p12_somebody_elses_looks_like_one_that_has_not_come(self, anna, bruno, kind):
        told = logged(summary="Anna's")
        anna.push_one(told)
        members = {"base": 1, "set": {"summary": "Bruno's"}} if kind == "update" else {}
        hidden = bruno.push_one(op(kind, "conversation", told["id"], **members))
        absent = bruno.push_one(op(kind, "conversation", **members))
        for one in (hidden, absent):
            assert one.pop("waiting_for") == one.pop("id")
            one.pop("op")
        assert hidden == absent == {"status": "deferred"}
        bruno.push_one(logged())
        assert stored(told).summary == "Anna's"

    def test_p12_an_id_that_is_taken(self, anna, bruno):
        told = logged()
        anna.push_one(told)
        refused = bruno.push_one({**logged(), "id": told["id"]})
        assert (refused["status"], refused["reason"]) == ("rejected", "id_taken")

    def test_p13_whoever_has_lost_the_role(self, anna):
        yesterday = clock.today() - dt.timedelta(days=1)
        anna.owner.assignments.update(first_day=yesterday - dt.timedelta(days=90), last_day=yesterday)
        assert anna.owner.assignments.count() == 1
        for days, status in ((2, "quarantined"), (29, "quarantined"), (31, "rejected"), (0, "rejected")):
            heard = clock.now() - dt.timedelta(days=days)
            assert anna.push_one(logged(occurred_at=heard.isoformat()))["status"] == status, days
        assert not Conversation.objects.exists()
        assert WaitingOp.objects.filter(why="quarantined").count() == 2

    @pytest.fixture
    def late(self, city, themes):
        """The phone of somebody who listened in area 5 until yesterday, and what they bring today from there."""
        owner = person("late", "listener", within=city.area(5))
        phone = Phone(owner)
        yesterday = clock.today() - dt.timedelta(days=1)
        owner.assignments.update(first_day=yesterday - dt.timedelta(days=90), last_day=yesterday)
        told = logged(occurred_at=(clock.now() - dt.timedelta(days=2)).isoformat())
        assert phone.push_one(told)["status"] == "quarantined"
        return phone, told

    def test_p13_a_coordinator_lets_it_in(self, late, carla):
        phone, told = late
        (waits,) = carla.ask("GET", "waiting").json()["waiting"]
        assert (waits["op"], waits["person"], waits["why"]) == (told["op"], "late", "quarantined")
        released = carla.ask("POST", f"waiting/{told['op']}/release")
        assert released.json()["results"] == [{"op": told["op"], "status": "accepted", "version": 1}]
        assert stored(told).listener == phone.owner
        # Whoever brought it learns of it, and sending it again changes nothing.
        phone_learns = phone.ask("POST", "lookup", {"ops": [told["op"]]}).json()["results"]
        assert [one["status"] for one in phone_learns] == ["accepted"]
        assert phone.push_one(told)["outcome"]["status"] == "accepted"
        assert carla.ask("GET", "waiting").json()["waiting"] == []
        assert carla.ask("POST", f"waiting/{told['op']}/release").status_code == 404

    def test_p13_a_coordinator_refuses_it(self, late, carla):
        phone, told = late
        assert carla.ask("DELETE", f"waiting/{told['op']}").status_code == 204
        assert not Conversation.objects.exists()
        assert phone.push_one(told)["outcome"] == {"status": "rejected", "reason": "forbidden"}

    def test_p13_a_coordinator_of_elsewhere_does_not_see_it(self, late, city):
        _, told = late
        elsewhere = Phone(person("elsewhere", "coordinator", within=city.area(1)))
        assert elsewhere.ask("GET", "waiting").json()["waiting"] == []
        assert elsewhere.ask("POST", f"waiting/{told['op']}/release").status_code == 404
        assert WaitingOp.objects.exists()

    def test_p13_nobody_lets_in_what_lies_elsewhere(self, late, carla):
        """They listened here; this they heard in another district, where somebody else decides."""
        phone, _ = late
        heard = (clock.now() - dt.timedelta(days=2)).isoformat()
        point = {"type": "Point", "coordinates": inside(1)}
        told = logged(occurred_at=heard, place={"kind": "point", "point": point})
        phone.push_one(told)
        assert carla.ask("POST", f"waiting/{told['op']}/release").status_code == 404
        assert not Conversation.objects.exists()
        assert WaitingOp.objects.filter(pk=told["op"]).exists()

    def test_p13_nobody_lets_in_what_waits_for_something(self, anna, city):
        told = op("create", "finding", conversation=str(uuid7()), fields={"kind": "need", "text": "x"})
        assert anna.push_one(told)["status"] == "deferred"
        clara = Phone(person("clara", "coordinator"))
        assert clara.ask("POST", f"waiting/{told['op']}/release").status_code == 404

    def test_p13_who_listened_here_long_before(self, late, carla):
        phone, _ = late
        day = clock.today() - dt.timedelta(days=40)
        phone.owner.assignments.update(last_day=day)
        assert carla.ask("GET", "waiting").json()["waiting"] == []

    def test_p13_somebody_who_never_listened(self, city, themes):
        planner = Phone(person("dario", "planner"))
        refused = planner.push_one(logged())
        assert (refused["status"], refused["reason"]) == ("rejected", "forbidden")

    def test_p17_a_revoked_phone(self, anna):
        anna.push_one(logged())
        revoke(Device.objects.filter(pk=anna.device_id), by=anna.owner, forget=True)
        refused = anna.ask("POST", "push", {"ops": [logged()]})
        assert (refused.status_code, slug(refused), refused.json()["wipe"]) == (401, "device-revoked", True)
        assert Conversation.objects.count() == 1


class TestClocks:
    @pytest.mark.parametrize("hours", [-24 * 3650, -2, 2, 24 * 3650])
    def test_p14_a_wrong_clock_is_put_right(self, anna, hours):
        wrong = clock.now() + dt.timedelta(hours=hours)
        told = logged(occurred_at=(wrong - dt.timedelta(minutes=20)).isoformat())
        result = anna.push_one(told, sent_at=wrong.isoformat())
        assert (result["status"], result["clock_adjusted"]) == ("accepted", True)
        age = clock.now() - stored(told).occurred_at
        assert dt.timedelta(minutes=19) < age < dt.timedelta(minutes=21)

    def test_p14_a_clock_that_is_about_right_is_left_alone(self, anna):
        heard = clock.now() - dt.timedelta(hours=1)
        told = logged(occurred_at=heard.isoformat())
        result = anna.push_one(told, sent_at=(clock.now() - dt.timedelta(seconds=100)).isoformat())
        assert "clock_adjusted" not in result
        assert stored(told).occurred_at == heard

    def test_p14_also_of_what_waits(self, anna):
        wrong = clock.now() + dt.timedelta(days=400)
        convened = session()
        told = logged(session=convened["id"], occurred_at=wrong.isoformat())
        assert anna.push_one(told, sent_at=wrong.isoformat())["status"] == "deferred"
        assert anna.push_one(convened)["status"] == "accepted"
        assert clock.now() - stored(told).occurred_at < dt.timedelta(minutes=1)


class TestTheDatabase:
    def failing(self, monkeypatch, state: str, times: int) -> list[int]:
        """Let the first attempts of each op end as PostgreSQL ends them."""
        real, calls = pushing._once, []

        def once(*args):
            calls.append(1)
            if len(calls) <= times:
                error = OperationalError("x")
                error.__cause__ = type("Cause", (Exception,), {"sqlstate": state})()
                raise error
            return real(*args)

        monkeypatch.setattr(pushing, "create_together", lambda ops, by: {})
        monkeypatch.setattr(pushing, "_once", once)
        monkeypatch.setattr(pushing.time, "sleep", lambda seconds: None)
        return calls

    @pytest.mark.parametrize("state", ["40P01", "40001", "55P03"])
    def test_p18_whoever_met_another_tries_again(self, anna, monkeypatch, state):
        calls = self.failing(monkeypatch, state, times=3)
        assert anna.push_one(logged())["status"] == "accepted"
        assert len(calls) == 4

    @pytest.mark.parametrize(("state", "times"), [("40P01", 4), ("57014", 1), ("53100", 1)])
    def test_p18_what_does_not_work_now_is_kept_by_the_phone(self, anna, monkeypatch, state, times):
        self.failing(monkeypatch, state, times=times)
        told = logged()
        refused, fine = anna.push(told, logged())
        assert (refused["status"], refused["retry_after"], fine["status"]) == ("retry", 5, "accepted")
        assert anna.push_one(told)["status"] == "accepted"

    def test_p18_a_database_that_is_gone(self, anna, monkeypatch):
        self.failing(monkeypatch, "57P01", times=1)
        answer = anna.ask("POST", "push", {"ops": [logged()]})
        assert answer.status_code == 503
        assert answer["Retry-After"]

    @pytest.mark.django_db(transaction=True)
    def test_an_op_that_breaks_leaves_nothing(self, anna, monkeypatch):
        """Neither in the records nor in the ledger: it may be sent again."""
        told = logged()
        with monkeypatch.context() as broken:
            broken.setattr(pushing.ledger, "write", lambda *args: 1 / 0)
            anna_client = anna.ask
            with pytest.raises(ZeroDivisionError):
                anna_client("POST", "push", {"ops": [told]})
        assert not Conversation.objects.exists()
        assert anna.push_one(told)["status"] == "accepted"


class TestTogether:
    """New conversations of a push are stored at once; it must not show in anything but the time."""

    def told(self) -> list[Any]:
        """Ops of all sorts, in an order that a phone might send."""
        convened, twice, gone = session(), logged(), logged()
        return [
            logged(), op("delete", "conversation", gone["id"]), convened, logged(session=convened["id"]), twice, gone,
            {**logged(), "op": twice["op"]}, {**logged(), "id": twice["id"]}, logged(channel="pigeon"),
            logged(occurred_at="2031-01-01T00:00:00Z"), logged(session=str(uuid7())),
            logged(findings=[{"kind": "need", "id": str(uuid7()), "themes": ["rent"]}]), {}, logged(), twice,
        ]  # fmt: skip

    def test_the_outcomes_are_those_of_each_alone(self, anna, monkeypatch):
        told = self.told()
        together = anna.push(*told)
        state = set(Conversation.objects.values_list("pk", "version")), Tombstone.objects.count(), Op.objects.count()
        for model in (Clash, WaitingOp, Op, Tombstone):
            model.objects.all().delete()
        Finding.objects.all().delete()
        Conversation.objects.all().delete()
        Session.objects.all().delete()
        monkeypatch.setattr(pushing, "create_together", lambda ops, by: {})
        alone = anna.push(*told)
        ended = anna.ask("POST", "lookup", {"ops": [one["op"] for one in told if one]}).json()["results"]
        assert state == (
            set(Conversation.objects.values_list("pk", "version")), Tombstone.objects.count(), Op.objects.count(),
        )  # fmt: skip
        # What waited for a conversation of the same push need not wait.
        final = {one["op"]: one["status"] for one in ended}
        for one, other in zip(together, alone, strict=True):
            expected = final.get(other["op"]) if other["status"] == "deferred" else other["status"]
            assert one["status"] in {expected, other["status"]}, (one, other)

    def test_few_queries_for_many(self, anna, django_assert_max_num_queries):
        with django_assert_max_num_queries(40):
            assert {one["status"] for one in anna.push(*[logged() for _ in range(20)])} == {"accepted"}

    def test_one_mistake_costs_no_more_than_itself(self, anna, django_assert_max_num_queries):
        told = [
            *(logged() for _ in range(10)),
            logged(occurred_at="2031-01-01T00:00:00Z"),
            *(logged() for _ in range(9)),
        ]
        with django_assert_max_num_queries(75):
            assert [one["status"] for one in anna.push(*told)].count("accepted") == 19

    def test_sent_again_as_a_whole(self, anna):
        told = [logged() for _ in range(20)]
        anna.push(*told)
        assert {one["status"] for one in anna.push(*told, logged())} == {"duplicate", "accepted"}
        assert Conversation.objects.count() == 21

    @pytest.mark.django_db(transaction=True)
    def test_the_same_batch_at_the_same_time(self, anna):
        told = [logged() for _ in range(30)]
        start, results = threading.Barrier(3), []

        def send(ops: list[Any]) -> None:
            start.wait()
            try:
                results.extend(one["status"] for one in anna.push(*ops))
            finally:
                connection.close()

        sending = [threading.Thread(target=send, args=[ops]) for ops in (told, told[::-1], told[10:])]
        for thread in sending:
            thread.start()
        for thread in sending:
            thread.join()
        assert sorted(results) == ["accepted"] * 30 + ["duplicate"] * 50
        assert Conversation.objects.count() == Op.objects.count() == 30


class TestTheWire:
    @pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
    def test_a_compressed_body(self, anna, client, encoding, pack):
        told = logged()
        body = pack(json.dumps({"ops": [told]}).encode())
        headers = {"Authorization": f"Bearer {anna.token}", "Content-Encoding": encoding}
        answer = client.generic("POST", "/api/v1/sync/push", body, content_type="application/json", headers=headers)
        assert answer.json()["results"][0]["status"] == "accepted"

    @pytest.mark.parametrize(
        ("body", "encoding", "status"),
        [
            (b"not gzip", "gzip", 400),
            (gzip.compress(b"{}" + b" " * 2_000_000), "gzip", 413),
            (gzip.compress(b'{"ops": []}')[:-9], "gzip", 400),
            (b"not zstd", "zstd", 400),
            (zstandard.compress(b"{}" + b" " * 2_000_000), "zstd", 413),
            (zstandard.compress(b'{"ops": []}')[:-4], "zstd", 400),
            (b"{}", "br", 415),
        ],
        ids=["other", "bomb", "cut", "not zstd", "bomb of zstd", "cut zstd", "unknown"],
    )
    def test_what_does_not_unpack(self, anna, client, body, encoding, status):
        headers = {"Authorization": f"Bearer {anna.token}", "Content-Encoding": encoding}
        answer = client.generic("POST", "/api/v1/sync/push", body, content_type="application/json", headers=headers)
        assert answer.status_code == status, answer.content

    @pytest.mark.parametrize(
        ("accepted", "encoding", "unpack"),
        [
            ("gzip", "gzip", gzip.decompress),
            ("gzip, zstd", "zstd", zstandard.decompress),
            ("zstd;q=0, gzip;q=0.5", "gzip", gzip.decompress),
            ("br", "", bytes),
            ("", "", bytes),
        ],
    )
    def test_answers_are_compressed_for_who_takes_it(self, anna, accepted, encoding, unpack):
        anna.push(*[logged() for _ in range(5)])
        answer = anna.ask("POST", "pull", {}, **{"Accept-Encoding": accepted})
        assert answer.get("Content-Encoding", "") == encoding
        assert "Accept-Encoding" in answer["Vary"]
        assert int(answer["Content-Length"]) == len(answer.content)
        assert len(json.loads(unpack(answer.content))["rows"]) == 5

    def test_short_answers_are_not(self, anna):
        answer = anna.ask("POST", "lookup", {"ops": []}, **{"Accept-Encoding": "zstd"})
        assert "Content-Encoding" not in answer

    def test_hello(self, anna):
        told = anna.ask("GET", "hello").json()
        assert (told["protocol"], told["buckets"], told["limits"]["ops"]) == (1, ["own"], 200)
        assert told["epoch"] == anna.ask("POST", "push", {"ops": []}).json()["epoch"]

    def test_nobody_unsigned(self, db, client):
        for method, path in (("GET", "hello"), ("POST", "push"), ("POST", "pull"), ("POST", "lookup")):
            assert (
                client.generic(method, f"/api/v1/sync/{path}", b"{}", content_type="application/json").status_code
                == 401
            )


def test_sessions_are_stored_once(anna):
    told = session(title="Saturday")
    anna.push_one(told)
    assert anna.push_one({**told, "op": str(uuid7())})["status"] == "accepted"
    assert Session.objects.count() == 1
    other = {**told, "op": str(uuid7()), "fields": {**told["fields"], "title": "Sunday"}}
    assert anna.push_one(other)["reason"] == "id_taken"
