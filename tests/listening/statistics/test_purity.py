"""The package knows numbers alone."""

import ast
from pathlib import Path

import listening.statistics

MODULES = sorted(Path(listening.statistics.__file__).parent.glob("*.py"))
ALLOWED = {
    "__future__", "collections", "contextlib", "dataclasses", "typing", "warnings",
    "numpy", "scipy", "esda", "libpysal",
}  # fmt: skip


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield node.module


def test_it_imports_numbers_alone():
    assert len(MODULES) > 10
    names = {name for path in MODULES for name in imported(path) if not name.startswith("listening.statistics")}
    assert {name.partition(".")[0] for name in names} - ALLOWED == set()


def test_what_is_heavy_is_loaded_for_clusters_alone():
    """Each web process would pay for it: esda brings geopandas and scikit-learn, scipy.stats a second of its own."""
    heavy = {
        path.stem for path in MODULES for name in imported(path) if name.startswith(("esda", "libpysal", "scipy.stats"))
    }
    assert heavy <= {"clusters"}
