"""A PostgreSQL of our own to kill: on a small disk where mounting is allowed, with one fresh database per run."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from backend.localdb.cluster import Cluster, cluster_of
from backend.localdb.processes import postmaster_of
from backend.localdb.state import ClusterRecord

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = "chaos_template"
FILLINGS = 20
API = "listening_api"
SECRET = "servers under test share a secret: cursors of the one hold at the other"


@dataclass
class Disk:
    """A tmpfs under the cluster, of which the size is what is full or not; it takes memory for what is on it alone."""

    folder: Path
    size_mb: int

    def fill(self) -> None:
        """Not a page is left. No memory is used for it: the disk shrinks to what is on it.

        The servers go on writing, and no disk shrinks below what has come on it since it was looked at: try again.
        """
        for _ in range(FILLINGS - 1):
            with suppress(subprocess.CalledProcessError):
                return self._shrink()
        return self._shrink()

    def _shrink(self) -> None:
        held = os.statvfs(self.folder)
        self._resize(f"{(held.f_blocks - held.f_bfree) * held.f_frsize // 1024 + 16}k")

    def free(self) -> None:
        self._resize(f"{self.size_mb}m")

    def _resize(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True, capture_output=True)


class Database:
    """The cluster, and the database of the run that is under way."""

    def __init__(self, cluster: Cluster, disk: Disk | None, why_no_disk: str) -> None:
        self.cluster, self.disk, self.why_no_disk = cluster, disk, why_no_disk
        self.phones: list[dict[str, Any]] = []
        self.places: list[tuple[float, float]] = []
        self.name = ""

    # --- where it is -----------------------------------------------------------------------------------------
    @property
    def record(self) -> ClusterRecord:
        record = self.cluster.record()
        assert record is not None
        return record

    def url(self, role: str = "", name: str = "") -> str:
        parts = urlsplit(self.record.url_of(role) if role else self.record.database_url)
        return urlunsplit(parts._replace(path=f"/{name or self.name}"))

    def session(self, **options: Any) -> psycopg.Connection[Any]:
        """A session of the owner of the tables, each statement a transaction."""
        return psycopg.connect(self.url(), autocommit=True, connect_timeout=5, **options)

    # --- fresh databases -------------------------------------------------------------------------------------
    def prepare(self, pushers: int) -> None:
        """Migrate once, and make the people; runs begin with a copy."""
        self._on_server(f'CREATE DATABASE "{TEMPLATE}"')
        made = subprocess.run(
            [sys.executable, "-m", "tests.faults.chaos.people", str(pushers)],
            cwd=ROOT, env=self.environment(TEMPLATE), stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        told = json.loads(made.stdout.splitlines()[-1])
        self.phones, self.places = told["phones"], told["places"]

    def begin(self, name: str, controls: list[Path]) -> None:
        """A copy for one run; `controls` are SQL files that break the product on purpose."""
        self.name = name
        self._on_server(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        # What a database may do is not copied with it.
        with self.session() as session:
            session.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {API}')
            for control in controls:
                session.execute(control.read_text(encoding="utf-8"))

    def end(self) -> None:
        self._on_server(f'DROP DATABASE IF EXISTS "{self.name}"')

    def environment(self, name: str = "") -> dict[str, str]:
        """For programs that work on a database: as its owner, and web processes as the role of the service."""
        mine = {key: value for key, value in os.environ.items() if not key.startswith(("LISTENING_", "PG"))}
        return mine | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.chaos.settings",
            "DATABASE_URL": self.url(name=name),
            "LISTENING_API_DATABASE_URL": self.url(API, name=name),
            "LISTENING_SECRET_KEY": SECRET,
            "LISTENING_LOG_LEVEL": "ERROR",
        }

    def _on_server(self, statement: str) -> None:
        # A killed server's sessions may linger for a moment.
        for attempt in range(50):
            try:
                with psycopg.connect(self.url(name="postgres"), autocommit=True) as session:
                    session.execute(statement)
                return
            except psycopg.errors.ObjectInUse:
                if attempt == 49:
                    raise
                time.sleep(0.2)

    # --- faults ----------------------------------------------------------------------------------------------
    def backends(self) -> list[int]:
        """Process ids of the sessions of the servers."""
        with self.session() as session:
            found = session.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND usename = %s", (self.name, API)
            )
            return sorted(pid for (pid,) in found)

    def signal_backend(self, draw: random.Random, number: signal.Signals) -> None:
        if pids := self.backends():
            with contextlib.suppress(ProcessLookupError):
                os.kill(draw.choice(pids), number)

    def kill_postmaster(self) -> None:
        pid = postmaster_of(self.cluster.data)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def stop_at_once(self) -> None:
        """As by a power cut, but for what the disk would lose: no checkpoint, no goodbye."""
        subprocess.run(
            [
                self.cluster._server().command("pg_ctl"), "--pgdata", str(self.cluster.data), "--mode=immediate",
                "--wait", "stop",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **self.cluster.owner.process_options(),
        )  # fmt: skip

    def recover(self) -> None:
        """Wait until it takes connections again; start it when it does not come back by itself."""
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(psycopg.OperationalError), self.session():
                return
            if postmaster_of(self.cluster.data) is None:
                self.cluster.up()
            assert time.monotonic() < until, self.cluster._log_tail()
            time.sleep(0.1)


@contextlib.contextmanager
def own_database(pushers: int, *, disk_mb: int = 2_048) -> Iterator[Database]:
    """A cluster in a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o755)
    disk, why = _mount(folder / "var", disk_mb)
    cluster = cluster_of(folder)
    try:
        cluster.up()
        database = Database(cluster, disk, why)
        database.prepare(pushers)
        yield database
    finally:
        if disk is not None:
            disk.free()
        cluster.clean()
        if disk is not None:
            subprocess.run(["umount", disk.folder], check=True)
        shutil.rmtree(folder)


def _mount(folder: Path, size_mb: int) -> tuple[Disk | None, str]:
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0755", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return None, str(error)
    return (Disk(folder, size_mb), "") if mounted.returncode == 0 else (None, mounted.stderr.strip())
