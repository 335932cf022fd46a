"""The processes of a city on one machine, each under its own database role: web server, worker, owner, backup."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.faults.chaos.database import ROOT, Database
from tests.faults.chaos.servers import Server

KEY = base64.urlsafe_b64encode(b"a key of no city, for the story.").decode()
PATIENCE_S = 120


@dataclass(frozen=True)
class Reply:
    """What the web server answered."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class House:
    """What runs for a city, on the database that `database.name` names; its files lie in a folder of their own."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.journal, self.log = folder / "journal" / "withdrawals.jsonl", folder / "service.log"
        self._server: Server | None = None

    # --- processes -------------------------------------------------------------------------------------------
    def environment(self, role: str = "") -> dict[str, str]:
        """For a process that works under a role; without one, as the owner of the tables."""
        return self.database.environment() | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.life.settings",
            "DATABASE_URL": self.database.url(role),
            "LISTENING_OPEN_DATABASE_URL": self.database.url("listening_open_reader"),
            "LISTENING_VAULT_DATABASE_URL": self.database.url("listening_vault"),
            "LISTENING_VAULT_KEYS": f"story:{KEY}",
            "LISTENING_VAULT_INDEX_KEY": KEY,
            "LISTENING_WITHDRAWAL_JOURNAL": str(self.journal),
            "LISTENING_MEDIA_ROOT": str(self.folder / "media"),
            "LISTENING_RELEASES_ROOT": str(self.folder / "releases"),
            "LISTENING_LOG_LEVEL": "INFO",
        }

    def serve(self) -> None:
        """Start the web server, or start it again on another database."""
        self.rest()
        self._server = Server(self, self.log)  # type: ignore[arg-type]  # it asks for the environment alone
        self._server.start()
        self._server.wait_until_it_answers()

    def rest(self) -> None:
        if self._server is not None:
            self._server.end()
            self._server = None

    def manage(self, *arguments: str, role: str = "") -> str:
        """A command of manage.py in a process of its own; what it printed. All of it is in the log as well."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment(role), capture_output=True,
            text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        with self.log.open("a", encoding="utf-8") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def worker(self) -> str:
        """One round of the worker, under its role."""
        return self.manage("worker", "--once", role="listening_worker")

    # --- backups ---------------------------------------------------------------------------------------------
    def back_up(self, file: Path) -> None:
        """As docs/how-to/run-in-production.md dumps, but not compressed, so that the file can be searched."""
        self._run(
            "pg_dump", "--format=custom", "--compress=0", "--exclude-table-data=public.spatial_ref_sys",
            f"--file={file}", self._address("listening_backup"),
        )  # fmt: skip

    def restore(self, file: Path, name: str) -> None:
        """Into a new database of the same cluster, which becomes the one that everything works on."""
        self.database.end()
        self.database._on_server(f'CREATE DATABASE "{name}"')
        self.database.name = name
        self._run(
            "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments",
            f"--dbname={self._address()}", str(file),
        )  # fmt: skip

    def _address(self, role: str = "") -> str:
        return urlunsplit(urlsplit(self.database.url(role))._replace(scheme="postgresql"))

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stderr

    # --- requests --------------------------------------------------------------------------------------------
    @property
    def address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.port}"

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Reply:
        """One request to the API; a body that is no bytes is sent as JSON."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            told["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body, told["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(self.address + path, data=body, headers=told, method=method)
        return _answer(urllib.request.build_opener(), request)

    def fill_in(self, path: str, **members: str) -> Reply:
        """A form of a page, as a browser without scripts sends it."""
        jar = CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        page = _answer(browser, urllib.request.Request(self.address + path))
        assert page.status == 200
        (token,) = [cookie.value for cookie in jar if cookie.name == "csrftoken"]
        form = urllib.parse.urlencode({**members, "csrfmiddlewaretoken": token or ""}).encode()
        return _answer(browser, urllib.request.Request(self.address + path, data=form))

    # --- files -----------------------------------------------------------------------------------------------
    def database_files(self) -> Iterator[Path]:
        """All files of the cluster but the write-ahead log, which runs out by itself: every database of it.

        What is still in memory is written first.
        """
        cluster = self.database.cluster
        cluster._sql(cluster._server(), self.database.record, "postgres", "CHECKPOINT")
        data = cluster.data
        return (file for file in data.rglob("*") if file.is_file() and "pg_wal" not in file.parts)

    def write_ahead_log(self) -> Iterator[Path]:
        return (file for file in (self.database.cluster.data / "pg_wal").iterdir() if file.is_file())

    def logs(self) -> list[Path]:
        return [self.database.cluster.log, self.log]


def _answer(browser: urllib.request.OpenerDirector, request: urllib.request.Request) -> Reply:
    try:
        with browser.open(request, timeout=PATIENCE_S) as told:
            return Reply(told.status, told.read())
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.read())
