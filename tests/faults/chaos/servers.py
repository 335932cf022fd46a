"""Two server processes, as a city runs them behind a proxy; each with its worker is killed as a whole."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.localdb.cluster import free_port
from tests.faults.chaos.database import ROOT, Database


class Server:
    """One granian with one worker of four threads."""

    def __init__(self, database: Database, log: Path) -> None:
        self._database, self._log = database, log
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = self._database.environment() | {"LISTENING_PROCESS": "web"}
        with self._log.open("ab") as written:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
                    "--port", str(self.port), "--http", "1", "--no-ws", "--workers", "1", "--blocking-threads", "4",
                    "--workers-kill-timeout", "3", "--log-level", "warning", "backend.wsgi:application",
                ],
                # A group of its own: the worker would outlive the process that is killed, and keep the port.
                cwd=ROOT, env=environment, stdout=written, stderr=written, start_new_session=True,
            )  # fmt: skip

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def end_as_told(self, patience_s: float = 12) -> bool:
        """Tell it to end, as whoever restarts a service does; kill it when it does not. Whether it did."""
        self.send(signal.SIGTERM)
        try:
            self.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.end()
            return False
        return True

    def wait(self, patience_s: float = 30) -> None:
        """Until it has ended."""
        if self._process is not None:
            self._process.wait(patience_s)

    def wait_until_it_answers(self) -> None:
        until = time.monotonic() + 60
        while not self._answers():
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text(errors="replace")[-2_000:]
            assert time.monotonic() < until, self._log.read_text(errors="replace")[-2_000:]
            time.sleep(0.1)

    def _answers(self) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            link.request("GET", "/health/live")
            return link.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    def end(self) -> None:
        self.send(signal.SIGCONT)
        self.send(signal.SIGKILL)
        self.wait()
