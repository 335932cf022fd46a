"""The package knows numbers and codes alone, and tells no secret."""

import ast
from pathlib import Path

import listening.disclosure

MODULES = sorted(Path(listening.disclosure.__file__).parent.glob("*.py"))
ALLOWED = {
    "__future__", "collections", "dataclasses", "fractions", "hashlib", "hmac", "itertools", "json", "random",
    "types", "typing", "numpy", "scipy",
}  # fmt: skip


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


def test_it_imports_numbers_alone():
    assert len(MODULES) > 5
    names = {name for path in MODULES for name in imported(path) if not name.startswith("listening.disclosure")}
    assert {name.partition(".")[0] for name in names} - ALLOWED == set()


def test_the_solver_is_loaded_for_audits_alone():
    """A web process that reads published tables would pay for it."""
    heavy = {path.stem for path in MODULES if any(name.startswith("scipy") for name in imported(path))}
    assert heavy == {"attacker"}
    users = {path.stem for path in MODULES if "listening.disclosure.attacker" in imported(path)}
    assert users <= {"blocks", "audit", "revisions"}


def test_rounding_has_no_floating_point():
    """A floor of a product that is off by a last digit would round another way than its definition."""
    for name in ("rounding", "settle", "protect"):
        tree = ast.parse((MODULES[0].parent / f"{name}.py").read_text())
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), name
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), name
