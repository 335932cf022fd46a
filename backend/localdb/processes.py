"""Which processes serve a data directory, asked of /proc.

The process id in `postmaster.pid` alone proves nothing: after a crash it may belong to somebody else, and in a copied
checkout it belongs to the other checkout's server. A PostgreSQL process stands in its data directory, so that is asked.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def postmaster_of(data: Path) -> int | None:
    """The process id of the living postmaster of this data directory."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _stands_in(pid, data) else None


def stop_orphans(data: Path, patience: float = 5.0) -> None:
    """End server processes whose postmaster was killed: PostgreSQL refuses to start beside them."""
    for number in (signal.SIGQUIT, signal.SIGKILL):
        orphans = [pid for pid in _processes() if _stands_in(pid, data)]
        for pid in orphans:
            _send(pid, number)
        deadline = time.monotonic() + patience
        while any(_stands_in(pid, data) for pid in orphans):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stands_in(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == data.resolve() and (
            Path(f"/proc/{pid}/exe").resolve().name == "postgres"
        )
    except OSError:
        return False


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
