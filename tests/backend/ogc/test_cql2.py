"""CQL2 as text and as SQL: what is understood, what is refused and how it is told."""

from __future__ import annotations

import pytest
from psycopg import sql

from backend.ogc.collection import Property
from backend.ogc.cql2_sql import Compiler, Parameters
from backend.ogc.cql2_text import CqlError, parse_text
from backend.ogc.crs import CRS84, epsg

QUERYABLES = {
    "a": Property("a", "integer", "A"),
    "b": Property("b", "string", "B"),
    "d": Property("d", "date", "D"),
    "ok": Property("ok", "boolean", "Ok"),
}
A1, B2 = {"op": "=", "args": [{"property": "a"}, 1]}, {"op": "=", "args": [{"property": "b"}, "2"]}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1", A1),
        ('"a" = 1', A1),
        ("((a = 1))", A1),
        ("(a) = (1)", A1),
        ("a=1 OR b='2' AND a=1", {"op": "or", "args": [A1, {"op": "and", "args": [B2, A1]}]}),
        ("NOT a=1 AND b='2'", {"op": "and", "args": [{"op": "not", "args": [A1]}, B2]}),
        ("not (a=1 or b='2')", {"op": "not", "args": [{"op": "or", "args": [A1, B2]}]}),
        ("b LIKE 'x''y%'", {"op": "like", "args": [{"property": "b"}, "x'y%"]}),
        ("a NOT IN (1, -2.5)", {"op": "not", "args": [{"op": "in", "args": [{"property": "a"}, [1, -2.5]]}]}),
        ("a BETWEEN 1 AND 2 AND b='2'",
         {"op": "and", "args": [{"op": "between", "args": [{"property": "a"}, 1, 2]}, B2]}),
        ("d > DATE('2026-01-01')", {"op": ">", "args": [{"property": "d"}, {"date": "2026-01-01"}]}),
        ("S_INTERSECTS(geometry, BBOX(1, 2, 3, 4))",
         {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3, 4]}]}),
    ],
)  # fmt: skip
def test_text(text: str, tree: object) -> None:
    assert parse_text(text) == tree


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the end"), ("a", "a comparison"), ("a =", "the end"), ("a = 1 b", "'b' at character 7"),
        ("a = 'x", "is not understood"), ("(a = 1", "')'"), ("a IS 3", "'NULL'"), ("a = 1;", "';' at character 6"),
        ("a = " + "9" * 50, "too long"), ("NOT " * 30 + "a = 1", "nested more than 20"), ("x" * 5000, "longer than"),
        ("POINT(1) = a", "a number"),
    ],
)  # fmt: skip
def test_texts_that_are_none(text: str, said: str) -> None:
    with pytest.raises(CqlError) as refused:
        parse_text(text)
    assert said in str(refused.value)


def compiled(text: str) -> tuple[str, dict[str, object]]:
    params = Parameters()
    condition: sql.Composable = Compiler(QUERYABLES, params, crs=CRS84).condition(parse_text(text))
    return condition.as_string(None), dict(params)


def test_values_are_parameters_and_names_are_quoted() -> None:
    assert compiled("b = 'x''; DROP TABLE y' AND a < 3") == (
        '(("b" = %(p0)s::text) AND ("a" < %(p1)s::numeric))',
        {"p0": "x'; DROP TABLE y", "p1": "3"},
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("c = 1", "no property 'c'; there are a, b, d, ok, geometry"),
        ("a = 'x'", "cannot compare a number with a string"),
        ("d = 'x'", "cannot compare a date with a string"),
        ("d = DATE('2026-02-30')", "'2026-02-30'"),
        ("geometry = geometry", "cannot compare a geometry"),
        ("S_INTERSECTS(geometry, b)", "compares geometries"),
        ("S_INTERSECTS(geometry, BBOX(3, 2, 1, 4))", "corners swapped"),
        ("S_INTERSECTS(geometry, POLYGON((1 1, 2 2, 3 1, 1 2)))", "does not end where it begins"),
        ("S_INTERSECTS(geometry, LINESTRING(1 1))", "positions"),
        ("a LIKE 'x'", "a text with a pattern"),
        ("b LIKE 'x\\'", "ends with"),
        ("b LIKE b", "a text with a pattern"),
    ],
)
def test_comparisons_that_make_no_sense(text: str, said: str) -> None:
    with pytest.raises(CqlError) as refused:
        compiled(text)
    assert said in str(refused.value)


def test_systems_know_their_axes() -> None:
    assert epsg(4326).is_flipped
    assert not epsg(3857).is_flipped
    assert not epsg(25832).is_flipped
    assert epsg(6708).is_flipped  # RDN2008 / UTM zone 33N, northing first
    for wrong in (1, 4979):  # none; with height
        with pytest.raises(ValueError, match=f"EPSG:{wrong}"):
            epsg(wrong)
