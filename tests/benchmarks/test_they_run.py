"""The benchmarks keep up with the product: they run, whatever they measure. Figures are for `make bench`."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `backend.wsgi`, once imported, leaves the second in the environment of the tests.
OF_THE_TESTS = {"DJANGO_SETTINGS_MODULE", "LISTENING_PROCESS"}


def test_with_little_to_measure():
    told = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--findings", "14000", "--seconds", "0.2", "--without-peers"],
        env={name: value for name, value in os.environ.items() if name not in OF_THE_TESTS},
        cwd=ROOT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2_000:]
    assert "0 differences from the records" in told.stdout
    assert "HTTP page 51 of 100" in told.stdout
    assert "HTTP density tile z13" in told.stdout
