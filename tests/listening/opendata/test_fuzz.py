"""Whatever a filter or a parameter says: an answer, or a mistake that is named; never a fault, never SQL."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backend.ogc.parameters import OF_ITEMS
from tests.attacks.test_fuzz_parameters import VALUES

ITEMS = "/open/collections/need-map-latest/items"
FUZZED = settings(
    max_examples=150,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = st.sampled_from(
    ["theme", "share", "geometry", "period_end", "is_schematic", "theme_labels", "id", "pg_sleep(9)", 'x"; DROP', "%s"]
)
NUMBERS = st.integers() | st.floats(allow_nan=False) | st.just(10**30) | st.booleans()
TEXTS = st.text(max_size=12) | st.sampled_from(["'", "''; DROP TABLE releases_release;--", "%", "\\", "%(p0)s", "{}"])
POSITIONS = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3)
SHAPES = st.builds(
    lambda kind, where: {"type": kind, "coordinates": where},
    st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "MultiPoint", "Circle"]),
    POSITIONS | st.lists(POSITIONS, max_size=5) | st.lists(st.lists(POSITIONS, max_size=5), max_size=2),
)
LEAVES = (
    TEXTS | NUMBERS | st.none() | SHAPES
    | NAMES.map(lambda name: {"property": name})
    | TEXTS.map(lambda text: {"date": text})
    | TEXTS.map(lambda text: {"timestamp": text})
    | st.lists(NUMBERS, max_size=5).map(lambda box: {"bbox": box})
)  # fmt: skip
OPERATORS = st.sampled_from(
    ["and", "or", "not", "=", "<>", "<", ">=", "like", "between", "in", "isNull", "casei", "s_intersects", "s_within"]
) | st.text(max_size=5)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(lambda op, args: {"op": op, "args": args}, OPERATORS, st.lists(inner, max_size=3)),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["theme", "share", "geometry", "=", "<>", "<", "AND", "OR", "NOT", "(", ")", ",", "'rent'", "''", "'", '"', "0.5",
     "-1", "1e400", "LIKE", "'%'", "IN", "BETWEEN", "IS", "NULL", "TRUE", "CASEI", "S_INTERSECTS", "POINT", "POLYGON",
     "11.3", "44.5", "BBOX", "DATE", "'2026-01-01'", "--", ";", "/*", "\\", "$1", "%s", "é"]
)  # fmt: skip


def check(answer) -> None:
    assert answer.status_code in {200, 400}, answer.content
    if answer.status_code == 400:
        assert answer.json()["type"] in {"/problems/invalid-parameter", "/problems/invalid-request"}
        said = answer.json()["detail"]
        assert "releases_" not in said.replace("DROP TABLE releases_release", "")
        assert "SELECT" not in said


@FUZZED
@given(tree=TREES)
def test_json_filters(read, tree):
    check(read.get(ITEMS, {"filter": json.dumps(tree), "filter-lang": "cql2-json", "limit": "1"}))


@FUZZED
@given(words=st.lists(WORDS, max_size=14))
def test_text_filters(read, words):
    check(read.get(ITEMS, {"filter": " ".join(words), "limit": "1"}))


@FUZZED
@given(text=st.text(max_size=40))
def test_any_text_as_a_filter(read, text):
    check(read.get(ITEMS, {"filter": text.encode("utf-8", "surrogatepass"), "limit": "1"}))


@FUZZED
@given(name=st.sampled_from([*OF_ITEMS, "theme", "share", "class_index", "period_end", "f"]), value=VALUES)
def test_parameters(read, name, value):
    answer = read.get(ITEMS, {"limit": "1"} | {name: value.encode("utf-8", "surrogatepass")})
    check(answer)


@pytest.mark.parametrize(
    "address",
    ["/open/need-map.geojson?theme=%00", "/open/need-map.geojson?release=%27", "/open/releases/%27/x",
     "/open/releases/%00/x", "/open/releases/2026-Q2-r1/..%2F..%2Fetc%2Fpasswd", "/open/collections/%00/items",
     "/open/collections/need-map-latest/tiles/WebMercatorQuad/1/2/x", "/open/%ff%fe", "/open/releases/latest/%0d%0ax"],
)  # fmt: skip
def test_odd_addresses(read, address):
    answer = read.get(address)
    assert answer.status_code in {302, 400, 404}
    assert "\n" not in answer.headers.get("Location", "")


@FUZZED
@given(asked=st.dictionaries(st.sampled_from(["theme", "period", "layer", "embed"]), VALUES, max_size=4))
def test_any_value_on_the_map_for_everybody(read, asked):
    encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in asked.items()}
    answer = read.get("/map/", encoded)
    assert answer.status_code in {200, 400}, asked
    assert b'id="area-' in answer.content
