"""Benchmarks: `make bench`, or `python -m tests.benchmarks --findings 100000 1000000`.

For each size a database of its own is made on the configured server, filled through capture with invented listening,
measured, and dropped. Every figure stands beside the bare SQL of the same run on the same data: read the ratios.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.benchmarks.peers import environment

# In a process of its own, because Django reads its settings once.
MEASURE = (
    "import django; django.setup(); from tests.benchmarks.measure import main; "
    "main({findings}, {seconds}, peers={peers})"
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--findings", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--seconds", type=float, default=8.0, help="Length of each ingest run.")
    parser.add_argument("--without-peers", action="store_true", help="Install and ask nobody else.")
    parser.add_argument("--keep", action="store_true", help="Keep the databases.")
    options = parser.parse_args()

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    from backend import settings

    if not settings.DATABASE_URL:
        sys.exit("There is no database server: run `.venv/bin/python -m backend.localdb up`, or set DATABASE_URL.")
    asked = {"seconds": options.seconds, "peers": not options.without_peers}
    if not options.without_peers:
        environment.prepare()
    for findings in options.findings:
        name = f"bench_{findings}"
        parts = urlsplit(settings.DATABASE_URL)
        with psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True) as server:
            # Without FORCE, which would end an autovacuum worker, as only a superuser may: it is waited for instead.
            server.execute(f'DROP DATABASE IF EXISTS "{name}"')
            server.execute(f'CREATE DATABASE "{name}"')
            try:
                measured = subprocess.run(
                    [sys.executable, "-c", MEASURE.format(**asked, findings=findings)],
                    env={
                        **os.environ,
                        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")),
                        "LISTENING_DEMO": "1",
                        "LISTENING_LOG_LEVEL": "ERROR",
                    },
                    check=False,
                )
            finally:
                if not options.keep:
                    server.execute(f'DROP DATABASE IF EXISTS "{name}"')
        if measured.returncode:
            return measured.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
