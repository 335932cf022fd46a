"""The files of others that pages load: fetched with npm at set-up, checked by SHA-256, kept out of the repository.

    python -m backend.webclients.vendor

Standard library only, as the set-up that runs it. What is fetched is in `package.json` and its lock file, which files
of it are taken and what they hold in `vendor.sha256`. Without them every page works, and the map is a drawing.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Below `static/`, so that collectstatic finds them; git ignores the folder.
FOLDER = HERE / "static" / "webclients"
LIST = HERE / "vendor.sha256"
PACKAGE = Path("node_modules") / "maplibre-gl"
# Scripts of packages are never run. The lock file names no server: npm asks the one that it is set up for.
NPM = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")


class CannotFetch(Exception):
    """Why the files are not there, in one line."""


def wanted() -> dict[str, str]:
    """SHA-256 of each file by its name, as `sha256sum` writes them."""
    lines = LIST.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def faults(folder: Path = FOLDER) -> list[str]:
    """What is missing of the files or is not what was checked in; empty when all are there."""
    found = []
    for name, digest in wanted().items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            found.append(f"{name} is not the file of {LIST.name}")
    return found


def fetch(folder: Path = FOLDER) -> bool:
    """Fetch what is missing; whether anything was. A file is in its place whole and checked, or not at all.

    Raises CannotFetch when there is no npm, no network, or another file than the list has.
    """
    if not faults(folder):
        return False
    npm = shutil.which("npm")
    if npm is None:
        raise CannotFetch("there is no npm on this machine")
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, scratch)
        finished = subprocess.run([npm, *NPM], cwd=scratch, capture_output=True, text=True, check=False)
        if finished.returncode:
            said = [line for line in finished.stderr.splitlines() if line.strip()]
            raise CannotFetch(f"npm failed: {said[0] if said else finished.returncode}")
        chosen = Path(scratch) / "chosen"
        chosen.mkdir()
        for name in wanted():
            [source] = [*Path(scratch, PACKAGE).glob(name), *Path(scratch, PACKAGE, "dist").glob(name)]
            shutil.copy(source, chosen)
        if wrong := faults(chosen):
            raise CannotFetch("; ".join(wrong))
        folder.mkdir(parents=True, exist_ok=True)
        for name in wanted():
            shutil.copy(chosen / name, folder / f".{name}")
            (folder / f".{name}").replace(folder / name)
    return True


def main() -> int:
    """Exit code 1 with one line when the files cannot be fetched."""
    try:
        if fetch():
            print(f"web clients: fetched {', '.join(wanted())}")
    except CannotFetch as problem:
        print(f"web clients: the map stays a drawing, {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
