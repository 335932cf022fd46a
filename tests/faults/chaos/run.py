"""One run: phones work, the nemesis strikes, then all is quiet, and the verdict is given."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.chaos.database import Database
from tests.faults.chaos.history import History
from tests.faults.chaos.nemesis import Nemesis, controls
from tests.faults.chaos.phones import Phone, Stopped
from tests.faults.chaos.proxy import Proxy
from tests.faults.chaos.servers import Server
from tests.faults.chaos.verdict import Verdict, judge


@dataclass
class Run:
    """What happened in a run."""

    seed: int
    verdict: Verdict
    strikes: Counter[str]
    wire: Counter[str]
    statuses: Counter[str]
    seconds: float
    errors: list[str]

    @property
    def faults(self) -> int:
        return self.strikes.total()

    @property
    def is_good(self) -> bool:
        return self.verdict.is_good and not self.errors

    def line(self) -> str:
        one = self.verdict
        return (
            f"seed {self.seed}: {one.ops:,} ops, {self.faults} faults, {one.lost} lost, {one.doubled} doubled, "
            f"{one.resurrected} resurrected, {one.diverged} diverged ({self.seconds:.0f} s)"
        )

    def details(self) -> str:
        told = [
            f"  {name}: {', '.join(f'{what} {number:,}' for what, number in sorted(counted.items()) if what)}"
            for name, counted in (("faults", self.strikes), ("on the wire", self.wire), ("answers", self.statuses))
        ]
        return "\n".join([*told, *(f"  {why}" for why in [*self.errors, *self.verdict.told[:20]])])


def total(runs: Sequence[Run]) -> str:
    """The line of several runs together."""
    lost, doubled, resurrected, diverged = (
        sum(getattr(run.verdict, name) for run in runs) for name in ("lost", "doubled", "resurrected", "diverged")
    )
    return (
        f"{len(runs)} seeds: {sum(run.verdict.ops for run in runs):,} ops, {sum(run.faults for run in runs)} faults, "
        f"{lost} lost, {doubled} doubled, {resurrected} resurrected, {diverged} diverged"
    )


def run_once(
    database: Database, *, ops: int, faults: int, seed: int, without: Sequence[str] = (), strikes: bool = True
) -> Run:
    """Until so many ops were acknowledged and so many faults were survived. `without`: controls, guards to take out."""
    started = time.monotonic()
    database.begin(f"chaos_{seed}", [controls()[name] for name in without])
    history, stop, quiet, errors = History(), threading.Event(), threading.Event(), list[str]()
    with tempfile.TemporaryDirectory(prefix="chaos-phones-") as told:
        folder = Path(told)
        servers = [Server(database, folder / "servers.log") for _ in range(2)]
        proxy = Proxy([server.port for server in servers], seed=seed)
        phones = [
            Phone(one, database.places, proxy.door(one["name"]), folder, history, seed=seed, stop=stop)
            for one in database.phones
        ]
        nemesis = Nemesis(database, servers, phones, history, seed=seed)
        threads = [threading.Thread(target=_use, args=(phone, quiet, errors)) for phone in phones]
        try:
            for server in servers:
                server.start()
            for server in servers:
                server.wait_until_it_answers()
            for thread in threads:
                thread.start()
            for number in range(faults):
                _wait_for(history, ops * (number + 1) // (faults + 1), errors)
                nemesis.strike()
            _wait_for(history, ops, errors)
            nemesis.rest()
            for server in servers:
                server.wait_until_it_answers()
            proxy.calm()
            quiet.set()
            for thread in threads:
                thread.join(120)
                if thread.is_alive():
                    errors.append("a phone does not come to rest")
            # What one has brought last, another has not pulled yet; what waited may have been let in by that.
            for _ in range(2):
                for phone in phones:
                    phone.client.sync()
            with database.session() as session:
                verdict = judge(history, session, phones)
        finally:
            stop.set()
            quiet.set()
            for thread in threads:
                if thread.is_alive():
                    thread.join()
            nemesis.rest()
            for server in servers:
                server.end()
            proxy.close()
            for phone in phones:
                phone.store.close()
            database.end()
    seconds = time.monotonic() - started
    return Run(seed, verdict, nemesis.done, proxy.met, history.statuses, seconds, errors)


def _use(phone: Phone, quiet: threading.Event, errors: list[str]) -> None:
    """A person with a phone: work, sync, and again."""
    try:
        while not quiet.is_set():
            if phone.pushes:
                phone.work()
            phone.client.sync()
            phone.clock.sleep(phone.draw.uniform(0, 2))
        phone.client.sync()
    except Stopped:
        return
    except Exception as error:
        errors.append(f"{phone.name}: {type(error).__name__}: {error}")


def _wait_for(history: History, ops: int, errors: list[str], patience_s: float = 120) -> None:
    """Until so many ops are acknowledged; no progress for two minutes is an error."""
    before, since = history.acknowledged, time.monotonic()
    while history.acknowledged < ops:
        if errors:
            return
        if history.acknowledged > before:
            before, since = history.acknowledged, time.monotonic()
        if time.monotonic() - since > patience_s:
            errors.append(f"stuck at {before} ops")
            return
        time.sleep(0.02)
