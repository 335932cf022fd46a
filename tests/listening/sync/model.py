"""What sync should do, worked out again without a database: the oracle of the state machine.

It knows nothing of ledgers, feeds, buckets or cursors; it keeps the few sentences of PROTOCOL.md about ops, and who may
read what. Members of a conversation are `summary`, `language` and `place`; of a finding, `text` and `themes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TIERS = ("normal", "restricted", "internal")
ZONE_B = frozenset({4, 5, 6})
EVERYWHERE = frozenset(range(1, 10))

Answer = dict[str, Any]


@dataclass
class Heard:
    """A finding."""

    text: str
    themes: set[str]


@dataclass
class Told:
    """A conversation, and in which version each of its members was changed last."""

    owner: str
    members: dict[str, Any]
    findings: dict[str, Heard]
    version: int = 1
    changed: dict[str, int] = field(default_factory=dict)

    @property
    def area(self) -> int:
        area: int = self.members["place"]
        return area

    def change(self, *names: str) -> None:
        self.version += 1
        self.changed.update(dict.fromkeys(names, self.version))


@dataclass
class Reader:
    """What a person may read beside their own; None: a listener, who reads no others."""

    areas: frozenset[int] | None = None
    clearance: str = "normal"


@dataclass
class Model:
    """People, themes and records."""

    people: dict[str, Reader]
    themes: dict[str, str]
    parents: Mapping[str, str]
    records: dict[str, Told] = field(default_factory=dict)
    deleted: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    ledger: dict[str, Answer] = field(default_factory=dict)
    waiting: dict[str, tuple[str, Answer]] = field(default_factory=dict)

    # --- who may read what -----------------------------------------------------------------------------------
    def tier(self, told: Told) -> str:
        """The most sensitive of its themes and of their parents."""
        codes = {code for heard in told.findings.values() for code in heard.themes}
        codes |= {self.parents[code] for code in codes if code in self.parents}
        return max((self.themes[code] for code in codes), key=TIERS.index, default="normal")

    def reads(self, person: str, owner: str, area: int, tier: str) -> bool:
        reader = self.people[person]
        if reader.areas is None:
            return person == owner
        return area in reader.areas and TIERS.index(tier) <= TIERS.index(reader.clearance)

    def shown_to(self, person: str) -> dict[str, Told]:
        """The conversations that a person may read, by id."""
        return {
            pk: told for pk, told in self.records.items() if self.reads(person, told.owner, told.area, self.tier(told))
        }

    # --- what becomes of ops ---------------------------------------------------------------------------------
    def push(self, person: str, ops: list[Answer]) -> list[Answer]:
        """The answers to ops of a person, in their order."""
        answers = [self._push_one(person, op) for op in ops]
        self._try_again(person)
        return answers

    def _push_one(self, person: str, op: Answer) -> Answer:
        if op["op"] in self.ledger:
            return {"status": "duplicate", "outcome": self.ledger[op["op"]]}
        outcome = self._apply(person, op)
        if outcome["status"] == "deferred":
            self.waiting[op["op"]] = (person, op)
        self.ledger[op["op"]] = outcome
        return outcome

    def _try_again(self, person: str) -> None:
        """Ops wait for each other in no order: until nothing more comes of it."""
        before = None
        while before != self.waiting.keys():
            before = set(self.waiting)
            for pk, (whose, op) in list(self.waiting.items()):
                if whose == person and (outcome := self._apply(person, op))["status"] != "deferred":
                    self.ledger[pk] = outcome
                    del self.waiting[pk]

    def _apply(self, person: str, op: Answer) -> Answer:
        pk = op.get("conversation", op["id"])
        if (op["type"], op["kind"]) == ("conversation", "create"):
            return self._create(person, pk, op["fields"])
        if pk in self.deleted and self.reads(person, *self.deleted[pk]):
            return {"status": "accepted"} if op["type"] == "conversation" and op["kind"] == "delete" else refused()
        if pk not in self.shown_to(person):
            return {"status": "deferred"}
        told = self.records[pk]
        if op["type"] == "finding":
            return self._finding(told, op)
        if op["kind"] == "delete":
            self.deleted[pk] = (told.owner, told.area, self.tier(told))
            del self.records[pk]
            return {"status": "accepted"}
        return self._set(told, op["base"], {name: (name, value) for name, value in op["set"].items()}, told.members)

    def _create(self, person: str, pk: str, fields: Answer) -> Answer:
        if pk in self.deleted:
            # Whoever could not read it does not learn that it was deleted, only that the id is not theirs.
            return refused() if self.reads(person, *self.deleted[pk]) else {"status": "rejected", "reason": "id_taken"}
        findings = {one["id"]: Heard(one["text"], set(one.get("themes", []))) for one in fields["findings"]}
        self.records[pk] = Told(person, {name: fields.get(name) for name in ("summary", "language", "place")}, findings)
        return accepted(self.records[pk])

    def _finding(self, told: Told, op: Answer) -> Answer:
        pk = op["id"]
        if op["kind"] == "create":
            told.findings[pk] = Heard(op["fields"]["text"], set(op["fields"].get("themes", [])))
            told.change(f"{pk}.id")
            return accepted(told)
        if pk not in told.findings:
            return accepted(told) if op["kind"] == "delete" else refused()
        if op["kind"] == "delete":
            del told.findings[pk]
            told.change(f"{pk}.id")
            return accepted(told)
        heard = told.findings[pk]
        themes = heard.themes | set(op.get("add", {}).get("themes", []))
        themes -= set(op.get("remove", {}).get("themes", []))
        if themes != heard.themes:
            heard.themes = themes
            told.change(f"{pk}.themes")
            return accepted(told)
        return self._set(
            told, op["base"], {f"{pk}.text": ("text", value) for value in op.get("set", {}).values()}, heard.__dict__
        )

    def _set(self, told: Told, base: int, wanted: dict[str, tuple[str, Any]], holder: dict[str, Any]) -> Answer:
        """Members that nobody else has changed since take the value; the others clash, if it is another."""
        changes = {name: put for name, put in wanted.items() if holder[put[0]] != put[1]}
        clashing = sorted(name for name in changes if told.changed.get(name, 1) > base)
        free = [name for name in changes if name not in clashing]
        for name in free:
            member, value = changes[name]
            holder[member] = value
        if free:
            told.change(*free)
        return {"status": "conflict", "version": told.version, "fields": clashing} if clashing else accepted(told)


def accepted(told: Told) -> Answer:
    return {"status": "accepted", "version": told.version}


def refused() -> Answer:
    return {"status": "rejected", "reason": "gone"}
