"""The reference client, against a service that says what a script tells it: pages, ops, and the rules C1 to C5."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from listening.sync.client.client import Refused
from listening.sync.client.store import Store
from listening.sync.client.transport import NoAnswer
from tests.listening.sync.client.conftest import HELLO, page, problem, results, row, told


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
