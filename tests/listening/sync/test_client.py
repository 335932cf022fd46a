"""The reference client keeps the rules C1 to C10 of PROTOCOL.md, against a service that says what a script tells it."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import random
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from listening.sync.client.backoff import Backoff
from listening.sync.client.client import Client, Refused, SignedOut
from listening.sync.client.clock import uuid7
from listening.sync.client.overlay import overlay
from listening.sync.client.store import Store
from listening.sync.client.transport import Answer, NoAnswer, Transport

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HELLO = {
    "epoch": "e1",
    "limits": {"ops": 200, "op_bytes": 65_536, "body_bytes": 1_048_576, "rows": 500, "lookup": 1_000},
    "keep_acked_days": 14,
}


class StoppedClock:
    """A clock that tests turn; it remembers for how long it was asked to wait."""

    def __init__(self) -> None:
        self.time, self.waits = NOON, list[float]()

    def now(self) -> dt.datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += dt.timedelta(seconds=seconds)


class Service:
    """What stands in for the service: for each address a list of answers, used in their order; then what is usual."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.script: dict[str, list[Any]] = {"hello": [], "push": [], "pull": [], "lookup": []}
        self.epoch, self.received_at = "e1", NOON

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        self.asked.append((path, json.loads(json.dumps(body))))
        told = self.script[path].pop(0) if self.script[path] else getattr(self, f"_{path}")
        if callable(told):
            told = told(body)
        if isinstance(told, Exception):
            raise told
        return told if isinstance(told, Answer) else Answer(200, told)

    def pushes(self) -> list[list[dict[str, Any]]]:
        return [body["ops"] for path, body in self.asked if path == "push"]

    def pushed(self, *results: dict[str, Any]) -> dict[str, Any]:
        return {"epoch": self.epoch, "received_at": self.received_at.isoformat(), "results": list(results)}

    def _hello(self, body: Any) -> Any:
        return {**HELLO, "epoch": self.epoch}

    def _push(self, body: Any) -> Any:
        return self.pushed(*(told(op, "accepted", version=op.get("base", 0) + 1) for op in body["ops"]))

    def _pull(self, body: Any) -> Any:
        return page(epoch=self.epoch, cursor=body["cursor"] or "c0")

    def _lookup(self, body: Any) -> Any:
        return {"results": []}


def told(op: dict[str, Any], status: str, **members: Any) -> dict[str, Any]:
    return {"op": op["op"], "id": op["id"], "status": status, **members}


def results(status: str, **members: Any) -> Any:
    """An answer to a push in which all ops have the same outcome."""
    return lambda body: {
        "epoch": "e1",
        "received_at": NOON.isoformat(),
        "results": [told(op, status, **members) for op in body["ops"]],
    }


def page(*rows: dict[str, Any], gone: Any = (), **members: Any) -> dict[str, Any]:
    usual = {"epoch": "e1", "reset": False, "buckets": ["own"], "cursor": "c1", "more": False}
    return {**usual, "rows": list(rows), "gone": [{"id": pk} for pk in gone], **members}


def row(pk: str, version: int = 1, buckets: Any = ("own",), **fields: Any) -> dict[str, Any]:
    told = {"id": pk, "findings": [], **fields}
    return {"type": "conversation", "id": pk, "version": version, "buckets": list(buckets), "fields": told}


def problem(status: int, slug: str = "invalid-request", retry_after: float | None = None, **members: Any) -> Answer:
    return Answer(status, {"type": f"/problems/{slug}", "title": slug, **members}, retry_after)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "phone.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture
def client(store: Store, service: Service, clock: StoppedClock) -> Client:
    return Client(store, service, clock=clock, draw=random.Random(1))


def test_it_works(client, service, store):
    pk = client.create("conversation", {"channel": "street", "summary": "A bench"})
    assert client.shown() == {pk: {"id": pk, "findings": [], "channel": "street", "summary": "A bench"}}
    service.script["pull"] = [page(row(pk, summary="A bench"))]
    client.sync()
    assert [path for path, _ in service.asked] == ["hello", "push", "pull"]
    ((op,),) = service.pushes()
    assert {**op, "op": ""} == {
        "op": "", "kind": "create", "type": "conversation", "id": pk, "schema": 1,
        "fields": {"channel": "street", "summary": "A bench"},
    }  # fmt: skip
    assert client.shown() == {pk: {"id": pk, "findings": [], "summary": "A bench"}}
    assert not store.has_queued()


def test_it_needs_the_standard_library_alone():
    """In a process of its own: this one has Django."""
    seen = "import sys, listening.sync.client.client; print([one for one in sys.modules if one.startswith('django')])"
    said = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


class TestPages:
    def test_c1_a_page_and_its_cursor_are_one(self, store, monkeypatch):
        store.apply(page(row("a")), asked_with=None)
        with monkeypatch.context() as patch:
            patch.setattr(Store, "_stand", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                store.apply(page(row("b"), gone=["a"], cursor="c2"), asked_with="c1")
        assert (store.cursor, set(store.rows())) == ("c1", {"a"})

    def test_c1_it_survives_the_end_of_the_process(self, client, store, path):
        pk = client.create("conversation", {})
        store.apply(page(row("a")), asked_with=None)
        again = Store(path)  # the first one was never closed
        assert (again.cursor, set(again.rows()), again.has_queued()) == ("c1", {"a"}, True)
        assert [one["body"]["id"] for one in again.ops("queued")] == [pk]
        again.close()

    def test_c2_a_page_that_was_asked_for_with_another_cursor(self, store):
        assert store.apply(page(row("a", 2)), asked_with=None)
        assert not store.apply(page(row("a", 1), row("b"), cursor="c0"), asked_with=None)
        assert (store.cursor, set(store.rows()), store.version_of("a")) == ("c1", {"a"}, 2)

    def test_c3_rows_in_no_bucket_any_longer(self, client, store):
        here, there = "district:5:normal", "district:9:normal"
        told = page(row("a", buckets=[here]), row("b", buckets=[here, "own"]), row("c"), buckets=[here, there, "own"])
        store.apply(told, asked_with=None)
        client.update("conversation", "a", {"summary": "unsent"})
        store.apply(page(buckets=["own", there], cursor="c2"), asked_with="c1")
        assert set(store.rows()) == {"b", "c"}
        assert store.has_queued()

    def test_c4_reset(self, client, store):
        store.apply(page(row("a"), row("b")), asked_with=None)
        client.update("conversation", "a", {"summary": "unsent"})
        store.apply(page(row("b", 7), reset=True, cursor="c2"), asked_with="c1")
        assert set(store.rows()) == {"b"}
        assert store.has_queued()

    def test_gone(self, store):
        store.apply(page(row("a"), row("b")), asked_with=None)
        store.apply(page(gone=["a", "never held"], cursor="c2"), asked_with="c1")
        assert set(store.rows()) == {"b"}

    def test_until_there_is_no_more(self, client, service, store):
        service.script["pull"] = [page(row("a"), more=True), page(row("b"), cursor="c2")]
        client.pull()
        asked = [body for path, body in service.asked if path == "pull"]
        assert asked == [{"cursor": None, "limit": 500}, {"cursor": "c1", "limit": 500}]
        assert (set(store.rows()), store.cursor) == ({"a", "b"}, "c2")

    def test_a_cursor_that_is_not_taken_begins_anew(self, client, service, store):
        """Without forgetting the rows, what was deleted meanwhile would stay for ever."""
        store.apply(page(row("deleted since")), asked_with=None)
        service.script["pull"] = [problem(400, "invalid-cursor"), page(row("a"), cursor="c2")]
        client.pull()
        assert (set(store.rows()), store.cursor) == ({"a"}, "c2")
        service.script["pull"] = [problem(400, "invalid-request")]
        with pytest.raises(Refused):
            client.pull()


class TestOps:
    def test_c5_until_the_queue_is_empty_then_pull(self, client, service):
        pk = client.create("conversation", {})
        for text in "ab":
            client.update("conversation", pk, {"summary": text})
        client.sync()
        assert [path for path, _ in service.asked] == ["hello", "push", "push", "push", "pull"]

    def test_c5_what_is_not_acknowledged_is_shown_over_rows(self, client, service, store):
        service.script["pull"] = [page(row("a", summary="theirs", channel="door"))]
        client.pull()
        client.update("conversation", "a", {"summary": "mine", "channel": None})
        assert client.shown()["a"] == {"id": "a", "findings": [], "summary": "mine"}
        service.script["push"] = [results("conflict", version=2, fields=["summary"])]
        client.push()
        assert client.shown()["a"]["summary"] == "theirs"
        (clashed,) = client.conflicts()
        assert clashed["outcome"]["fields"] == ["summary"]

    def test_of_one_record_one_at_a_time(self, client, service):
        """Both are changes of version 4, but the second comes to version 5, which the first has made."""
        service.script["pull"] = [page(row("a", 4), row("b", 9))]
        client.pull()
        client.update("conversation", "a", {"summary": "first"})
        client.create("finding", {"kind": "need"}, conversation="a")
        client.update("conversation", "a", {"summary": "second"})
        client.update("conversation", "b", {"summary": "other"})
        service.script["push"] = [
            lambda body: service.pushed(*(told(op, "accepted", version=op["base"] + 1) for op in body["ops"])),
            lambda body: service.pushed(told(body["ops"][0], "accepted", version=6)),
        ]
        client.push()
        sent = [[(op["type"], op["id"], op.get("base")) for op in ops] for ops in service.pushes()]
        finding = sent[1][0][1]
        assert sent == [
            [("conversation", "a", 4), ("conversation", "b", 9)],
            [("finding", finding, None)],
            [("conversation", "a", 6)],
        ]
        # Made after the answers and before the next pull, it is a change of what they told.
        client.update("conversation", "a", {"summary": "third"})
        assert client.store.ops("queued")[0]["body"]["base"] == 7

    def test_what_others_changed_meanwhile_is_not_claimed_as_seen(self, client, service):
        service.script["pull"] = [page(row("a", 4))]
        client.pull()
        client.update("conversation", "a", {"summary": "mine"})
        client.update("conversation", "a", {"channel": "door"})
        service.script["push"] = [results("accepted", version=6, merged=True)]
        client.push()
        assert [ops[0]["base"] for ops in service.pushes()] == [4, 4]

    @pytest.mark.parametrize("status", ["accepted", "conflict"])
    def test_an_own_version_is_one_that_nobody_else_made(self, client, service, status):
        """Somebody else has set the same value: version 5 is theirs, whatever else they changed in it."""
        service.script["pull"] = [page(row("a", 4))]
        client.pull()
        client.update("conversation", "a", {"summary": "same"})
        service.script["push"] = [results(status, version=5, **({"merged": True} if status == "accepted" else {}))]
        client.push()
        client.update("conversation", "a", {"channel": "door"})
        assert client.store.ops("queued")[0]["body"]["base"] == 4

    def test_what_may_have_arrived_keeps_its_content(self, client, service):
        """Otherwise the service would see another op under the same id, and refuse it."""
        client.create("conversation", {"summary": "x"})
        service.script["push"] = [NoAnswer("lost"), results("duplicate", outcome={"status": "accepted", "version": 1})]
        client.push()
        first, again = service.pushes()
        assert first == again
        assert client.store.ops("acknowledged")[0]["outcome"] == {"status": "accepted", "version": 1}

    def test_rejected_is_kept_and_shown(self, client, service):
        client.create("conversation", {"channel": "nowhere"})
        service.script["push"] = [results("rejected", reason="invalid", errors=[{"code": "unknown"}])]
        client.sync()
        (refused,) = client.refused()
        assert refused["outcome"]["reason"] == "invalid"
        client.store.send_again([refused["body"]["op"]])
        client.sync()
        assert client.refused() == []
        client.store.drop(refused["body"]["op"])
        assert len(client.store.ops("acknowledged")) == 1, "what was taken cannot be dropped"

    def test_retry_is_sent_again_after_a_while(self, client, service, clock):
        client.create("conversation", {})
        service.script["push"] = [results("retry", retry_after=5)]
        client.push()
        assert clock.waits == [5]
        assert [len(ops) for ops in service.pushes()] == [1, 1]

    def test_deferred_is_asked_for(self, client, service):
        ops = [client.create("finding", {"kind": "need"}, conversation=name) for name in "abc"]
        service.script["push"] = [results("deferred", waiting_for="x")]
        by_record = {}

        def looked_up(body: Any) -> Any:
            by_record.update(zip("abc", body["ops"], strict=True))
            one, other, _ = body["ops"]
            return {"results": [{"op": one, "status": "accepted", "version": 2}, {"op": other, "status": "deferred"}]}

        service.script["lookup"] = [looked_up]
        client.sync()
        assert len(ops) == 3
        statuses = {one["body"]["op"]: one["outcome"]["status"] for one in client.store.ops("acknowledged")}
        # The third was unknown to the service: it was sent again.
        assert statuses == {by_record["a"]: "accepted", by_record["b"]: "deferred", by_record["c"]: "accepted"}
        assert [len(ops) for ops in service.pushes()] == [3, 1]

    def test_quarantined_is_acknowledged(self, client, service, store):
        client.create("conversation", {})
        service.script["push"] = [results("quarantined")]
        client.sync()
        assert not store.has_queued()
        assert client.refused() == []

    def test_a_status_of_tomorrow_is_no_acknowledgement(self, client, service, store):
        client.create("conversation", {})
        service.script["push"] = [results("pondered")]
        client.push()
        assert len(service.pushes()) == 2
        assert not store.has_queued()

    def test_no_more_at_once_than_the_limits(self, client, service):
        limits = {**HELLO["limits"], "ops": 4, "body_bytes": 2_000, "lookup": 3}
        service.script["hello"] = [{**HELLO, "limits": limits}]
        for size in [10] * 9 + [5_000]:
            client.create("conversation", {"summary": "è" * (size // 2)})
        client.sync()
        assert [len(ops) for ops in service.pushes()] == [4, 4, 1, 1]
        assert [op for ops in service.pushes() for op in ops] == [
            one["body"] for one in client.store.ops("acknowledged")
        ]


class TestC6:
    def test_acknowledged_ops_are_kept_for_14_days(self, client, service, store):
        client.create("conversation", {})
        service.script["push"] = [results("accepted", version=1)]
        client.push()
        for days, kept in ((14, 2), (15, 2)):
            service.received_at = NOON + dt.timedelta(days=days)
            client.create("conversation", {})
            client.push()
            assert len(store.ops("acknowledged")) == kept

    def test_not_by_the_clock_of_the_phone(self, client, service, clock, store):
        client.create("conversation", {})
        client.push()
        clock.time += dt.timedelta(days=3_650)
        client.create("conversation", {})
        client.push()
        assert len(store.ops("acknowledged")) == 2

    def test_what_still_waits_is_kept(self, client, service, store):
        client.create("finding", {}, conversation="a")
        service.script["push"] = [results("deferred", waiting_for="a")]
        client.push()
        service.received_at = NOON + dt.timedelta(days=100)
        client.create("conversation", {})
        client.push()
        assert len(store.ops("acknowledged")) == 2

    @pytest.mark.parametrize("met_by", ["hello", "push", "pull"])
    def test_another_epoch_brings_them_again(self, client, service, store, met_by):
        for _ in range(3):
            client.create("conversation", {})
        client.create("conversation", {"bad": True})
        service.script["push"] = [
            lambda body: service.pushed(
                *(told(op, "rejected" if "bad" in op["fields"] else "accepted", version=1) for op in body["ops"])
            )
        ]
        client.sync()
        (sent,) = service.pushes()
        service.asked.clear()
        service.epoch = "e2"
        match met_by:
            case "hello":
                client.greet()
            case "push":
                client.create("conversation", {})
        client.sync()
        again = [op for ops in service.pushes() for op in ops]
        assert [op for op in again if op in sent] == sent[:3]
        assert service.asked[-1][0] == "pull"
        assert not store.has_queued()
        assert len(client.refused()) == 1

    def test_they_are_changes_of_what_they_were(self, client, service):
        """A change that was sent keeps its base, also when the one before it is answered anew."""
        pk = client.create("conversation", {})
        for text in "ab":
            client.update("conversation", pk, {"summary": text})
        client.sync()
        before = service.pushes()
        service.asked.clear()
        service.epoch = "e2"
        outcome = {"status": "accepted", "version": 1}
        service.script["push"] = [
            lambda body: service.pushed(told(body["ops"][0], "duplicate", outcome=outcome)) for _ in range(3)
        ]
        client.sync()
        assert service.pushes() == before


class TestC7:
    def test_waits_double_at_random_up_to_a_quarter_of_an_hour(self):
        class Longest(random.Random):
            def uniform(self, a: float, b: float) -> float:
                assert a == 0
                return b

        waits = Backoff(Longest())
        assert [waits.next() for _ in range(11)] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
        assert waits.next(1_000) == 1_000
        waits.reset()
        assert waits.next() == 2
        drawn = Backoff(random.Random(1))
        assert len({drawn.next() for _ in range(100)}) == 100

    @pytest.mark.parametrize(
        ("failure", "least"),
        [(NoAnswer(), 0), (problem(503, retry_after=30), 30), (problem(500), 0), (problem(429, retry_after=60), 60)],
    )
    def test_it_asks_until_there_is_an_answer(self, client, service, clock, store, failure, least):
        client.create("conversation", {})
        service.script = {name: [failure] * 2 for name in service.script}
        client.sync()
        assert len(clock.waits) == 6
        assert all(least <= wait <= max(least, 4) for wait in clock.waits)
        assert not store.has_queued()

    def test_each_attempt_says_what_the_clock_shows_then(self, client, service, clock):
        """A quarter of an hour later, the old time would correct all that was logged by a quarter of an hour."""
        client.create("conversation", {})
        service.script["push"] = [problem(503, retry_after=600)]
        client.push()
        sent = [body["sent_at"] for path, body in service.asked if path == "push"]
        assert sent == ["2026-11-23T12:00:00.000+00:00", "2026-11-23T12:10:00.000+00:00"]

    def test_what_no_waiting_helps_with_is_raised(self, client, service, store):
        client.create("conversation", {})
        service.script["push"] = [problem(403, "device-unconfirmed")]
        with pytest.raises(Refused) as refused:
            client.push()
        assert (refused.value.status, refused.value.slug) == (403, "device-unconfirmed")
        assert store.has_queued()


class TestC8:
    @pytest.mark.parametrize("status", [400, 413])
    @pytest.mark.parametrize("spoiling", [set(), {0}, {6}, {2, 3}, set(range(7))])
    def test_a_refused_envelope_is_halved(self, client, service, store, status, spoiling):
        for number in range(7):
            client.create("conversation", {"spoils": number in spoiling})

        def judge(body: Any) -> Any:
            if any(op["fields"]["spoils"] for op in body["ops"]):
                return problem(status)
            return service._push(body)

        service.script["push"] = [judge] * 30
        client.sync()
        aside = [one["body"]["fields"]["spoils"] for one in client.refused()]
        assert aside == [True] * len(spoiling)
        assert len(store.ops("acknowledged")) == 7 - len(spoiling)
        assert not store.has_queued()


class TestC9:
    def test_401_keeps_what_is_not_sent(self, client, service, store):
        client.create("conversation", {})
        service.script["push"] = [problem(401, "token-expired")]
        with pytest.raises(SignedOut) as ended:
            client.sync()
        assert not ended.value.wipe
        assert store.has_queued()
        client.sync()
        assert not store.has_queued()

    def test_wipe_deletes_everything(self, client, service, store, path):
        store.apply(page(row("a", summary="Kingfisher")), asked_with=None)
        client.create("conversation", {"summary": "Kingfisher"})
        service.script["pull"] = [problem(401, "device-revoked", wipe=True)]
        with pytest.raises(SignedOut) as ended:
            client.pull()
        assert ended.value.wipe
        assert not store.has_queued()
        assert (store.rows(), store.cursor) == ({}, None)
        store.close()
        assert all(b"Kingfisher" not in file.read_bytes() for file in path.parent.iterdir())

    def test_only_when_it_is_said_clearly(self, client, service, store):
        client.create("conversation", {})
        service.script["pull"] = [problem(401, "device-revoked", wipe="true")]
        with pytest.raises(SignedOut):
            client.pull()
        assert store.has_queued()


class TestC10:
    def test_what_was_said_leaves_the_phone_with_the_conversation(self, client, service, store, path):
        """Also from the ops that are kept for another epoch, and from the files."""
        pk, other = (client.create("conversation", {"summary": "Kingfisher"}) for _ in range(2))
        client.sync()
        client.delete("conversation", pk)
        client.sync()
        client.update("conversation", pk, {"summary": "unsent"})
        left = page(gone=[other], cursor="c2")
        store.apply(left, asked_with=store.cursor)
        assert len(store.ops("acknowledged")) == 3, "who lost sight of it may have to send it again"
        told = {"gone": [{"id": one, "deleted": True} for one in (pk, other)], "cursor": "c3"}
        store.apply(page() | told, asked_with="c2")
        assert [(one["body"]["kind"], one["body"]["id"]) for one in store.ops("acknowledged")] == [("delete", pk)]
        assert store.has_queued()
        assert all(b"Kingfisher" not in file.read_bytes() for file in path.parent.iterdir())


class TestOverlay:
    ROWS = {"a": {"id": "a", "summary": "x", "findings": [{"id": "f", "themes": ["rent", "noise"], "severity": 1}]}}

    def over(self, *ops: dict[str, Any]) -> dict[str, Any]:
        before = json.dumps(self.ROWS)
        shown = overlay(self.ROWS, ops)
        assert json.dumps(self.ROWS) == before
        return shown

    def test_findings(self):
        change = {"type": "finding", "id": "f", "conversation": "a"}
        new = {"kind": "create", "type": "finding", "id": "g", "conversation": "a", "fields": {"text": "y"}}
        edit = {"kind": "update", "set": {"severity": 4}, "add": {"themes": ["bus"]}, "remove": {"themes": ["noise"]}}
        shown = self.over({**change, **edit}, new)["a"]["findings"]
        assert shown == [{"id": "f", "themes": ["rent", "bus"], "severity": 4}, {"id": "g", "text": "y"}]
        assert self.over({**change, "kind": "delete"}, new)["a"]["findings"] == [{"id": "g", "text": "y"}]

    def test_what_is_not_there_is_left_alone(self):
        gone = {"type": "conversation", "id": "z"}
        ops = [{**gone, "kind": "update", "set": {"summary": "y"}}, {**gone, "kind": "delete"}]
        finding = {"kind": "delete", "type": "finding", "id": "f", "conversation": "z"}
        session = {"kind": "create", "type": "session", "id": "s", "fields": {}}
        assert self.over(*ops, finding, session) == self.ROWS
        assert self.over({**gone, "id": "a", "kind": "delete"}) == {}


def test_ids_are_uuid7():
    draw = random.Random(1)
    made = [uuid7(NOON + dt.timedelta(milliseconds=number), draw) for number in range(1_000)]
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
    assert dt.datetime.fromtimestamp((made[0].int >> 80) / 1000, dt.UTC) == NOON
    # The example of RFC 9562, A.6.
    assert str(uuid7(dt.datetime(2022, 2, 22, 19, 22, 22, tzinfo=dt.UTC), draw)).startswith("017f22e2-79b0-7")


class TestTransport:
    """Against bytes over a real socket."""

    @contextmanager
    def serving(self, raw: bytes, hold: threading.Event | None = None) -> Iterator[tuple[Transport, list[Any]]]:
        heard: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"] or 0))))
                if hold is not None:
                    hold.wait(5)
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None: ...

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Transport(f"http://127.0.0.1:{server.server_port}", "nlt_t", timeout_s=0.3), heard
        finally:
            if hold is not None:
                hold.set()
            server.shutdown()
            thread.join()
            server.server_close()

    @staticmethod
    def answer(body: bytes, kind: str = "application/json", status: str = "200 OK", *headers: str) -> bytes:
        lines = [f"HTTP/1.0 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def test_it_works(self):
        squeezed = self.answer(
            gzip.compress(b'{"a": "\xc3\xa8"}'), "application/json", "200 OK", "Content-Encoding: gzip"
        )
        with self.serving(squeezed) as (transport, heard):
            assert transport.ask("POST", "push", {"è": "x" * 1_000}) == Answer(200, {"a": "è"})
            assert transport.ask("POST", "pull", {"cursor": None}).is_good
        (path, headers, body), (_, plain, small) = heard
        assert path == "/api/v1/sync/push"
        assert headers["Authorization"] == "Bearer nlt_t"
        assert headers["Content-Encoding"] == headers["Accept-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(body)) == {"è": "x" * 1_000}
        assert "Content-Encoding" not in plain
        assert small == b'{"cursor":null}'

    def test_problems(self):
        told = self.answer(b'{"title": "x"}', "application/problem+json", "503 Busy", "Retry-After: 7")
        with self.serving(told) as (transport, _):
            assert transport.ask("POST", "push", {}) == Answer(503, {"title": "x"}, 7.0)

    @pytest.mark.parametrize(
        ("header", "seconds"),
        [("Retry-After: Mon, 23 Nov 2026 12:01:30 GMT", 90.0), ("Retry-After: soon", None), ("X: 1", None)],
    )
    def test_retry_after_as_a_date(self, header, seconds):
        """Compared with the date of the answer, not with the clock of the phone."""
        date = "Date: Mon, 23 Nov 2026 12:00:00 GMT"
        with self.serving(self.answer(b"{}", "application/problem+json", "429 Slow", header, date)) as (transport, _):
            assert transport.ask("POST", "push", {}).retry_after == seconds

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"HTTP/1.0 200 OK\r\n",
            b"nonsense\r\n\r\n",
            answer(b'{"a": 1}')[:-3],
            answer(b"{}", "text/html"),
            answer(b"<h1>Welcome to the hotel</h1>", "text/html"),
            answer(b"Bad Gateway", "text/plain", "502 Bad Gateway"),
            answer(b"Bad Request", "text/plain", "400 Bad Request"),
            answer(b"", "text/html", "302 Found", "Location: http://hotel.example/"),
            answer(b'{"a": '),
            answer(b"[1]"),
            answer(b"\xff"),
            answer(gzip.compress(b'{"a": 1}')[:-9], "application/json", "200 OK", "Content-Encoding: gzip"),
            answer(b"not gzip", "application/json", "200 OK", "Content-Encoding: gzip"),
        ],
    )
    def test_what_the_service_did_not_say_is_no_answer(self, raw):
        with self.serving(raw) as (transport, heard):
            with pytest.raises(NoAnswer):
                transport.ask("POST", "push", {})
            assert len(heard) == 1

    def test_silence(self):
        with self.serving(self.answer(b"{}"), threading.Event()) as (transport, _), pytest.raises(NoAnswer):
            transport.ask("POST", "push", {})

    def test_nobody_there(self):
        with pytest.raises(NoAnswer):
            Transport("http://127.0.0.1:1", "t", timeout_s=0.3).ask("GET", "hello")

    def test_https_is_checked(self):
        link = Transport("https://listening.example.org", "t")._connection()
        assert (type(link).__name__, link.port) == ("HTTPSConnection", 443)


def test_the_rules_are_all_here():
    """Each rule of PROTOCOL.md is named where the client keeps it."""
    folder = Path("listening/sync")
    rules = set(re.findall(r"^\| (C\d) \|", (folder / "PROTOCOL.md").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for file in (folder / "client").glob("*.py") for name in re.findall(r"\bC\d\b", file.read_text())}
    assert rules == named == {f"C{number}" for number in range(1, 10)}


def test_two_processes_may_open_one_store(path, store):
    other = Store(path)
    store.queue({"op": "o", "id": "a"})
    assert other.has_queued()
    with pytest.raises(sqlite3.IntegrityError):
        other.queue({"op": "o", "id": "b"})
    other.close()
