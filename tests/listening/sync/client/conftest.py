"""What stands in for the service and for the time, and the client that talks to it."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listening.sync.client.client import Client
from listening.sync.client.store import Store
from listening.sync.client.transport import Answer

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
