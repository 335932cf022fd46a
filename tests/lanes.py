"""The whole suite in two lanes side by side: python -m tests.lanes. For `make test`, which has prepared everything.

Lane two works in a copy of the checkout, in `var/second`, with a private PostgreSQL of its own: tests change roles,
which belong to all databases of a server. Both lanes always run to their end. Lane one is seen as it runs; lane two is
printed when it has failed, else after lane one. With DATABASE_URL there is one server, and one run after the other.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[1]
COPY = Path("var", "second")
# What is made again in the copy, or belongs to the checkout alone.
NOT_COPIED = shutil.ignore_patterns("var", ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "node_modules")
# The tests of open data commit what another role must see, which others would find: they have a run of their own.
# Its database may still be held by a thread of a server when the run ends; the next run drops it.
OPEN = "tests/listening/opendata"
OPEN_RUN = ["-W", "ignore:Error when trying to teardown test databases", OPEN]
# About half of the time. What is in neither list is run by lane one; so are the tests of districts, as files of real
# cities, which they read, may lie beside the checkout.
SECOND = [f"tests/{folder}" for folder in ("attacks", "browser", "contract", "oracle", "simulations")]
FIRST_RUNS = [[f"--ignore={folder}" for folder in [*SECOND, OPEN]]]
SECOND_RUNS = [SECOND, OPEN_RUN]
# For a lane that was told to stop, to take away its database and its browser.
PATIENCE = 60.0


class Lane:
    """Runs of pytest, one after the other, whatever the earlier ones said."""

    def __init__(self, folder: Path, runs: list[list[str]], output: IO[bytes] | None = None) -> None:
        self.folder = folder
        self.waiting = list(runs)
        self.output = output
        self.process: subprocess.Popen[bytes] | None = None
        self.codes: list[int] = []

    def goes_on(self) -> bool:
        """Begin the next run when one has ended; False when all have."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return True
            self.codes.append(code)
            self.process = None
        if not self.waiting:
            return False
        python = str(self.folder / ".venv" / "bin" / "python")
        command = [python, "-m", "pytest", *self.waiting.pop(0)]
        errors = subprocess.STDOUT if self.output else None
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=self.output, stderr=errors)
        return True

    @property
    def has_failed(self) -> bool:
        return any(self.codes)

    def stop(self) -> None:
        self.waiting.clear()
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main() -> int:
    """0 when every test of both lanes passed, else 1."""
    signal.signal(signal.SIGTERM, stopped)
    if os.environ.get("DATABASE_URL"):
        return run([Lane(ROOT, [*FIRST_RUNS, *SECOND_RUNS])])
    copy = ROOT / COPY
    try:
        remove(copy)
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED, symlinks=True)
        (copy / ".venv").symlink_to(ROOT / ".venv")
        subprocess.run([sys.executable, "-m", "backend.localdb", "up"], cwd=copy, check=True)
        told = ROOT / "var" / "second.txt"
        with told.open("wb") as output:
            return run([Lane(ROOT, FIRST_RUNS), Lane(copy, SECOND_RUNS, output)], told)
    finally:
        remove(copy)


def run(lanes: list[Lane], told: Path | None = None) -> int:
    """Both to their end; what lane two said is printed once, when it has failed or when lane one has ended."""
    try:
        while working := [lane for lane in lanes if lane.goes_on()]:
            if told and working == lanes[:1] and lanes[1].has_failed:
                told = show(told)
            time.sleep(0.2)
    except KeyboardInterrupt:
        # A terminal has told the lanes as well: they end by themselves.
        for lane in lanes:
            lane.waiting.clear()
        wait_for(lanes)
        return 130
    finally:
        for lane in lanes:
            lane.stop()
    if told:
        show(told)
    return int(any(lane.has_failed for lane in lanes))


def wait_for(lanes: list[Lane]) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(lane.goes_on() for lane in lanes) and time.monotonic() < deadline:
        time.sleep(0.2)


def show(told: Path) -> None:
    print("\n--- lane two ---", flush=True)
    sys.stdout.buffer.write(told.read_bytes())
    sys.stdout.buffer.flush()


def remove(copy: Path) -> None:
    """The copy of this run or of one that was killed, and its server, by the program that made it."""
    if (copy / "var").exists():
        subprocess.run([sys.executable, "-m", "backend.localdb", "clean"], cwd=copy, check=True)
    if copy.exists():
        shutil.rmtree(copy)


def stopped(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
