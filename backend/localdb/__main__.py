"""The private PostGIS cluster of this checkout: python -m backend.localdb up|down|status|clean|url."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from backend.localdb.cluster import Cluster, cluster_of
from backend.localdb.problems import LocalDatabaseProblem

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m backend.localdb", description=__doc__)
    parser.add_argument("deed", choices=("up", "down", "status", "clean", "url"))
    deed: str = parser.parse_args().deed
    try:
        return DEEDS[deed](cluster_of(CHECKOUT))
    except LocalDatabaseProblem as problem:
        print(f"localdb: {problem}", file=sys.stderr)
        return 1


def up(cluster: Cluster) -> int:
    if cluster.is_outside:
        print(
            f"localdb: user {cluster.owner.name} cannot enter {cluster.checkout}; the cluster lies in {cluster.home}",
            flush=True,
        )
    record = cluster.up()
    print(f"localdb: running on {record.socket_directory} and 127.0.0.1:{record.port}")
    return 0


def down(cluster: Cluster) -> int:
    print("localdb: stopped" if cluster.down() else "localdb: was not running")
    return 0


def status(cluster: Cluster) -> int:
    """Exit code 0 when it runs, 3 when not, as `service status` does."""
    record = cluster.record()
    if record and cluster.answers(record):
        print(f"localdb: running on {record.socket_directory} and 127.0.0.1:{record.port}")
        return 0
    print(f"localdb: stopped, data in {cluster.home}" if cluster.data.exists() else "localdb: not created")
    return 3


def clean(cluster: Cluster) -> int:
    cluster.clean()
    print("localdb: removed")
    return 0


def url(cluster: Cluster) -> int:
    record = cluster.record()
    if record is None:
        raise LocalDatabaseProblem("no cluster was started here. Run: .venv/bin/python -m backend.localdb up")
    print(record.database_url)
    return 0


DEEDS = {"up": up, "down": down, "status": status, "clean": clean, "url": url}

if __name__ == "__main__":
    sys.exit(main())
