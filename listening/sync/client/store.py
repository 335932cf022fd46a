"""What a phone keeps: its ops, the rows that it pulled, and where it stands. Everything else can be lost."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

SCHEMA: Final = Path(__file__).parent / "sql" / "schema.sql"
ENVELOPE_BYTES: Final = 200  # of a push, around its ops


@dataclass(frozen=True, slots=True)
class Limits:
    """What the service takes at once, and for how long it wants ops to be kept. Those of hello; these until then."""

    ops: int = 200
    body_bytes: int = 1_048_576
    rows: int = 500
    lookup: int = 1_000
    keep_acked_days: int = 14

    @classmethod
    def told(cls, hello: Mapping[str, Any]) -> Self:
        named = {**hello["limits"], "keep_acked_days": hello["keep_acked_days"]}
        return cls(**{name: named[name] for name in cls.__dataclass_fields__ if name in named})


class Store:
    """The phone's database. Each method is one local transaction: cut off anywhere, it has happened or it has not."""

    def __init__(self, path: str | Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # FULL: an op that the person was told is logged survives a battery that falls out.
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
        self._db.executescript(SCHEMA.read_text(encoding="utf-8"))

    def close(self) -> None:
        self._db.close()

    # --- ops -----------------------------------------------------------------------------------------------
    def queue(self, op: Mapping[str, Any]) -> None:
        """Keep a change that was made on this phone, to be sent."""
        body = json.dumps(op, ensure_ascii=False)
        self._db.execute("INSERT INTO op (id, record, body) VALUES (?, ?, ?)", (op["op"], record_of(op), body))

    def batch(self, limits: Limits) -> list[dict[str, Any]]:
        """The next ops to send, in the order in which they were made; from now on they may have arrived.

        Of each record only the first that is not acknowledged: the version that it makes is what the next one is a
        change of, and only the answer tells it. A second change sent blindly would clash with the first.
        """
        with self._transaction():
            found = self._db.execute(
                "SELECT seq, body FROM op WHERE seq IN (SELECT min(seq) FROM op WHERE state = 'queued' GROUP BY record)"
                " ORDER BY seq LIMIT ?",
                (limits.ops,),
            ).fetchall()
            taken, room = list[sqlite3.Row](), limits.body_bytes - ENVELOPE_BYTES
            for one in found:
                room -= len(one["body"].encode()) + 1
                # One that is too large by itself is sent alone: the service says so, and it is set aside (C8).
                if room < 0 and taken:
                    break
                taken.append(one)
            self._db.executemany("UPDATE op SET is_sent = 1 WHERE seq = ?", [(one["seq"],) for one in taken])
        return [json.loads(one["body"]) for one in taken]

    def settle(self, pushed: Mapping[str, Any]) -> None:
        """Keep what the service answered to a push, and forget ops that it has had for long enough (C6).

        How long ago something was is told by the service's clock alone, in `received_at`: the phone's may jump.
        """
        at = dt.datetime.fromisoformat(pushed["received_at"]).astimezone(dt.UTC)
        kept = dt.timedelta(days=self.limits.keep_acked_days)
        with self._transaction():
            self._meet(pushed["epoch"])
            for result in pushed["results"]:
                self._settle_one(result, at.isoformat())
            self._db.execute(
                "DELETE FROM op WHERE state = 'acknowledged' AND outcome ->> 'status' <> 'deferred' AND at < ?",
                ((at - kept).isoformat(),),
            )

    def learn(self, asked: Sequence[str], results: Sequence[Mapping[str, Any]]) -> None:
        """Keep what the service answered to a lookup. What is not in the answer never came: it is queued again."""
        known = {result["op"] for result in results}
        with self._transaction():
            for result in results:
                self._settle_one(result, None)
            self._queue_again([op for op in asked if op not in known])

    def _settle_one(self, result: Mapping[str, Any], at: str | None) -> None:
        outcome = result["outcome"] if result["status"] == "duplicate" else result
        match outcome["status"]:
            case "accepted" | "conflict" | "deferred" | "quarantined":
                state = "acknowledged"
            case "rejected":
                state = "refused"
            case _:  # "retry", and what a later service may say: it has not been taken, so it is kept and sent again
                return
        told = (state, json.dumps(outcome, ensure_ascii=False), at, result["op"])
        self._db.execute("UPDATE op SET state = ?, outcome = ?, at = coalesce(?, at) WHERE id = ?", told)
        if outcome["status"] == "accepted" and not outcome.get("merged"):
            self._follow(result["op"], outcome["version"])

    def _follow(self, op: str, version: int) -> None:
        """An own change made the very next version: changes that wait behind it are changes of that one.

        Had somebody else changed the record in between, it would be merged, and what they changed is not known here.
        """
        self._db.execute(
            "UPDATE op SET body = json_set(body, '$.base', ?) WHERE state = 'queued' AND NOT is_sent"
            " AND record = (SELECT record FROM op WHERE id = ?) AND body ->> 'base' = ?",
            (version, op, version - 1),
        )

    def send_again(self, ops: Sequence[str]) -> None:
        """Queue ops that were refused or set aside: the person wants to try once more."""
        with self._transaction():
            self._queue_again(ops)

    def _queue_again(self, ops: Sequence[str]) -> None:
        self._db.executemany("UPDATE op SET state = 'queued', outcome = NULL WHERE id = ?", [(op,) for op in ops])

    def set_aside(self, op: str, problem: Mapping[str, Any]) -> None:
        """An envelope with nothing but this op was refused (C8): keep it, show it, do not send it."""
        told = (json.dumps(problem, ensure_ascii=False), op)
        self._db.execute("UPDATE op SET state = 'aside', outcome = ? WHERE id = ?", told)

    def drop(self, op: str) -> None:
        """The person has seen that it was refused, and lets it go."""
        self._db.execute("DELETE FROM op WHERE id = ? AND state IN ('refused', 'aside')", (op,))

    def ops(self, *states: str, status: str | None = None) -> list[dict[str, Any]]:
        """Ops in some states, in their order: `{"body": …, "outcome": …}`; `status` is that of the outcome."""
        found = self._db.execute(
            "SELECT body, outcome FROM op WHERE state IN (SELECT value FROM json_each(?))"
            " AND (? IS NULL OR outcome ->> 'status' = ?) ORDER BY seq",
            (json.dumps(states), status, status),
        )
        return [{"body": json.loads(one["body"]), "outcome": json.loads(one["outcome"] or "null")} for one in found]

    def has_queued(self) -> bool:
        return self._db.execute("SELECT 1 FROM op WHERE state = 'queued' LIMIT 1").fetchone() is not None

    def version_of(self, record: str) -> int:
        """The version that this phone has: of the row, and of own changes that made the very next ones since.

        1 for what was logged here and not pulled yet: that is what it will be.
        """
        row = self._db.execute("SELECT version FROM row WHERE id = ?", (record,)).fetchone()
        version: int = row["version"] if row else 1
        own = self._db.execute(
            "SELECT outcome ->> 'version' AS version FROM op WHERE record = ? AND state = 'acknowledged'"
            " AND outcome ->> 'status' = 'accepted' AND outcome ->> 'merged' IS NULL ORDER BY 1",
            (record,),
        )
        for one in own:
            version += one["version"] == version + 1
        return version

    # --- rows ----------------------------------------------------------------------------------------------
    def apply(self, page: Mapping[str, Any], *, asked_with: str | None) -> bool:
        """Store a page and its cursor in one transaction (C1).

        False, and nothing done, when the cursor that it was asked with is not the local one any more (C2).
        """
        with self._transaction():
            standing = self._standing()
            if standing["cursor"] != asked_with:
                return False
            self._meet(page["epoch"])
            if page["reset"]:
                self._db.execute("DELETE FROM row")  # C4
            self._db.executemany(
                "INSERT OR REPLACE INTO row (id, version, buckets, fields) VALUES (?, ?, ?, ?)",
                [
                    (row["id"], row["version"], json.dumps(row["buckets"]), json.dumps(row["fields"]))
                    for row in page["rows"]
                ],
            )
            self._db.executemany("DELETE FROM row WHERE id = ?", [(gone["id"],) for gone in page["gone"]])
            deleted = [gone["id"] for gone in page["gone"] if gone.get("deleted")]
            self._forget_deleted(deleted)
            if set(json.loads(standing["buckets"])) - set(page["buckets"]):
                self._forget_outside(page["buckets"])
            self._stand(cursor=page["cursor"], buckets=json.dumps(page["buckets"]))
        if deleted:  # not in the log of the file either
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    def _forget_deleted(self, records: Sequence[str]) -> None:
        """What was said in deleted conversations leaves with them (C10); that they were deleted here stays."""
        self._db.executemany(
            "DELETE FROM op WHERE record = ? AND state = 'acknowledged' AND body ->> 'kind' <> 'delete'",
            [(one,) for one in records],
        )

    def _forget_outside(self, buckets: Sequence[str]) -> None:
        """Delete rows that lie in none of the buckets (C3). Only losing a bucket can leave one behind."""
        self._db.execute(
            "DELETE FROM row WHERE NOT EXISTS (SELECT 1 FROM json_each(row.buckets)"
            " WHERE value IN (SELECT value FROM json_each(?)))",
            (json.dumps(buckets),),
        )

    def begin_anew(self) -> None:
        """Forget the rows and the cursor, keep the ops: the next pull brings everything."""
        with self._transaction():
            self._db.execute("DELETE FROM row")
            self._stand(cursor=None, buckets="[]")

    def rows(self) -> dict[str, dict[str, Any]]:
        """The conversations that were pulled, by id."""
        return {one["id"]: json.loads(one["fields"]) for one in self._db.execute("SELECT id, fields FROM row")}

    # --- where it stands -----------------------------------------------------------------------------------
    @property
    def cursor(self) -> str | None:
        cursor: str | None = self._standing()["cursor"]
        return cursor

    @property
    def limits(self) -> Limits:
        return Limits(**json.loads(self._standing()["limits"]))

    def greet(self, epoch: str, limits: Limits) -> None:
        """Keep what hello told."""
        with self._transaction():
            self._meet(epoch)
            self._stand(limits=json.dumps(asdict(limits)))

    def wipe(self) -> None:
        """Delete everything, also what was not sent (C9)."""
        with self._transaction():
            self._db.execute("DELETE FROM op")
            self._db.execute("DELETE FROM row")
            self._db.execute("UPDATE standing SET epoch = NULL, cursor = NULL, buckets = '[]', limits = '{}'")
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _meet(self, epoch: str) -> None:
        """Another epoch than before: the service was restored, and may have lost what it acknowledged since (C6)."""
        known = self._standing()["epoch"]
        if known == epoch:
            return
        if known is not None:
            self._db.execute("UPDATE op SET state = 'queued' WHERE state = 'acknowledged'")
        self._stand(epoch=epoch)

    def _standing(self) -> sqlite3.Row:
        found: sqlite3.Row = self._db.execute("SELECT * FROM standing").fetchone()
        return found

    def _stand(self, **told: str | None) -> None:
        for name, value in told.items():
            self._db.execute(f"UPDATE standing SET {name} = ?", (value,))  # noqa: S608 - names of our own columns

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def record_of(op: Mapping[str, Any]) -> str:
    """What an op changes: the conversation of a finding, otherwise what it names."""
    record: str = op.get("conversation", op["id"])
    return record
