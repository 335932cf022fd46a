"""Random histories: whatever happens in whatever order, in the end each phone holds what its person may read.

The oracle is `visible_to` and the API's own rendering, which know nothing of buckets, feed or cursors. Each mutant
below breaks one thing that sync relies on, and must be found by the same histories: that is what they are worth.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from uuid6 import uuid7

from backend import clock
from districts.models import District
from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign, end
from listening.records.models import Conversation, Finding, Tombstone
from listening.records.render import render_conversations
from listening.sync import feed
from listening.sync.feed import begin_epoch, compact
from listening.sync.models import Change, WaitingOp
from tests.listening.sync.conftest import Phone, logged, op
from tests.listening.sync.mutants import OF_THE_FEED
from tests.people import person
from tests.squareville import City, inside

pytestmark = pytest.mark.django_db
# More on demand: SYNC_HISTORIES=1000 pytest tests/listening/sync/test_histories.py
SEEDS, STEPS = range(int(os.environ.get("SYNC_HISTORIES", "20"))), 60


@dataclass
class History:
    """Some phones, and what happens to them by chance."""

    city: City
    dice: random.Random
    phones: list[Phone]
    told: list[tuple[Phone, dict[str, Any]]] = field(default_factory=list)
    created: set[str] = field(default_factory=set)

    @property
    def listeners(self) -> list[Phone]:
        return self.phones[:2]

    def step(self) -> None:
        deeds: list[tuple[int, Callable[[], None]]] = [
            (6, self.log), (4, self.change), (4, self.classify), (2, self.move), (2, self.delete), (3, self.send_again),
            (8, self.pull_a_page), (2, self.lose_a_page), (2, self.flip_scope), (1, self.shorten), (1, self.restore),
            (1, self.change_a_theme), (1, self.move_boundaries),
        ]  # fmt: skip
        weights, actions = zip(*deeds, strict=True)
        self.dice.choices(actions, weights)[0]()

    def send(self, phone: Phone, *ops: dict[str, Any]) -> None:
        for one in ops:
            self.told.append((phone, one))
        for result in phone.push(*ops):
            assert result["status"] in {"accepted", "conflict", "deferred", "duplicate", "rejected"}, result

    def some(self, phone: Phone) -> dict[str, Any] | None:
        """A row that the phone holds."""
        return self.dice.choice(list(phone.rows.values())) if phone.rows else None

    def place(self) -> dict[str, Any]:
        lon, lat = inside(self.dice.randint(1, 9))
        return {"kind": "point", "point": {"type": "Point", "coordinates": [lon, lat]}}

    def log(self) -> None:
        themes = self.dice.choice([[], ["rent"], ["health"], ["rent", "health"]])
        told = logged(
            place=self.place(), findings=[{"id": str(uuid7()), "kind": "need", "text": "x", "themes": themes}]
        )
        late = op("update", "conversation", told["id"], base=1, set={"summary": "early bird"})
        ops = [told, late] if self.dice.random() < 0.3 else [told]
        self.dice.shuffle(ops)
        self.created.add(told["id"])
        self.send(self.dice.choice(self.listeners), *ops)

    def change(self) -> None:
        phone = self.dice.choice(self.phones)
        if row := self.some(phone):
            changes = {self.dice.choice(["summary", "language"]): self.dice.choice(["it", "ar", "en"])}
            self.send(phone, op("update", "conversation", row["id"], base=row["version"], set=changes))

    def classify(self) -> None:
        phone = self.dice.choice(self.phones)
        if (row := self.some(phone)) and row["fields"]["findings"]:
            what = {self.dice.choice(["add", "remove"]): {"themes": [self.dice.choice(["rent", "health"])]}}
            finding = row["fields"]["findings"][0]["id"]
            self.send(phone, op("update", "finding", finding, conversation=row["id"], base=row["version"], **what))

    def move(self) -> None:
        phone = self.dice.choice(self.phones)
        if row := self.some(phone):
            self.send(phone, op("update", "conversation", row["id"], base=row["version"], set={"place": self.place()}))

    def delete(self) -> None:
        phone = self.dice.choice(self.phones)
        if row := self.some(phone):
            self.send(phone, op("delete", "conversation", row["id"]))

    def send_again(self) -> None:
        if self.told:
            phone, told = self.dice.choice(self.told)
            assert phone.push_one(told)["status"] == "duplicate"

    def pull_a_page(self) -> None:
        self.dice.choice(self.phones).page(limit=self.dice.choice([1, 3, 10]))

    def lose_a_page(self) -> None:
        """The answer never arrives: neither its rows nor its cursor."""
        phone = self.dice.choice(self.phones)
        phone.ask("POST", "pull", {"cursor": phone.cursor, "limit": 3})

    def flip_scope(self) -> None:
        """A coordinator is moved to another district, or gets one more, or another clearance."""
        phone = self.dice.choice(self.phones[2:])
        if self.dice.random() < 0.5:
            end(phone.owner, on=clock.today() - dt.timedelta(days=1))
        within = self.dice.choice([self.city.area(self.dice.randint(1, 9)), self.city.districts["zona", "B"], None])
        with contextlib.suppress(ValidationError):  # it is there already
            assign(phone.owner, "coordinator", within=within, clearance=self.dice.choice(["normal", "restricted"]))

    def shorten(self) -> None:
        feed.sequence()
        Change.objects.update(at=clock.now() - dt.timedelta(days=200))
        compact()

    def restore(self) -> None:
        begin_epoch()

    def change_a_theme(self) -> None:
        code = self.dice.choice(["rent", "housing", "health"])
        Theme.objects.filter(code=code).update(sensitivity=self.dice.choice(["normal", "restricted"]))

    def move_boundaries(self) -> None:
        moved = Conversation.objects.order_by("?").values_list("pk", flat=True)[:2]
        district: District = self.city.area(self.dice.randint(1, 9))
        Conversation.objects.filter(pk__in=list(moved), place="point").update(district=district)

    def violations(self) -> list[str]:
        """What is wrong when everybody has pulled everything; empty: nothing."""
        found = []
        for phone in self.phones:
            phone.pull(limit=4)
            phone.owner.__dict__.pop("scope", None)
            ids = list(Conversation.objects.visible_to(phone.owner).values_list("pk", flat=True))
            expected = {str(one.id): json.loads(one.document) for one in render_conversations(ids)}
            held = {pk: row["fields"] for pk, row in phone.rows.items()}
            found += [f"{phone.owner} lacks {pk}" for pk in expected.keys() - held.keys()]
            found += [f"{phone.owner} must not hold {pk}" for pk in held.keys() - expected.keys()]
            found += [
                f"{phone.owner} has an old {pk}" for pk in held.keys() & expected.keys() if held[pk] != expected[pk]
            ]
        stored = {str(pk) for pk in Conversation.objects.values_list("pk", flat=True)}
        deleted = {str(pk) for pk in Tombstone.objects.values_list("pk", flat=True)}
        found += [f"{pk} is lost" for pk in self.created - stored - deleted]
        found += [f"{pk} came back" for pk in stored & deleted]
        return found


@pytest.fixture
def begin(city: City, themes: object) -> Callable[[int], History]:
    def make(seed: int) -> History:
        zona = city.districts["zona", "B"]
        people = [
            person(f"anna-{seed}", "listener"),
            person(f"bruno-{seed}", "listener"),
            person(f"carla-{seed}", "coordinator", within=zona, clearance="restricted"),
            person(f"nora-{seed}", "coordinator", within=zona, clearance="normal"),
            person(f"clara-{seed}", "coordinator", clearance="normal"),
        ]
        return History(city, random.Random(seed), [Phone(one) for one in people])

    return make


def lived(history: History, steps: int = STEPS) -> list[str]:
    for _ in range(steps):
        history.step()
    return history.violations()


@pytest.mark.parametrize("seed", SEEDS)
def test_in_the_end_each_phone_holds_what_its_person_may_read(begin, seed):
    assert lived(begin(seed)) == []
    assert not WaitingOp.objects.filter(waiting_for__in=Finding.objects.values("pk")).exists()


# --- what the histories are worth -----------------------------------------------------------------------
def no_forgetting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that keeps what lies in none of its buckets (rule C3)."""

    def apply(self: Phone, page: dict[str, Any]) -> None:
        self.rows.update({row["id"]: row for row in page["rows"]})
        for gone in page["gone"]:
            self.rows.pop(gone["id"], None)
        self.cursor = page["cursor"]

    monkeypatch.setattr(Phone, "apply", apply)


@pytest.mark.parametrize("mutant", [no_forgetting, *OF_THE_FEED], ids=lambda one: one.__name__)
def test_each_mutant_is_found(begin, monkeypatch, mutant):
    mutant(monkeypatch)
    for seed in range(100, 140):
        if lived(begin(seed)):
            return
    pytest.fail(f"No history finds {mutant.__name__}.")
