"""`make chaos ARGS="--ops 100000 --faults 100 --seeds 3"`: exit code 1 unless nothing was lost."""

from __future__ import annotations

import argparse
import sys

from tests.faults.chaos.database import own_database
from tests.faults.chaos.nemesis import controls
from tests.faults.chaos.run import run_once


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--ops", type=int, default=10_000, help="Ops to acknowledge in each run.")
    parser.add_argument("--faults", type=int, default=50, help="Strikes of the nemesis in each run.")
    parser.add_argument("--seeds", type=int, default=1, help="Number of runs.")
    parser.add_argument("--seed", type=int, default=1, help="The first seed; the others follow it.")
    parser.add_argument("--pushers", type=int, default=6, help="Phones that push; three more only pull.")
    parser.add_argument("--without", nargs="*", default=[], choices=sorted(controls()), help="Guards to take out.")
    options = parser.parse_args()

    is_good = True
    # A run leaves some kilobytes per op.
    with own_database(options.pushers, disk_mb=2_048 + options.ops // 50) as database:
        if database.disk is None:
            print(f"The disk is never full: it could not be mounted ({database.why_no_disk}).")
        for seed in range(options.seed, options.seed + options.seeds):
            run = run_once(database, ops=options.ops, faults=options.faults, seed=seed, without=options.without)
            print(f"{run.line()}\n{run.details()}", flush=True)
            is_good = is_good and run.is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
