"""The export of all conversations beside psql's COPY of the same statement: MB a second, and memory."""

from __future__ import annotations

import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.db import connection

from backend.localdb.binaries import postgis_servers
from listening.records.export import statement

RUNS = 3
# In a process of its own, whose memory nothing else has swollen.
EXPORT = """
import sys, time
import django; django.setup()
from pathlib import Path
from listening.audit.purposes import Purpose
from listening.fieldwork.models import User
from listening.records.export import export_conversations
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
person, before, started = User.objects.get(username="admin"), peak(), time.perf_counter()
exported = export_conversations(Path(sys.argv[1]), by=person, purpose=Purpose.SUPPORT)
print(exported.size, exported.conversations, time.perf_counter() - started, peak() - before, peak())
"""


def exporting() -> str:
    """Run both in turn, several times; returns the line for the table."""
    copy = statement(dt.date.min, dt.date.max).as_string(connection.connection)
    named = connection.settings_dict
    (psql, *_) = [server.command("psql") for server in postgis_servers()]
    # Like the command: without the limits of the web process, which keep its plans to one core.
    environment = os.environ | {"PGPASSWORD": named["PASSWORD"] or "", "PGOPTIONS": "-c jit=off"}
    where = ["-h", named["HOST"] or "127.0.0.1", "-p", str(named["PORT"] or 5432), "-U", named["USER"], named["NAME"]]
    ours, theirs, grown, held, size, number = [], [], 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            started = time.perf_counter()
            bare = Path(folder) / f"bare-{run}"
            with bare.open("wb") as file:
                subprocess.run([psql, "-Xq", *where, "-c", copy], stdout=file, env=environment, check=True)
            theirs.append(bare.stat().st_size / 1e6 / (time.perf_counter() - started))
            told = subprocess.run(
                [sys.executable, "-c", EXPORT, f"{folder}/product-{run}"], capture_output=True, text=True, check=True
            ).stdout.split()
            size, number, grown, held = int(told[0]), int(told[1]), int(told[3]), int(told[4])
            ours.append(size / 1e6 / float(told[2]))
    rates = statistics.median(ours), statistics.median(theirs)
    return (
        f"{'export of all conversations, MB/s':44}{rates[0]:12.1f}{rates[1]:12.1f}{rates[0] / rates[1]:8.2f}"
        f"   {number:,} in {size / 1e6:,.0f} MB; memory grew by {grown / 1000:.1f} MB to {held / 1000:.0f} MB"
    )
