"""Simulations: `python -m tests.simulations` holds the statistics against invented cities whose truth is known.

Prints a table of figures and the band in which each must lie; ends with 1 if one does not. The seed is fixed.
"""

from __future__ import annotations

import argparse
import sys

from tests.simulations.expected import EXPECTED
from tests.simulations.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulations", description=__doc__)
    parser.add_argument("--part", type=float, default=1.0, help="Part of the repetitions; 1 takes about a minute.")
    options = parser.parse_args()
    print("| figure | found | must lie in |\n|---|---|---|")
    outside = []
    for name, value in run(options.part):
        band = EXPECTED[name]
        if not band.holds(value):
            outside.append(name)
        print(f"| {name} | {value:.3f}{'' if band.holds(value) else ' OUTSIDE'} | {band} |", flush=True)
    if outside:
        print(f"{len(outside)} outside of their bands: {'; '.join(outside)}", file=sys.stderr)
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
