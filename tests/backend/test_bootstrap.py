"""From nothing to ready, or one message with the exact command; `.ci/run` and `make` around it."""

import ast
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from backend import bootstrap
from backend.bootstrap import CannotContinue
from backend.management.commands import doctor

ROOT = Path(__file__).resolve().parents[2]
INSTALL = (
    *("env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l"),
    *("apt-get", "install", "--no-install-recommends", "-y", "-q"),
)


@pytest.fixture
def ran(monkeypatch):
    """The commands that would have been run."""
    commands = []

    def run(command, **options):
        commands.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    return commands


# --- Python ------------------------------------------------------------------------------------------
def test_old_python_is_refused():
    bootstrap.refuse_old_python((3, 11))
    bootstrap.refuse_old_python((3, 14))
    with pytest.raises(CannotContinue, match=r"(?s)Python 3\.9 is too old.*make PYTHON=python3\.12 demo"):
        bootstrap.refuse_old_python((3, 9))


def test_the_oldest_python_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = ".".join(map(str, bootstrap.OLDEST_PYTHON))
    assert project["project"]["requires-python"] == f">={oldest}"
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert doctor.OLDEST_PYTHON == bootstrap.OLDEST_PYTHON


def test_it_needs_nothing_installed():
    """-S hides every package but the standard library."""
    command = [sys.executable, "-S", "-E", "-W", "error", "-m", "backend.bootstrap", "--help"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_old_python_can_read_what_refuses_it():
    """The message, not a SyntaxError or an unknown argument of 3.10, is what Debian 11 must see."""
    for name in ("backend/bootstrap.py", "backend/localdb/binaries.py", "backend/webclients/vendor.py"):
        source = (ROOT / name).read_text()
        ast.parse(source, feature_version=(3, 8))
        assert "from __future__ import annotations" in source  # list[str] | None
        assert not re.search(r"slots=True|kw_only=True|removeprefix|StrEnum|zip\(.*strict", source)
    imported = re.findall(
        r"^(?:from|import) (backend[.\w]*)", (ROOT / "backend/bootstrap.py").read_text(), re.MULTILINE
    )
    assert imported == ["backend.localdb.binaries", "backend.webclients.vendor"]


# --- Debian packages ---------------------------------------------------------------------------------
@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine with Python and make alone."""
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "postgis_servers", list)
    monkeypatch.setattr(bootstrap, "FONT", tmp_path / "no-font")
    monkeypatch.setattr(bootstrap, "OS_RELEASE", tmp_path / "os-release")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    monkeypatch.setattr(bootstrap.sys, "executable", "/usr/bin/python3")
    return tmp_path


@pytest.mark.parametrize(
    ("purpose", "environment", "expected"),
    [
        ("demo", {}, "python3-venv postgresql postgresql-postgis"),
        ("test", {}, "python3-venv postgresql postgresql-postgis chromium fonts-dejavu-core"),
        ("demo", {"DATABASE_URL": "postgis://elsewhere"}, "python3-venv"),
        ("demo", {"DATABASE_URL": ""}, "python3-venv postgresql postgresql-postgis"),
        ("test", {"DATABASE_URL": "postgis://elsewhere"}, "python3-venv chromium fonts-dejavu-core"),
    ],
)
def test_what_a_bare_machine_misses(bare, purpose, environment, expected):
    assert bootstrap.missing_packages(purpose, environment) == expected.split()


def test_what_is_there_is_not_missing(bare, monkeypatch):
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: object())
    monkeypatch.setattr(bootstrap, "postgis_servers", lambda: [object()])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/usr/bin/chromium" if name == "chromium" else None)
    assert bootstrap.missing_packages("test", {}) == ["fonts-dejavu-core"]
    (bare / "no-font").touch()
    assert bootstrap.missing_packages("test", {}) == []


def test_ubuntu_has_no_package_of_a_browser(bare):
    (bare / "os-release").write_text('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n')
    assert "chromium" not in bootstrap.missing_packages("test", {})
    (bare / "os-release").write_text('NAME="Debian GNU/Linux"\nID=debian\n')
    assert "chromium" in bootstrap.missing_packages("test", {})


def test_a_second_python_has_a_package_of_its_version(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap.sys, "executable", str(tmp_path / "python3"))
    assert bootstrap.venv_package() == f"python3.{sys.version_info[1]}-venv"


def test_root_installs(ran, monkeypatch):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    bootstrap.install_packages(["postgresql", "chromium"])
    assert [" ".join(command) for command in ran] == [
        "apt-get update -q",
        " ".join([*INSTALL, "postgresql", "chromium"]),
    ]


def test_nothing_missing_nothing_run(ran):
    bootstrap.install_packages([])
    assert ran == []


def test_sudo_installs(ran, monkeypatch):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    bootstrap.install_packages(["postgresql"])
    assert [command[:2] for command in ran] == [["sudo", "-n"], ["sudo", "apt-get"], ["sudo", "env"]]


@pytest.mark.parametrize("sudo", ["absent", "asks for a password that nobody can type"])
def test_whoever_may_not_install_gets_the_exact_command(ran, monkeypatch, sudo):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    there = {"apt-get"} if sudo == "absent" else {"apt-get", "sudo"}
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name if name in there else None)
    refused = SimpleNamespace(returncode=1)
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda command, **options: ran.append(command) or refused)
    monkeypatch.setattr(bootstrap.sys, "stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(CannotContinue) as caught:
        bootstrap.install_packages(["python3-venv", "postgresql", "postgresql-postgis"])
    lines = str(caught.value).splitlines()
    assert lines[1] == (
        "    apt-get update && apt-get install --no-install-recommends -y python3-venv postgresql postgresql-postgis"
    )
    assert "DATABASE_URL" in str(caught.value)
    assert [command for command in ran if "apt-get" in command] == []


def test_somebody_at_a_terminal_may_type_the_password(monkeypatch):
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name)
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda command, **options: SimpleNamespace(returncode=1))
    monkeypatch.setattr(bootstrap.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    assert bootstrap.privilege() == ["sudo"]


def test_another_distribution(ran, monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(CannotContinue, match="no apt-get here: postgresql"):
        bootstrap.install_packages(["postgresql"])
    assert ran == []


# --- .venv -------------------------------------------------------------------------------------------
@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A checkout whose `python -m venv` and `pip` leave what the real ones leave."""
    commands = []
    venv = tmp_path / ".venv"

    def run(command, **options):
        commands.append(command)
        if "venv" in command:
            shutil.rmtree(venv, ignore_errors=True)
            (venv / "bin").mkdir(parents=True)
            (venv / "bin" / "python").touch()
            (venv / "bin" / "pip").write_text(f"#!{venv}/bin/python\n")
        elif (tmp_path / "fail").exists():
            raise subprocess.CalledProcessError(1, command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    for name in bootstrap.REQUIREMENTS.values():
        (tmp_path / name).write_text(f"{name}\n")

    def make(purpose):
        commands.clear()
        bootstrap.make_environment(bootstrap.REQUIREMENTS[purpose])
        return ["venv" if "venv" in command else " ".join(command[-3:]) for command in commands]

    return SimpleNamespace(path=tmp_path, venv=venv, make=make)


def test_an_environment_is_made_once(folder):
    installed = [f"--require-hashes -r {folder.path}/requirements.txt"]
    assert folder.make("demo") == ["venv", *installed]
    assert folder.make("demo") == []
    (folder.path / "requirements.txt").write_text("changed\n")
    assert folder.make("demo") == installed


def test_what_the_tests_need_holds_what_the_demo_needs(folder):
    assert len(folder.make("test")) == 2
    assert folder.make("demo") == []
    assert folder.make("test") == []
    folder.make("demo")
    shutil.rmtree(folder.venv)
    folder.make("demo")
    assert folder.make("test") == [f"--require-hashes -r {folder.path}/requirements-dev.txt"]


def test_an_interrupted_installation_is_not_taken_for_whole(folder):
    (folder.path / "fail").touch()
    with pytest.raises(subprocess.CalledProcessError):
        folder.make("demo")
    (folder.path / "fail").unlink()
    installed = [f"--require-hashes -r {folder.path}/requirements.txt"]
    assert folder.make("demo") == installed
    # Half of the new versions are in, and then the old file comes back.
    (folder.path / "requirements.txt").write_text("newer\n")
    (folder.path / "fail").touch()
    with pytest.raises(subprocess.CalledProcessError):
        folder.make("demo")
    (folder.path / "fail").unlink()
    (folder.path / "requirements.txt").write_text("requirements.txt\n")
    assert folder.make("demo") == installed


@pytest.mark.parametrize("damage", ["moved", "half", "python of another machine"])
def test_a_broken_environment_is_made_anew(folder, damage):
    folder.make("demo")
    if damage == "moved":
        (folder.venv / "bin" / "pip").write_text("#!/old/place/.venv/bin/python\n")
    elif damage == "half":
        (folder.venv / "bin" / "pip").unlink()
    else:
        (folder.venv / "bin" / "python").unlink()
        (folder.venv / "bin" / "python").symlink_to("/no/such/python3.11")
    assert folder.make("demo")[0] == "venv"


def test_the_long_first_line_of_a_deep_checkout(folder):
    """pip writes `#!/bin/sh` and the path on the second line when the path is too long for the kernel."""
    folder.make("demo")
    (folder.venv / "bin" / "pip").write_text(f'#!/bin/sh\n\'\'\'exec\' "{folder.venv}/bin/python" "$0" "$@"\n')
    assert folder.make("demo") == []


@pytest.mark.parametrize("file", sorted(bootstrap.REQUIREMENTS.values()))
def test_extras_are_pinned_with_their_package(file):
    """pip before 23.3, that of Debian 12, takes `coverage[toml]>=7` for unpinned beside `coverage==7.17.3`.

    It then fetches the newest release and refuses it for want of a hash: the day after a release nothing installs.
    """
    pinned = {}
    for name, extras in re.findall(r"^([\w.-]+)(?:\[([\w,-]+)\])?==", (ROOT / file).read_text(), re.MULTILINE):
        pinned[name] = set(filter(None, extras.split(",")))
    wanting = [
        (name, str(requirement))
        for name, chosen in pinned.items()
        for requirement in map(Requirement, importlib.metadata.requires(name) or [])
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": one}) for one in {*chosen, ""})
        if not requirement.extras <= pinned.get(requirement.name.lower().replace("_", "-"), set())
    ]
    assert pinned
    assert wanting == []


# --- as a command ------------------------------------------------------------------------------------
def fail_with(problem):
    def fail(*arguments):
        raise problem

    return fail


@pytest.mark.parametrize(
    ("problem", "code", "said"),
    [
        (CannotContinue("do this"), 1, "bootstrap: do this\n"),
        (
            subprocess.CalledProcessError(100, ["apt-get", "a b"]),
            1,
            "bootstrap: failed with exit code 100: apt-get 'a b'\n",
        ),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_what_goes_wrong_is_one_message(monkeypatch, capsys, problem, code, said):
    monkeypatch.setattr("sys.argv", ["bootstrap", "demo"])
    monkeypatch.setattr(bootstrap, "missing_packages", fail_with(problem))
    assert bootstrap.main() == code
    assert capsys.readouterr().err == said


# --- make and .ci/run --------------------------------------------------------------------------------
def make(*arguments, folder=ROOT, **variables):
    command = ["make", "--no-print-directory", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment.pop("PORT", None)
    return subprocess.run(
        command, cwd=folder, env={**environment, **variables}, capture_output=True, text=True, check=False
    )


def test_make_lists_what_it_can_do():
    told = make().stdout
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "lint", "doctor", "bench", "stop", "clean", "lock"} <= set(targets)
    assert re.findall(r"^make ([a-z]+)", told, re.MULTILINE) == targets


@pytest.mark.parametrize(
    ("arguments", "variables", "port"),
    [([], {}, "8000"), (["PORT=8123"], {}, "8123"), ([], {"PORT": "8124"}, "8124"), ([], {"PORT": ""}, "")],
)
def test_make_hands_the_port_on(arguments, variables, port):
    assert f"PORT='{port}' exec .venv/bin/python manage.py demo" in make("-n", "demo", *arguments, **variables).stdout


def test_a_server_of_ones_own_means_no_private_cluster(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "python").write_text("#!/bin/sh\necho would run: $*\n")
    (tmp_path / "python").chmod(0o755)
    quiet = make("database", "PYTHON=./python", folder=tmp_path, DATABASE_URL="postgis://elsewhere")
    assert (quiet.returncode, quiet.stdout) == (0, "")
    assert make("database", "PYTHON=./python", folder=tmp_path, DATABASE_URL="").stdout == (
        "would run: -m backend.localdb up\n"
    )


@pytest.mark.parametrize(("target", "deed"), [("stop", "down"), ("clean", "clean")])
def test_both_private_clusters_are_known(tmp_path, target, deed):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "python").write_text('#!/bin/sh\necho "${PWD##*/}: $*"\n')
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "var" / "second" / "var").mkdir(parents=True)
    (tmp_path / "backend" / "locale").mkdir(parents=True)
    told = make("--silent", target, f"PYTHON={tmp_path}/python", folder=tmp_path).stdout
    assert told == f"second: -m backend.localdb {deed}\n{tmp_path.name}: -m backend.localdb {deed}\n"


@pytest.mark.parametrize(
    ("arguments", "runs"),
    [([], ["-m tests.lanes"]), (["ARGS=tests/docs -x"], ["-m pytest tests/docs -x"])],
    ids=["all in two lanes", "what was asked for in one"],
)
def test_make_test_runs(arguments, runs):
    told = make("-n", "test", *arguments, DATABASE_URL="postgis://elsewhere").stdout
    assert re.findall(r"-m (?:pytest|tests).*", told) == runs


def test_the_doctor_says_what_to_run_first(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    finished = make("doctor", folder=tmp_path)
    assert finished.returncode != 0
    assert "There is no .venv yet. Run: make demo" in finished.stderr


@pytest.fixture
def ci(tmp_path):
    """A copy of .ci/run, beside a `make` that leaves a program running and a localdb that writes down its calls."""
    (tmp_path / "checkout" / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", tmp_path / "checkout" / ".ci" / "run")
    programs = {
        "make": f'echo "make $*" >> {tmp_path}/calls\nsleep 321 &\necho $! > {tmp_path}/left\n'
        "mkdir -p var; touch var/localdb.lock\n"
        '[ -z "$LANES" ] || mkdir -p var/second/var\n'
        f'[ -z "$SLOW" ] || {{ touch {tmp_path}/begun; sleep 321; }}\nexit 7\n',
        "python3": f'[ "${{PWD##*/}}" != second ] || printf "in lane two: " >> {tmp_path}/calls\n'
        f'echo "$*" >> {tmp_path}/calls\n[ "$3" != status ] || exit "$STATUS"\n',
    }
    for name, text in programs.items():
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / "bin" / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "STATUS": "3", "SLOW": "", "LANES": ""}

    def start(**variables):
        # What a shell runs in its background ignores SIGINT, and a script cannot catch what was ignored before it.
        heard = ["env", "--default-signal=INT"]
        return subprocess.Popen([*heard, tmp_path / "checkout" / ".ci" / "run"], env={**environment, **variables})

    def left():
        return Path(f"/proc/{(tmp_path / 'left').read_text().strip()}/cmdline")

    return SimpleNamespace(
        path=tmp_path, start=start, left=left, calls=lambda: (tmp_path / "calls").read_text().splitlines()
    )


def ended(process, patience=5.0):
    """True once the process is gone, or a zombie that nobody has asked about."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if process.read_bytes() == b"":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_ci_fails_as_make_fails_and_leaves_nothing(ci):
    assert ci.start().wait(180) == 7
    assert ci.calls() == ["make test", "-m backend.localdb clean"]
    assert ended(ci.left())


def test_ci_takes_away_the_server_of_lane_two(ci):
    assert ci.start(LANES="yes", STATUS="0").wait(180) == 7
    assert ci.calls() == ["make test", "in lane two: -m backend.localdb clean", "-m backend.localdb clean"]


@pytest.mark.parametrize(
    ("status", "calls"),
    [("0", ["make test"]), ("3", ["make test", "-m backend.localdb down"])],
    ids=["it ran before", "it was stopped before"],
)
def test_ci_leaves_a_cluster_that_was_there_as_it_was(ci, status, calls):
    """Somebody's data may be in it: it is never removed."""
    (ci.path / "checkout" / "var").mkdir()
    (ci.path / "checkout" / "var" / "localdb.json").write_text("{}")
    assert ci.start(STATUS=status).wait(180) == 7
    assert ci.calls() == ["-m backend.localdb status", *calls]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_ci_that_is_stopped_stops_what_it_started(ci, number, code):
    process = ci.start(SLOW="yes")
    deadline = time.monotonic() + 60
    while not (ci.path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(180) == code
    assert ended(ci.left())
    assert ci.calls()[-1] == "-m backend.localdb clean"
