"""Canaries: words in every personal field that the tests fill, looked for wherever none may be.

A plugin of the whole run. The product's log lines and the problems that it answers are looked at as they come, the log
of the private PostgreSQL at the end; one hit fails the run. Factories take their texts, names and addresses from here.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from backend.http.request_log import AllowListedJsonFormatter
from backend.localdb.cluster import cluster_of
from backend.problems import MEDIA_TYPE

# In what residents said, in people's names and addresses; short, so that it fits into every field, and part of no word.
CANARY = "Kanarie7Vogel"
E_MAIL = f"{CANARY}@example.org"
# Tokens are made by the product: they are known by how they begin.
SECRETS = re.compile(rf"{CANARY}|\bnlt_[\w-]{{20,}}", re.IGNORECASE)


@dataclass
class Watch:
    """What was looked at, and where a canary was found: place, test, and the text around it."""

    test: str = ""
    looked_at: Counter[str] = field(default_factory=Counter)
    hits: list[str] = field(default_factory=list)

    def look(self, place: str, text: str) -> None:
        self.looked_at[place] += 1
        for match in SECRETS.finditer(text):
            around = text[max(0, match.start() - 80) : match.end() + 20]
            self.hits.append(f"{place}, by {self.test or 'the end of the run'}: ...{around!r}")

    def look_through(self, place: str, file: Path, start: int = 0) -> None:
        """The lines of a log that were written after `start`."""
        with file.open("rb") as log:
            log.seek(start)
            for line in log:
                self.look(place, line.decode(errors="replace"))


watch = Watch()


class Listening(logging.Handler):
    """Looks at what the product's own handler would write."""

    def emit(self, record: logging.LogRecord) -> None:
        watch.look("log line", self.format(record))


listener = Listening()


def watch_test_client() -> None:
    """Have every problem looked at that a client of the tests is answered."""
    ask = Client.request

    @wraps(ask)
    def request(self: Client, **asked: Any) -> Any:
        response = ask(self, **asked)
        if response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            watch.look("problem", response.content.decode())
        return response

    Client.request = request  # type: ignore[method-assign]


def postgresql_log() -> Path | None:
    """The log of the private cluster, where that is what the tests use and we may read it."""
    cluster = cluster_of(Path(settings.BASE_DIR))
    record = cluster.record()
    is_ours = record is not None and record.database_url == settings.DATABASE_URL
    return cluster.log if is_ours and cluster.log.exists() else None


def pytest_sessionstart(session: pytest.Session) -> None:
    listener.setFormatter(AllowListedJsonFormatter())
    watch_test_client()
    log = postgresql_log()
    session.stash[BEGAN] = log.stat().st_size if log else 0


BEGAN: pytest.StashKey[int] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    watch.test = item.nodeid
    # Whoever sets Django up anew, such as backend.wsgi, takes all handlers away.
    if listener not in logging.getLogger().handlers:
        logging.getLogger().addHandler(listener)
    try:
        return (yield)
    finally:
        watch.test = ""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if (log := postgresql_log()) is not None:
        watch.look_through("line of PostgreSQL", log, session.stash[BEGAN])
    if watch.hits and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    seen = ", ".join(f"{count} x {place}" for place, count in watch.looked_at.items())
    if watch.hits:
        terminalreporter.section("canaries", red=True)
        for hit in watch.hits[:20]:
            terminalreporter.line(hit)
    terminalreporter.line(f"canaries: {len(watch.hits)} found in {seen or 'nothing'}")
