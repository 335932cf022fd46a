"""What is in the repository works on another machine: pinned by hash, no address of an index, no path of somebody's."""

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ;\\]+", re.MULTILINE)
# A folder that belongs to one machine, not to every Debian as /usr/bin does.
MACHINE_PATH = re.compile(r"(?<![\w./:}~])/(?:home|root|work|Users|mnt|workspace|builds)/[\w.]")
INDEX = re.compile(
    r"--(?:extra-)?index-url[= ]+http|--find-links[= ]+\S|--trusted-host[= ]+\w|pypi[.]org"
    r"|pythonhosted[.]org|artifactor[y]|PIP_INDEX_URL[=]",
    re.IGNORECASE,
)  # fmt: skip


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"])
def test_every_pin_has_hashes(name):
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert len(pins) > 20
    for pin in pins:
        assert PIN.match(pin), pin
        assert "--hash=sha256:" in pin, pin


@pytest.mark.parametrize(
    "name", [f"requirements{of}.{kind}" for of in ("", "-dev", "-bench") for kind in ("in", "txt")]
)
def test_requirements_name_no_host(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert " @ " not in text
    assert not INDEX.search(re.sub(r"--no-emit-[a-z-]+", "", text))


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-bench"])
def test_what_is_asked_for_is_what_is_pinned(name):
    asked = re.findall(r"^([a-z0-9][a-z0-9-]+)", (ROOT / f"{name}.in").read_text().lower(), re.MULTILINE)
    pinned = re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", (ROOT / f"{name}.txt").read_text(), re.MULTILINE)
    assert asked
    assert set(asked) - set(pinned) == set()


def test_every_pin_runs_on_the_python_of_debian_12():
    """A newer Python on the machine where the files are compiled lets in what `make demo` cannot install elsewhere."""
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    found = {canonicalize_name(one.name): one.metadata["Requires-Python"] for one in metadata.distributions()}
    assert pinned <= found.keys()
    assert {name for name in pinned if not SpecifierSet(found[name] or "").contains("3.11.2")} == set()


def test_no_file_names_an_index_or_a_path_of_one_machine():
    files = tracked()
    assert len(files) > 200
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files
        for pattern in (MACHINE_PATH, INDEX)
        for match in pattern.finditer(text_of(path))
    ]
    assert not found
