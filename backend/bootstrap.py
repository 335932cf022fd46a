"""From a fresh Debian or Ubuntu to a ready `.venv` and PostGIS. Run by the system's own python3.

    python3 -m backend.bootstrap demo    what the service needs
    python3 -m backend.bootstrap test    also what the tests need

Standard library only: nothing is installed yet when this runs. It does nothing, quickly, when nothing is missing.
Exits 1 with the exact command to run when it is not allowed to install Debian packages itself.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from backend.localdb.binaries import postgis_servers
from backend.webclients.vendor import faults as missing_assets

OLDEST_PYTHON = (3, 11)
CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
REQUIREMENTS = {"demo": "requirements.txt", "test": "requirements-dev.txt"}
OS_RELEASE = Path("/etc/os-release")
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


class CannotContinue(Exception):
    """What is wrong and what to do about it, for the terminal."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("purpose", choices=sorted(REQUIREMENTS))
    purpose: str = parser.parse_args().purpose
    try:
        refuse_old_python()
        install_packages(missing_packages(purpose, os.environ))
        make_environment(REQUIREMENTS[purpose])
        fetch_assets(purpose)
    except CannotContinue as problem:
        print(f"bootstrap: {problem}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"bootstrap: failed with exit code {failure.returncode}: {shlex.join(failure.cmd)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def refuse_old_python(version: tuple[int, ...] = tuple(sys.version_info[:2])) -> None:
    if version < OLDEST_PYTHON:
        raise CannotContinue(
            f"Python {version[0]}.{version[1]} is too old, {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed.\n"
            "Debian 12 and Ubuntu 24.04 bring one. With another beside it: make PYTHON=python3.12 demo"
        )


# --- Debian packages ---------------------------------------------------------------------------------
def missing_packages(purpose: str, environment: Mapping[str, str]) -> list[str]:
    """The Debian packages without which `purpose` does not work here."""
    missing = []
    if find_spec("ensurepip") is None and not environment_works():
        missing.append(venv_package())
    if not environment.get("DATABASE_URL") and not postgis_servers():
        missing += ["postgresql", "postgresql-postgis"]
    if purpose == "test":
        if shutil.which("chromium") is None and browser_is_a_package():
            missing.append("chromium")
        if not FONT.exists():
            missing.append("fonts-dejavu-core")
        if shutil.which("npm") is None and missing_assets():
            missing.append("npm")
    return missing


def browser_is_a_package() -> bool:
    """Not on Ubuntu: its chromium is a snap, which no container installs. There tests with a browser are skipped."""
    return not (OS_RELEASE.exists() and "ID=ubuntu" in OS_RELEASE.read_text(encoding="utf-8").splitlines())


def venv_package() -> str:
    """Debian's own Python has the plain name; a second one beside it has a package of its version."""
    own = Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve()
    return "python3-venv" if own else f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def install_packages(packages: Sequence[str]) -> None:
    if not packages:
        return
    if shutil.which("apt-get") is None:
        raise CannotContinue(f"these packages are missing and there is no apt-get here: {' '.join(packages)}")
    prefix = privilege()
    if prefix is None:
        command = f"apt-get update && apt-get install --no-install-recommends -y {' '.join(packages)}"
        raise CannotContinue(
            "Debian packages are missing and this user may not add them. Run once, as an administrator:\n"
            f"    {command}\n"
            "and then the same make command again. With DATABASE_URL set to a PostGIS server of yours "
            "no server package is needed."
        )
    print(f"bootstrap: installing Debian packages: {' '.join(packages)}", flush=True)
    # The packages bring a cluster "main" on a machine without one. It is not used; ours is private.
    variables = ["env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l"]
    install = [*prefix, *variables, "apt-get", "install", "--no-install-recommends", "-y", "-q", *packages]
    # One source that does not answer makes this fail; the packages may well come from the others.
    subprocess.run([*prefix, "apt-get", "update", "-q"], check=False)
    subprocess.run(install, check=True)


def privilege() -> list[str] | None:
    """What to put before a command that needs root; None when there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo"]
    # Only somebody at a terminal can type the password.
    return ["sudo"] if sys.stdin.isatty() else None


# --- Python packages ---------------------------------------------------------------------------------
def environment_works() -> bool:
    """False also for one copied or moved here: its scripts still point to the old place."""
    pip = VENV / "bin" / "pip"
    if not (VENV / "bin" / "python").exists() or not pip.exists():
        return False
    return str(VENV) in pip.read_text(encoding="utf-8", errors="replace")


def make_environment(requirements: str) -> None:
    """`.venv` holding exactly what the compiled file lists, each download checked against its hash."""
    wanted = stamp(requirements)
    recorded = VENV / "installed-requirements"
    installed = recorded.read_text(encoding="utf-8").split("\n") if recorded.exists() and environment_works() else []
    # What the tests need holds what the service needs, so `make demo` after `make test` has nothing to do.
    if wanted in installed or (requirements == REQUIREMENTS["demo"] and stamp(REQUIREMENTS["test"]) in installed):
        return
    recorded.unlink(missing_ok=True)
    if not environment_works():
        print("bootstrap: creating .venv", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    print(f"bootstrap: installing {requirements} into .venv", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "--require-hashes", "-r", str(CHECKOUT / requirements)], check=True)
    recorded.write_text(wanted, encoding="utf-8")


def fetch_assets(purpose: str) -> None:
    """The map library of the dashboard. Its page works without, its tests do not: those who only look go on."""
    if not missing_assets():
        return
    command = [str(VENV / "bin" / "python"), "-m", "backend.webclients.vendor"]
    if subprocess.run(command, cwd=CHECKOUT, check=False).returncode and purpose == "test":
        raise CannotContinue("the tests need the map library of the dashboard, which could not be fetched.")


def stamp(requirements: str) -> str:
    """One line that changes when the requirements, the Python or the place of the checkout change."""
    digest = hashlib.sha256((CHECKOUT / requirements).read_bytes()).hexdigest()
    return f"{requirements} {digest} {sys.version_info[0]}.{sys.version_info[1]} {CHECKOUT}"


if __name__ == "__main__":
    sys.exit(main())
