"""Phones with the reference client, and the people who log, correct and delete with them."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from listening.sync.client.client import Client
from listening.sync.client.store import Store
from tests.faults.chaos.history import History, Witness

TIMEOUT_S = 4.0
# A phone waits up to 15 min; here, time runs faster.
FASTER, LONGEST_S = 20, 0.5
THEMES = ("rent", "repairs", "mobility")

Places = Sequence[tuple[float, float]]


class Stopped(Exception):
    """The run is over, whatever the phone was doing."""


class JumpingClock:
    """A clock that somebody sets wrong now and then."""

    def __init__(self, stop: threading.Event) -> None:
        self.offset, self._stop = dt.timedelta(0), stop

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(time.time(), dt.UTC) + self.offset

    def sleep(self, seconds: float) -> None:
        if self._stop.wait(min(seconds / FASTER, LONGEST_S)):
            raise Stopped


class Phone:
    """A phone of somebody, behind a door of the proxy."""

    def __init__(
        self, told: dict[str, Any], places: Places, port: int, folder: Path, history: History, *,
        seed: int, stop: threading.Event,
    ) -> None:  # fmt: skip
        self._places = places
        self.name: str = told["name"]
        self.pushes: bool = told["pushes"]
        self.owner, self.districts, self.everything = told["owner"], told["districts"], told["everything"]
        self.clock = JumpingClock(stop)
        self.draw = random.Random(f"{seed} {self.name}")
        self.made = 0
        self.store = Store(folder / f"{self.name}.sqlite3")
        transport = Witness(history, f"http://127.0.0.1:{port}", told["token"], timeout_s=TIMEOUT_S)
        self.client = Client(self.store, transport, clock=self.clock, draw=random.Random(f"{seed} {self.name} ids"))

    def work(self) -> None:
        """What a person does between two moments with a network."""
        shown = self.client.shown()
        # Mostly a little, sometimes a whole afternoon.
        for _ in range(self.draw.randint(1, self.draw.choice([4, 12, 80]))):
            self._do_one(shown)

    def _do_one(self, shown: dict[str, Any]) -> None:
        """One change. Each sets one member to a value that no other change sets: what became of it can be seen."""
        self.made += 1
        text = f"{self.name} {self.made}"
        # The last ones most of all: that is where others are, too.
        known = sorted(shown)[-12:]
        deed = self.draw.choices(
            ["log", "convene", "summary", "hear", "text", "theme", "unhear", "delete"], [30, 2, 26, 12, 12, 8, 4, 6]
        )[0]
        pk = self.draw.choice(known) if known else None
        findings = [] if pk is None else [one["id"] for one in shown[pk]["findings"]]
        finding = self.draw.choice(findings) if findings else None
        match deed:
            case "summary" if pk:
                self.client.update("conversation", pk, {"summary": text})
            case "hear" if pk:
                self.client.create("finding", {"kind": "need", "text": text}, conversation=pk)
            case "text" if pk and finding:
                self.client.update("finding", finding, {"text": text}, conversation=pk)
            case "theme" if pk and finding:
                name, code = self.draw.choice(["add", "remove"]), self.draw.choice(THEMES)
                self.client.update("finding", finding, conversation=pk, **{name: [code]})
            case "unhear" if pk and finding:
                self.client.delete("finding", finding, conversation=pk)
            case "delete" if pk:
                self.client.delete("conversation", pk)
                del shown[pk]
            case "convene":
                started = {"kind": "desk", "started_at": "2026-05-12T09:00:00Z"}
                self._log(text, session=self.client.create("session", started))
            case _:
                self._log(text)

    def _log(self, text: str, **members: Any) -> None:
        point = {"type": "Point", "coordinates": self.draw.choice(self._places)}
        place = {"kind": "point", "point": point, "accuracy_m": 10}
        happened = (self.clock.now() - dt.timedelta(minutes=5)).isoformat(timespec="seconds")
        fields = {"occurred_at": happened, "channel": "street", "summary": text, "place": place, "findings": []}
        self.client.create("conversation", {**fields, **members})
