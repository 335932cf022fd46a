"""Two lanes of tests side by side: `tests.lanes` in a checkout whose pytest and localdb write down their calls."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import lanes

PYTEST = """\
#!/bin/sh
ls -A > "$NOTES/files-of-${PWD##*/}"
[ -z "$SLOW" ] || exec "$REAL_PYTHON" -c "$SLOW" "$@"
echo "$PWD $*" >> "$NOTES/runs"
echo "said by pytest $*"
case "$*" in *"$FAILS"*) exit 1 ;; esac
"""
# As pytest does: interrupted, it takes away what it made; terminated, it is gone.
SLOW = """\
import os, sys, time
def note(name):
    with open(os.environ["NOTES"] + "/" + name, "a") as notes:
        print(os.getcwd(), *sys.argv[1:], file=notes)
try:
    note("runs")
    time.sleep(321)
except KeyboardInterrupt:
    time.sleep(0.5)
    note("tidied")
"""
LOCALDB = """\
import os, pathlib, sys
pathlib.Path("var").mkdir(exist_ok=True)
with open(os.environ["NOTES"] + "/servers", "a") as notes:
    print(os.getcwd(), sys.argv[1], file=notes)
"""


@pytest.fixture
def suite(tmp_path):
    """A checkout with the lanes and nothing to test; `notes` are lines that its programs wrote."""
    checkout, notes = tmp_path / "checkout", tmp_path / "notes"
    for folder in (checkout / "tests", checkout / "backend", checkout / ".venv" / "bin", checkout / ".git", notes):
        folder.mkdir(parents=True)
    (checkout / "var").mkdir()
    shutil.copy(lanes.__file__, checkout / "tests")
    (checkout / "backend" / "localdb.py").write_text(LOCALDB)
    (checkout / ".venv" / "bin" / "python").write_text(PYTEST)
    (checkout / ".venv" / "bin" / "python").chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    def start(**variables):
        given = {"NOTES": str(notes), "FAILS": "no such run", "SLOW": "", "REAL_PYTHON": sys.executable}
        return subprocess.Popen(
            ["env", "--default-signal=INT", sys.executable, "-m", "tests.lanes"],
            cwd=checkout, env=environment | given | variables,
            stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def read(name):
        file = notes / name
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_two_runs():
        deadline = time.monotonic() + 60
        while len(read("runs")) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)

    return SimpleNamespace(
        checkout=checkout, copy=checkout / lanes.COPY, start=start, notes=read, wait_for_two_runs=wait_for_two_runs
    )


def spelled(folder: Path, run: list[str]) -> str:
    return f"{folder} -m pytest {' '.join(run)}"


def test_every_test_is_in_one_lane():
    folders = [*lanes.SECOND, lanes.OPEN]
    assert all((lanes.ROOT / folder).is_dir() for folder in folders)
    assert [[f"--ignore={folder}" for folder in folders]] == lanes.FIRST_RUNS
    assert [run[-1] for run in lanes.SECOND_RUNS] == [lanes.SECOND[-1], lanes.OPEN]
    assert "tests/architecture" not in folders  # asks git, which knows the checkout and not its copy


@pytest.mark.parametrize(
    ("fails", "code"), [("no such run", 0), ("--ignore=", 1), ("pytest tests/", 1), ("pytest -W", 1)]
)
def test_both_lanes_run_to_their_end(suite, fails, code):
    process = suite.start(FAILS=fails)
    told = process.communicate(timeout=120)[0]
    assert process.returncode == code
    assert sorted(suite.notes("runs")) == sorted(
        [spelled(suite.checkout, lanes.FIRST_RUNS[0]), *(spelled(suite.copy, run) for run in lanes.SECOND_RUNS)]
    )
    assert told.count("said by pytest") == 3
    assert told.count("--- lane two ---") == 1


def test_lane_two_has_a_copy_and_a_server_of_its_own(suite):
    suite.start().communicate(timeout=120)
    assert suite.notes("files-of-second") == [".venv", "backend", "tests", "var"]
    assert suite.notes("servers") == [f"{suite.copy} up", f"{suite.copy} clean"]
    assert not suite.copy.exists()


def test_what_a_killed_run_left_is_taken_away_first(suite):
    shutil.copytree(suite.checkout / "backend", suite.copy / "backend")
    (suite.copy / "var").mkdir()
    (suite.copy / "left.py").touch()
    suite.start().communicate(timeout=120)
    assert "left.py" not in suite.notes("files-of-second")
    assert suite.notes("servers") == [f"{suite.copy} {deed}" for deed in ("clean", "up", "clean")]


def test_a_server_of_ones_own_serves_one_run_after_the_other(suite):
    process = suite.start(DATABASE_URL="postgis://elsewhere", FAILS="--ignore=")
    process.communicate(timeout=120)
    assert process.returncode == 1
    assert suite.notes("runs") == [spelled(suite.checkout, run) for run in lanes.FIRST_RUNS + lanes.SECOND_RUNS]
    assert suite.notes("servers") == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_they_leave_nothing(suite, number, code):
    process = suite.start(SLOW=SLOW)
    suite.wait_for_two_runs()
    os.killpg(process.pid, number)
    process.communicate(timeout=120)
    assert process.returncode == code
    assert len(suite.notes("runs")) == 2  # what waited is not begun
    assert len(suite.notes("tidied")) == (2 if number == signal.SIGINT else 0)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert suite.notes("servers")[-1] == f"{suite.copy} clean"
    assert not suite.copy.exists()


def test_a_signal_to_the_lanes_alone_stops_both(suite):
    process = suite.start(SLOW=SLOW)
    suite.wait_for_two_runs()
    process.terminate()
    process.communicate(timeout=120)
    assert process.returncode == 143
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
