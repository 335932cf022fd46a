"""Who may import whom is written down once, in pyproject.toml, and leaves nothing out; `make lint` proves it."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("backend", "districts", "listening")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = next(contract["layers"] for contract in CONTRACTS if contract["id"] == "layers")
# What says nothing about what it is for, so everything ends up in it.
NAMELESS = {"utils", "util", "helpers", "common", "misc", "services", "managers", "lib", "shared", "base"}

MODULES = sorted(
    path.relative_to(ROOT).with_suffix("") for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)


def test_no_contract_looks_away():
    assert not [contract["id"] for contract in CONTRACTS if contract.get("ignore_imports")]


def test_every_module_has_a_place_in_the_layers():
    placed = {name.strip() for layer in LAYERS for name in layer.replace(":", "|").split("|")}
    top = {
        # Packages directly below the roots, and the roots that are a layer as a whole.
        parts[0] if parts[0] in placed else ".".join(parts[:2])
        for parts in (module.parts for module in MODULES)
        if parts[1:] != ("__init__",)
    }
    assert top - placed == set()
    assert placed - top == set()


def test_modules_are_named_after_what_they_do():
    assert not [module for module in MODULES if NAMELESS & set(module.parts)]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_marked_as_such(package):
    """A folder without __init__.py would be invisible to the contracts."""
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def test_roots_say_nothing():
    """An __init__ that imports would be imported by everyone who wants one module of the package."""
    for module in MODULES:
        if module.name == "__init__":
            tree = ast.parse((ROOT / module).with_suffix(".py").read_text())
            assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)], module
