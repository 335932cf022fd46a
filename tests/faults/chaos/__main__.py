"""`make chaos`: exit code 1 unless nothing was lost. By default 102,000 ops and 120 faults, in three runs."""

from __future__ import annotations

import argparse
import sys

from tests.faults.chaos.database import own_database
from tests.faults.chaos.nemesis import controls
from tests.faults.chaos.run import Run, run_once, total


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--ops", type=int, default=34_000, help="Ops to acknowledge in each run.")
    parser.add_argument("--faults", type=int, default=40, help="Strikes of the nemesis in each run.")
    parser.add_argument("--seeds", type=int, default=3, help="Number of runs.")
    parser.add_argument("--seed", type=int, default=1, help="The first seed; the others follow it.")
    parser.add_argument("--pushers", type=int, default=12, help="Phones that push; three more only pull.")
    parser.add_argument("--without", nargs="*", default=[], choices=sorted(controls()), help="Guards to take out.")
    options = parser.parse_args()

    runs = list[Run]()
    # A run leaves some kilobytes per op.
    with own_database(options.pushers, disk_mb=2_048 + options.ops // 50) as database:
        if database.disk is None:
            print(f"The disk is never full: it could not be mounted ({database.why_no_disk}).")
        for seed in range(options.seed, options.seed + options.seeds):
            run = run_once(database, ops=options.ops, faults=options.faults, seed=seed, without=options.without)
            print(f"{run.line()}\n{run.details()}", flush=True)
            runs.append(run)
    if len(runs) > 1:
        print(total(runs))
    return 0 if all(run.is_good for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
