"""The reference client keeps the rules C6 to C10 of PROTOCOL.md, against a service that says what a script tells it."""

from __future__ import annotations

import datetime as dt
import random
import re
from pathlib import Path
from typing import Any

import pytest

from listening.sync.client.backoff import Backoff
from listening.sync.client.client import Refused, SignedOut
from listening.sync.client.transport import NoAnswer
from tests.listening.sync.client.conftest import NOON, page, problem, results, row, told


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


def test_the_rules_are_all_here():
    """Each rule of PROTOCOL.md is named where the client keeps it."""
    folder = Path("listening/sync")
    rules = set(re.findall(r"^\| (C\d+) \|", (folder / "PROTOCOL.md").read_text(encoding="utf-8"), re.MULTILINE))
    named = {name for file in (folder / "client").glob("*.py") for name in re.findall(r"\bC\d+\b", file.read_text())}
    assert rules == named == {f"C{number}" for number in range(1, 11)}
