"""Prepare the demo city and serve it: what `make demo` ends in."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from uuid6 import uuid7

from backend import clock
from backend.localdb.state import recorded_database_url
from listening.demo.people import PASSWORD
from listening.fieldwork.models import ApiToken, User
from listening.fieldwork.tokens import issue

HOST = "127.0.0.1"
TOKEN_LABEL = "make demo"  # noqa: S105 - a label
TOKEN_DAYS = 30
BOLOGNINA = [11.3469, 44.5174]
PATIENCE_S = 60.0
UNUSED_STATIC = ("redoc", "rest_framework")  # of the packages: pages that this service does not have
PROGRAMS = Path(sys.executable).parent


class Command(BaseCommand):
    help = "Migrate, load the demo city, print what to open and serve it on this machine alone."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        # An empty PORT is none. As text: argparse then refuses a wrong PORT as it refuses a wrong --port.
        parser.add_argument(
            "--port", type=port_number, default=os.environ.get("PORT") or "8000", help="PORT, or else 8000."
        )

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo people have a known password. Run `make demo`, which sets LISTENING_DEMO=1.")
        refuse_taken_port(port)
        try:
            self.prepare()
        except KeyboardInterrupt:
            raise CommandError("Stopped before it was ready. Run it again: it goes on where it was.") from None
        with Children(port) as children:
            children.wait_until_served(port)
            self.tell(port)
            children.wait()

    def prepare(self) -> None:
        call_command("check")
        call_command("migrate", verbosity=0, interactive=False)
        if settings.API_DATABASE_URL:
            call_command("set_up_database_roles", stdout=io.StringIO())
        catalogues = [str(PROGRAMS / "pybabel"), "-q", "compile", "-d", "backend/locale", "-D", "django"]
        subprocess.run(catalogues, cwd=settings.BASE_DIR, check=True)  # noqa: S603 - no outside input
        collect_static()
        call_command("load_demo", stdout=self.stdout, stderr=self.stderr)

    def tell(self, port: int) -> None:
        """What to open, whom to sign in as, and two lines to paste."""
        root = f"http://localhost:{port}"
        tokens = {}
        for name in ("listener", "coordinator"):
            person = User.objects.get(username=name)
            ApiToken.objects.filter(user=person, label=TOKEN_LABEL).delete()
            tokens[name] = issue(person, label=TOKEN_LABEL, days=TOKEN_DAYS)
        connections.close_all()
        # A server that DATABASE_URL names is not ours to stop.
        stop = (
            "Stop it with Ctrl-C."
            if os.environ.get("DATABASE_URL")
            else "Stop it with Ctrl-C; PostgreSQL with `make stop`."
        )
        self.stdout.write(
            f"""
The demo city is served on this machine alone. {stop}

  Need map           {root}/dashboard/
  Phones             {root}/devices/
  Field app          {root}/field/
  Releases           {root}/releases/
  Open data          {root}/open/
  Resident's card    {root}/receipt/
  Administration     {root}/admin/
  API documentation  {root}/api/v1/docs

  Sign in as listener, coordinator, navile, planner, steward or admin; the password is {PASSWORD}.

Post a conversation in Bolognina as the listener:

  {post_line(root, tokens["listener"])}

Read the need map of the districts as the coordinator (also with layer=area-statistica or zona-prossimita):

  {read_line(root, tokens["coordinator"])}
"""
        )
        self.stdout.flush()


def collect_static() -> None:
    """Collect and compress the static files, unless none has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT, "collected")
    states = sorted((str(path), path.stat().st_size, path.stat().st_mtime_ns) for _name, path in static_sources())
    fingerprint = hashlib.sha256(repr(states).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == fingerprint:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=list(UNUSED_STATIC))
    stamp.write_text(fingerprint, encoding="utf-8")


def static_sources() -> Iterator[tuple[str, Path]]:
    """Every static file of ours and of the packages: its name below STATIC_URL, and where it lies."""
    for finder in get_finders():
        for name, storage in finder.list(list(UNUSED_STATIC)):
            yield name, Path(storage.path(name))


def port_number(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is not a port: a number from 1 to 65535.")


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        # As the server does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise CommandError(
                f"Port {port} is for administrators. Choose one above 1023: make demo PORT=8001"
            ) from None
        except OSError:
            raise CommandError(f"Port {port} is taken. Choose another: make demo PORT={port % 65535 + 1}") from None


def post_line(root: str, token: str) -> str:
    body = {
        "id": str(uuid7()),
        "occurred_at": clock.now().replace(microsecond=0).isoformat(),
        "channel": "street",
        "place": {"kind": "point", "point": {"type": "Point", "coordinates": BOLOGNINA}, "accuracy_m": 12},
        "findings": [{"kind": "need", "text": "Il bus 27 passa troppo di rado la sera."}],
    }
    text = json.dumps(body, ensure_ascii=False)
    return (
        f"curl -sS {root}/api/v1/conversations -H 'Authorization: Bearer {token}'"
        f" -H 'Content-Type: application/json' -d '{text}'"
    )


def read_line(root: str, token: str) -> str:
    return f"curl -sS '{root}/api/v1/need-map?layer=quartiere&geometry=none' -H 'Authorization: Bearer {token}'"


class Children:
    """The web server and the merge worker: both live as long as this block, and neither without the other."""

    def __init__(self, port: int) -> None:
        self._commands = {"web server": web_server(port), "merge worker": merge_worker()}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._asked_to_stop = threading.Event()

    def __enter__(self) -> Children:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        for name, command in self._commands.items():
            environment = {**os.environ, "LISTENING_DEMO": "1"}
            # A line for each request would push the lines to paste off the screen; mistakes still show.
            environment.setdefault("LISTENING_LOG_LEVEL", "WARNING")
            environment["LISTENING_PROCESS"] = "web" if name == "web server" else "command"
            if name == "merge worker" and not os.environ.get("DATABASE_URL"):
                environment["DATABASE_URL"] = recorded_database_url(settings.BASE_DIR, "listening_worker")
                environment["LISTENING_VAULT_DATABASE_URL"] = settings.VAULT_DATABASE_URL
            # A session of their own: Ctrl-C comes to this process alone, which then stops them in order.
            self._processes[name] = subprocess.Popen(  # noqa: S603 - no outside input
                command, cwd=settings.BASE_DIR, env=environment, start_new_session=True
            )
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait_until_served(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not self._asked_to_stop.is_set():
            self._refuse_death()
            if is_served(port):
                return
            if time.monotonic() > deadline:
                raise CommandError(f"The web server did not answer within {PATIENCE_S:.0f} seconds.")
            self._asked_to_stop.wait(0.1)

    def wait(self) -> None:
        """Until somebody stops this command, or one of the two ends by itself."""
        while not self._asked_to_stop.wait(0.5):
            self._refuse_death()

    def _refuse_death(self) -> None:
        for name, process in self._processes.items():
            code = process.poll()
            if code is not None:
                raise CommandError(f"The {name} ended with exit code {code}; its last lines are above.")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop.set()


def web_server(port: int) -> list[str]:
    """One process a core and one thread in each: Python threads would only share a core, see docs/explanation."""
    return [
        str(PROGRAMS / "granian"), "--interface", "wsgi", "--host", HOST, "--port", str(port), "--http", "1", "--no-ws",
        "--workers", str(os.cpu_count() or 1), "--blocking-threads", "1", "--log-level", "warning",
        "backend.wsgi:application",
    ]  # fmt: skip


def merge_worker() -> list[str]:
    return [sys.executable, "manage.py", "worker"]


def is_served(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/health/live", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
