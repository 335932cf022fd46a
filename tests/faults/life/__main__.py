"""`python -m tests.faults.life`: the life of one record, line by line. Exit code 1 when something is left of it."""

from __future__ import annotations

import sys

from tests.faults.life import tell


def main() -> int:
    try:
        tell(lambda line: print(line, flush=True))
    except AssertionError as failed:
        print(f"something is left: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
