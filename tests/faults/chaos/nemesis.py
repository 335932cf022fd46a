"""Whoever kills, fills and turns: one fault after another, in an order that the seed gives."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from tests.faults.chaos.database import ROOT, Database
from tests.faults.chaos.history import History
from tests.faults.chaos.phones import Phone
from tests.faults.chaos.servers import Server

COMPACT = ROOT / "listening" / "sync" / "sql" / "compact_feed.sql"
JUMPS = [dt.timedelta(days=3_650), dt.timedelta(days=-3_650), dt.timedelta(hours=1), dt.timedelta(0)]


class Nemesis:
    """Faults by name; each returns when the service could work again."""

    def __init__(
        self, database: Database, servers: Sequence[Server], phones: Sequence[Phone], history: History, *, seed: int
    ) -> None:
        self._database, self._servers, self._phones, self._history = database, servers, phones, history
        self._draw = random.Random(f"{seed} nemesis")
        self._beside: list[threading.Thread] = []
        self.done: Counter[str] = Counter()
        self.faults: dict[str, Callable[[], None]] = {
            "server killed": self.kill_server,
            "server told to end": self.end_server,
            "server stands still": self.stop_server,
            "backend killed": lambda: self._hit_backend(signal.SIGKILL),
            "backend ended": lambda: self._hit_backend(signal.SIGTERM),
            "postmaster killed": self.kill_postmaster,
            "cluster stopped at once": self.stop_cluster,
            "deadlock": lambda: self._start(self.oppose),
            "long transaction": lambda: self._start(self.write_long),
            "clock turned": self.turn_clock,
            "feed compacted": self.compact,
        }
        if database.disk is not None:
            self.faults["disk full"] = self.fill_disk
        self._order: list[str] = []

    def strike(self) -> str:
        """One fault. Each kind comes once before any comes again."""
        if not self._order:
            self._order = self._draw.sample(sorted(self.faults), len(self.faults))
        name = self._order.pop()
        self.faults[name]()
        self.done[name] += 1
        return name

    def rest(self) -> None:
        """Wait for what is still under way, and put everything back."""
        for thread in self._beside:
            thread.join()
        for phone in self._phones:
            phone.clock.offset = dt.timedelta(0)
        self._database.recover()

    # --- servers ---------------------------------------------------------------------------------------------
    def kill_server(self) -> None:
        server = self._draw.choice(self._servers)
        server.send(signal.SIGKILL)
        server.wait()
        server.start()

    def end_server(self) -> None:
        server = self._draw.choice(self._servers)
        if not server.end_as_told():
            self.done["server did not end as told"] += 1
        server.start()

    def stop_server(self) -> None:
        """Long enough for phones to give up on it, and for the other to be asked the same."""
        server = self._draw.choice(self._servers)
        server.send(signal.SIGSTOP)
        time.sleep(self._draw.uniform(0.5, 5))
        server.send(signal.SIGCONT)

    # --- PostgreSQL ------------------------------------------------------------------------------------------
    def _hit_backend(self, number: signal.Signals) -> None:
        self._database.signal_backend(self._draw, number)
        self._database.recover()

    def kill_postmaster(self) -> None:
        self._database.kill_postmaster()
        time.sleep(self._draw.uniform(0, 1))
        self._database.recover()

    def stop_cluster(self) -> None:
        self._database.stop_at_once()
        time.sleep(self._draw.uniform(0, 1))
        self._database.recover()

    def fill_disk(self) -> None:
        disk = self._database.disk
        assert disk is not None
        disk.fill()
        try:
            time.sleep(self._draw.uniform(1, 3))
        finally:
            disk.free()
        self._database.recover()

    def compact(self) -> None:
        """Forget at once what is forgotten after 180 days: every phone is below the floor, and begins anew."""
        statement = COMPACT.read_text(encoding="utf-8").replace("%(before)s", "clock_timestamp()")
        with contextlib.suppress(psycopg.OperationalError), self._database.session() as session:
            session.execute(statement)

    # --- sessions beside the servers -------------------------------------------------------------------------
    def _start(self, work: Callable[[list[str]], None]) -> None:
        records = self._history.recent(40)
        self._draw.shuffle(records)

        def beside() -> None:
            # Other faults may end it.
            with contextlib.suppress(psycopg.Error):
                work(records)

        self._beside.append(threading.Thread(target=beside))
        self._beside[-1].start()

    def oppose(self, records: list[str]) -> None:
        """Take rows first and their locks after, where the service takes the locks first."""
        with self._database.session() as session, session.transaction():
            session.execute("SET LOCAL lock_timeout = '4s'")
            rows = "SELECT FROM records_conversation WHERE id = ANY (%s::uuid[]) FOR UPDATE"
            session.execute(rows, [records])
            time.sleep(0.3)
            for record in records:
                session.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [record])

    def write_long(self, records: list[str]) -> None:
        """Write, dawdle, and change one's mind: nobody may see it, and nobody may wait for it for ever."""
        with self._database.session() as session, session.transaction(force_rollback=True):
            session.execute("SET LOCAL lock_timeout = '4s'")
            session.execute(
                "UPDATE records_conversation SET summary = 'never committed', version = version + 1"
                " WHERE id = ANY (%s::uuid[])",
                [records[:5]],
            )
            time.sleep(5)

    # --- phones ----------------------------------------------------------------------------------------------
    def turn_clock(self) -> None:
        self._draw.choice(self._phones).clock.offset = self._draw.choice(JUMPS)


def controls() -> dict[str, Path]:
    """SQL that takes a guard out of the database of a run, by name: the harness must notice each."""
    return {path.stem: path for path in sorted((Path(__file__).parent / "controls").glob("*.sql"))}
