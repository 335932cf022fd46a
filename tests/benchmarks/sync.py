"""Sync over HTTP: a push of new conversations, a pull, and five hundred phones at the end of a shift."""

from __future__ import annotations

import datetime as dt
import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from uuid6 import uuid7

from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign
from listening.fieldwork.enrolment import confirm
from listening.fieldwork.models import User
from tests.listening.fieldwork.phone import enrolled

# Notes hold few digits; texts full of them would measure the search for telephone numbers.
WORDS = [
    "casa", "affitto", "bus", "sera", "scale", "ascensore", "parco", "panchina", "rumore", "medico", "attesa", "corso",
    "lavoro", "bambini", "nonna", "luce",
]  # fmt: skip
CLIENTS = 16  # phones that talk at once
PLACES = [(11.3469, 44.5174), (11.3426, 44.4949), (11.2913, 44.4995), (11.3781, 44.4903)]


def phone(name: str) -> str:
    """A new listener with a confirmed phone; returns its token."""
    owner = User.objects.create_user(name)
    assign(owner, "listener")
    made = enrolled(owner)
    confirm(made.device)
    return made.token


def themes() -> list[str]:
    return list(Theme.objects.filter(sensitivity="normal", retired_on=None).values_list("code", flat=True))


def ops(count: int, codes: Sequence[str], draw: random.Random) -> list[dict[str, Any]]:
    """Conversations with two findings, as a phone logs them on a day."""
    made = []
    for _ in range(count):
        lon, lat = draw.choice(PLACES)
        at = dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC) + dt.timedelta(minutes=draw.randrange(500))
        findings = [
            {
                "id": str(uuid7()),
                "kind": kind,
                "text": " ".join(draw.choices(WORDS, k=24)),
                "themes": [draw.choice(codes)],
            }
            for kind in ("need", "proposal")
        ]
        told = {
            "occurred_at": at.isoformat(),
            "channel": "street",
            "place": {"kind": "point", "point": {"type": "Point", "coordinates": [lon, lat]}, "accuracy_m": 12},
            "people_count": 2,
            "bands": {"age": {"18-34": 1, "65+": 1}},
            "findings": findings,
        }
        made.append({"op": str(uuid7()), "kind": "create", "type": "conversation", "id": str(uuid7()), "fields": told})
    return made


class Wire:
    """One connection of a phone, kept open."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, path: str, body: dict[str, Any]) -> tuple[int, float, bytes]:
        """Status, milliseconds, body."""
        told = json.dumps(body).encode()
        started = time.perf_counter()
        self._connection.request("POST", f"/api/v1/sync/{path}", told, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        return answer.status, (time.perf_counter() - started) * 1000, content

    def close(self) -> None:
        self._connection.close()


@dataclass
class ShiftEnd:
    """What many phones met that all come home at once."""

    seconds: float = 0
    pushes: list[float] = field(default_factory=list)
    pulls: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)


def shift_end(port: int, phones: int, each: int, codes: Sequence[str]) -> ShiftEnd:
    """Each phone pushes what it logged, in one push, and pulls until nothing more comes."""
    tokens = [phone(f"shift-{number}-{uuid7()}") for number in range(phones)]
    told = [ops(each, codes, random.Random(number)) for number in range(phones)]
    waiting: Iterator[int] = iter(range(phones))
    result, lock = ShiftEnd(), threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            wire = Wire(port, tokens[number])
            status, ms, content = wire.ask("push", {"ops": told[number]})
            statuses = (
                [one["status"] for one in json.loads(content)["results"]] if status == 200 else [f"HTTP {status}"]
            )
            pulled, cursor = [], None
            for _ in itertools.count():
                answered, took, content = wire.ask("pull", {"cursor": cursor, "limit": 500})
                if answered != 200:
                    statuses.append(f"HTTP {answered}")
                    break
                page = json.loads(content)
                pulled.append(took)
                cursor = page["cursor"]
                if not page["more"]:
                    break
            wire.close()
            with lock:
                result.pushes.append(ms)
                result.pulls += pulled
                result.statuses.update(statuses)

    threads = [threading.Thread(target=work) for _ in range(min(CLIENTS, phones))]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - started
    return result
