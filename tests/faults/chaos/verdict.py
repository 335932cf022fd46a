"""Compare what was acknowledged with what is there, and what is there with what each phone holds.

The expected state is worked out from the history alone: the ops of a conversation in the order of the versions that
their answers told, laid over what was logged.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from listening.sync.client.overlay import overlay
from tests.faults.chaos.history import History
from tests.faults.chaos.phones import Phone

CONVERSATIONS = "SELECT id::text, version, summary, listener_id, coalesce(district_id, 0) FROM records_conversation"
FINDINGS = """
SELECT f.conversation_id::text, f.id::text, f.text,
       coalesce((SELECT array_agg(t.code ORDER BY t.code) FROM records_findingtheme ft
                 JOIN codelists_theme t ON t.id = ft.theme_id WHERE ft.finding_id = f.id), '{}')
FROM records_finding f
"""


@dataclass
class Verdict:
    """How many ops were lost, took effect twice, came back after they were deleted; how many rows differ on phones."""

    ops: int = 0
    lost: int = 0
    doubled: int = 0
    resurrected: int = 0
    diverged: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.resurrected or self.diverged)

    def note(self, what: str, why: str) -> None:
        setattr(self, what, getattr(self, what) + 1)
        self.told.append(f"{what}: {why}")


@dataclass(frozen=True)
class Stored:
    """What a conversation says, as far as the ops of a run can change it."""

    version: int
    summary: str
    findings: dict[str, tuple[str, tuple[str, ...]]]

    @classmethod
    def of(cls, version: int, document: dict[str, Any]) -> Stored:
        told = {
            one["id"]: (one.get("text", ""), tuple(sorted(one.get("themes", []))))
            for one in document.get("findings", [])
        }
        return cls(version, document.get("summary", ""), told)


def judge(history: History, session: psycopg.Connection[Any], phones: Iterable[Phone]) -> Verdict:
    """Everything that was acknowledged, once everything is quiet."""
    verdict = Verdict(ops=history.acknowledged)
    stored, whose = read_stored(session)
    deleted = judge_ops(verdict, history, session, stored)
    for phone in phones:
        held = {
            pk: Stored.of(version, json.loads(fields))
            for pk, version, fields in phone.store._db.execute("SELECT id, version, fields FROM row")
        }
        reads = {pk: one for pk, one in stored.items() if may_read(phone, *whose[pk])}
        for pk in held.keys() & deleted:
            verdict.note("resurrected", f"{pk} was deleted, and is on {phone.name}")
        for pk in (held.keys() | reads.keys()) - deleted:
            if held.get(pk) != reads.get(pk):
                verdict.note("diverged", f"{pk} on {phone.name}: {held.get(pk)} instead of {reads.get(pk)}")
    return verdict


def may_read(phone: Phone, owner: int, district: int) -> bool:
    return phone.everything or owner == phone.owner or district in phone.districts


def read_stored(session: psycopg.Connection[Any]) -> tuple[dict[str, Stored], dict[str, tuple[int, int]]]:
    """Conversations as they are in the tables, and by whom and where."""
    findings: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = defaultdict(dict)
    for conversation, pk, text, themes in session.execute(FINDINGS):
        findings[conversation][pk] = (text, tuple(themes))
    stored, whose = {}, {}
    for pk, version, summary, owner, district in session.execute(CONVERSATIONS):
        stored[pk] = Stored(version, summary, findings[pk])
        whose[pk] = (owner, district)
    return stored, whose


def judge_ops(
    verdict: Verdict, history: History, session: psycopg.Connection[Any], stored: dict[str, Stored]
) -> set[str]:
    """Each op against the tables; returns the conversations of which a deletion was acknowledged."""
    waiting = dict(session.execute("SELECT op_id::text, waiting_for::text FROM sync_waitingop").fetchall())
    kept = {pk for (pk,) in session.execute("SELECT op_id::text FROM sync_clash")}
    sessions = {pk for (pk,) in session.execute("SELECT id::text FROM fieldwork_session")}
    tombstones = {pk for (pk,) in session.execute("SELECT id::text FROM records_tombstone")}
    come = sessions | tombstones | stored.keys()
    unheard = {told["id"] for told in history.asked.values() if (told["type"], told["kind"]) == ("finding", "delete")}
    accepted: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    deleted = set()
    for op, told in history.asked.items():
        outcome = history.outcomes.get(op)
        record = told.get("conversation", told["id"])
        match outcome and outcome["status"]:
            case None:
                verdict.note("lost", f"op {op} was never acknowledged, though all is quiet")
            case "deferred" | "quarantined" if op not in waiting:
                verdict.note("lost", f"op {op} is said to wait, and does not")
            case "deferred" if waiting[op] in come:
                verdict.note("lost", f"op {op} waits for {waiting[op]}, which has come")
            case "rejected" if not is_right_to_refuse(told, outcome["reason"], tombstones | unheard):
                verdict.note("lost", f"op {op} was refused as {outcome['reason']}")
            case "conflict" if op not in kept and record in stored:
                verdict.note("lost", f"the value of op {op} clashed, and was not kept")
            case "accepted" if told["type"] == "session":
                if told["id"] not in sessions:
                    verdict.note("lost", f"session {told['id']}")
            case "accepted" if (told["type"], told["kind"]) == ("conversation", "delete"):
                deleted.add(record)
            case "accepted":
                accepted[record].append((outcome["version"], told))
    for pk in deleted:
        if pk in stored:
            verdict.note("resurrected", f"{pk} was deleted, and is in the tables")
        elif pk not in tombstones:
            verdict.note("lost", f"the deletion of {pk}")
    for pk in stored.keys() - accepted.keys():
        verdict.note("doubled", f"{pk} is in the tables, and nobody was told so")
    for pk in accepted.keys() - deleted:
        judge_conversation(verdict, pk, accepted[pk], stored.get(pk))
    return deleted


def is_right_to_refuse(told: dict[str, Any], reason: str, deleted: set[str]) -> bool:
    """What was deleted is gone, and nobody was listened to on a day to which a clock had been turned by mistake."""
    match reason:
        case "gone":
            return bool(deleted & {told["id"], told.get("conversation")})
        case "invalid":
            happened = dt.datetime.fromisoformat(told["fields"]["occurred_at"])
            return abs(time.time() - happened.timestamp()) > dt.timedelta(days=365).total_seconds()
    return False


def judge_conversation(verdict: Verdict, pk: str, ops: list[tuple[int, dict[str, Any]]], there: Stored | None) -> None:
    """One conversation that was not deleted: every version was made by an op, every op is to be seen."""
    ops.sort(key=lambda one: one[0])
    if there is None:
        verdict.note("lost", f"{pk} with {len(ops)} ops")
        return
    versions = Counter(version for version, _ in ops)
    for version in range(1, there.version + 1):
        if not versions.pop(version, 0):
            verdict.note("doubled", f"version {version} of {pk} was made by no op that was told of it")
    for version in versions:
        verdict.note("lost", f"version {version} of {pk}, which is at {there.version}")
    expected = Stored.of(there.version, overlay({}, [told for _, told in ops])[pk])
    if there != expected:
        verdict.note("lost", f"{pk} is {there} instead of {expected}")
