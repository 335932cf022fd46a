"""The real server, as a city runs it behind a proxy: two processes, no demo, https by X-Forwarded-Proto."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import itertools
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from listening.codelists.models import Theme
from tests.attacks.world import World, cells, leaks, make_world
from tests.canaries import watch
from tests.squareville import City

ROOT = Path(__file__).resolve().parents[2]
HOST = "listening.example.org"
SECRET = "a-secret-of-its-own-for-the-tests-of-the-served-product"
LIMITS = "read=60/1m,write=30/1m,login=10/5m"
_callers = itertools.count(1)


@dataclass
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Served:
    """The address of a running service, and a caller with an address of their own."""

    port: int
    log: Path
    address: str = field(default_factory=lambda: str(ipaddress.ip_address("198.18.0.0") + next(_callers)))

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> Answer:
        """One request on a connection of its own; keyword arguments are headers, `_` for `-`."""
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": self.address, "Connection": "close"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            # A refusal may come, and the connection close, before all of the body is sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                link.request(method, path, body=body, headers=sent)
            answer = link.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.headers.get_all("Set-Cookie", []), answer.read())
        finally:
            link.close()

    def say(self, request: bytes) -> bytes:
        """Raw bytes over a socket; what came back until the server closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                link.sendall(request)
            told = b""
            while part := link.recv(65_536):
                told += part
            return told


def sign_in(served: Served, name: str, password: str) -> Answer:
    """What the sign-in page answers to a name and a password."""
    page = served.ask("GET", "/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    cookie = page.headers["set-cookie"].partition(";")[0]
    return served.ask(
        "POST",
        "/login/",
        f"csrfmiddlewaretoken={token}&login={name}&password={password}".encode(),
        Cookie=cookie,
        Referer=f"https://{HOST}/login/",
        Content_Type="application/x-www-form-urlencoded",
    )


@pytest.fixture(scope="package")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    named = connection.settings_dict
    host, password = quote(str(named["HOST"]), safe=""), quote(str(named["PASSWORD"]), safe="")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LISTENING_")},
        "DJANGO_SETTINGS_MODULE": "tests.attacks.served_settings",
        "DATABASE_URL": f"postgis://{named['USER']}:{password}@{host}:{named['PORT']}/{named['NAME']}",
        "LISTENING_PROCESS": "web",
        "LISTENING_SECRET_KEY": SECRET,
        "LISTENING_ALLOWED_HOSTS": HOST,
        "LISTENING_TRUSTED_ORIGINS": f"https://{HOST}",
        "LISTENING_TRUST_PROXY": "1",
        "LISTENING_MEDIA_ROOT": str(tmp_path_factory.mktemp("media")),
        "LISTENING_RATE_LIMITS": LIMITS,
        "LISTENING_CORS_ORIGINS": "https://maps.example.org",
    }
    log = tmp_path_factory.mktemp("served") / "server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "--host", "127.0.0.1",
                "--port", str(port), "--http", "1", "--no-ws", "--workers", "2", "--blocking-threads", "1",
                "--log-level", "warning", "backend.wsgi:application",
            ],
            cwd=ROOT, env=environment, stdout=written, stderr=written,
        )  # fmt: skip
    try:
        until = time.monotonic() + 30
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        yield port, log
    finally:
        process.terminate()
        process.wait(15)
        watch.look_through("line of the real server", log)


def _answers(port: int) -> bool:
    try:
        return Served(port, Path()).ask("GET", "/health/live").status == 200
    except OSError:
        return False


@pytest.fixture
def served(server: tuple[int, Path]) -> Served:
    """The service, as a caller sees it whom nobody has counted yet."""
    return Served(*server)


@pytest.fixture
def world(city: City, themes: dict[str, Theme]) -> World:
    """Actors and records of the permission matrix."""
    return make_world(city, themes)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if cells:
        each = ", ".join(f"{name} {number:,}" for name, number in sorted(cells.items()))
        terminalreporter.write_line(
            f"permission matrix: {cells.total():,} cells checked, {leaks.total():,} leaks ({each})"
        )
