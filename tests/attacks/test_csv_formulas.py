"""No CSV that the product writes starts a formula in a spreadsheet; there is one place that writes CSV."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from backend.http.csv_text import FORMULA_STARTS, PASSED_OVER
from districts.models import District
from tests.people import person

ROOT = Path(settings.BASE_DIR)
WRITER = "backend/http/csv_text.py"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
FORMULAS = st.tuples(
    st.sampled_from(["", " ", '"', "\ufeff", "\u00a0 "]), st.sampled_from(sorted(FORMULA_STARTS)), TEXTS
)


def test_one_module_writes_csv():
    """Whatever else wrote it would have to guard it as well."""
    writing = {
        str(path.relative_to(ROOT))
        for package in ("backend", "districts", "listening")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Import) and any(alias.name == "csv" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "csv")
        or (isinstance(node, ast.Attribute) and node.attr in {"to_csv", "to_excel"})
    }
    assert writing == {WRITER}


@pytest.fixture
def planner(city):
    return person("planner", "planner")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/need-map", {"layer": "area", "format": "csv"}),
        ("/api/v1/need-map/cells", {"layer": "area", "format": "csv", "period": "2026-Q2"}),
    ],
)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXTS | FORMULAS.map("".join))
@example(name='=cmd|" /C calc"!A1')
@example(name="\t=1+1")
@example(name="\uff1d1+1")
def test_names_of_districts(city, themes, planner, client_of, path, query, name):
    District.objects.filter(pk=city.area(5).pk).update(name=name)
    answer = client_of(planner).get(path, query)
    header, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    named = {row[header.index("name")] for row in rows if row[header.index("code")] == "5"}
    assert named
    assert named <= {name, f"'{name}"}
    for cell in (cell for row in rows for cell in row):
        assert cell.lstrip(PASSED_OVER)[:1] not in FORMULA_STARTS or cell.startswith("'")
