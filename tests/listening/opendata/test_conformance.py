"""What is claimed is tested: one test for each conformance class, named after the end of its URI."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pyogrio
import pyproj
import pytest
import shapely
from openapi_spec_validator import OpenAPIV30SpecValidator

from backend.ogc.conformance import CLASSES
from tests.listening.opendata.world import NEWEST, THEMES

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
NEEDS = "/open/collections/need-map-latest/items"
AREAS = "/open/collections/districts-area-first/items"


@pytest.fixture
def find(read) -> Callable[..., list[dict[str, Any]]]:
    """Features of a collection, all pages: find(NEEDS, filter="...")."""

    def find_all(address: str, **asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        url = f"{address}?{urlencode({'limit': '1000'} | asked)}"
        while url:
            answer = read.get(url)
            assert answer.status_code == 200, answer.content
            found += answer.json()["features"]
            url = {link["rel"]: link["href"] for link in answer.json()["links"]}.get("next", "")
        return found

    return find_all


def link(document: dict[str, Any], rel: str) -> dict[str, Any]:
    return next(one for one in document["links"] if one["rel"].endswith(rel))


def test_each_class_has_its_test() -> None:
    tested = {name for name in globals() if name.startswith("test_conf_")}
    claimed = {"test_conf_" + re.sub(r"\W+", "_", one.split("/spec/")[1].replace("/conf/", "/")) for one in CLASSES}
    assert tested == claimed


# --- OGC API - Common ----------------------------------------------------------------------------------
def test_conf_ogcapi_common_1_1_0_core(read) -> None:
    home = read.get("/open/").json()
    for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
        assert read.get(link(home, rel)["href"]).status_code == 200, rel
    assert read.get("/open/conformance").json()["conformsTo"] == list(CLASSES)


def test_conf_ogcapi_common_1_1_0_json(read) -> None:
    for path in ("", "conformance", "collections"):
        assert read.get(f"/open/{path}").headers["Content-Type"] == "application/json"


def test_conf_ogcapi_common_1_1_0_html(read) -> None:
    for path in ("", "conformance", "api", "collections"):
        for answer in (read.get(f"/open/{path}?f=html"), read.get(f"/open/{path}", headers={"Accept": "text/html"})):
            assert answer.headers["Content-Type"].startswith("text/html")
            assert answer.content.startswith(b"<!doctype html>")


def test_conf_ogcapi_common_1_1_0_oas30(read) -> None:
    answer = read.get(link(read.get("/open/").json(), "service-desc")["href"])
    assert answer.json()["openapi"].startswith("3.0.")


def test_conf_ogcapi_common_2_1_0_collections(read) -> None:
    found = read.get("/open/collections").json()
    for one in found["collections"]:
        assert {"id", "title", "description", "links"} <= set(one)
        alone = read.get(link(one, "self")["href"]).json()
        assert alone["id"] == one["id"]


# --- OGC API - Features --------------------------------------------------------------------------------
def test_conf_ogcapi_features_1_1_0_core(read, find) -> None:
    first = read.get(f"{NEEDS}?limit=7").json()
    assert (first["numberMatched"], first["numberReturned"], len(first["features"])) == (64, 7, 7)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["timeStamp"])
    paged = find(NEEDS, limit="7")
    assert [one["id"] for one in paged] == [one["id"] for one in find(NEEDS)]
    assert len({one["id"] for one in paged}) == 64
    # More than the most is the most; what is no limit, and what is not known, is refused.
    assert read.get(f"{NEEDS}?limit=100000").status_code == 200
    for wrong in ("limit=0", "limit=x", "colour=red", "bbox=1,2,3", "bbox=1,2,3,x", "datetime=soon", "limit=1&limit=2"):
        answer = read.get(f"{NEEDS}?{wrong}")
        assert answer.status_code == 400, wrong
        assert answer.json()["type"] == "/problems/invalid-parameter"
    south_west = find(AREAS, bbox="11.29,44.47,11.305,44.485")
    assert [one["properties"]["code"] for one in south_west] == ["1"]
    assert find(AREAS, bbox="11.29,44.47,0,11.305,44.485,9") == south_west  # heights are passed over
    assert len(find(AREAS, bbox="170,-10,-170,90")) == 0  # across the antimeridian
    assert len(find(AREAS, bbox="11,-10,-170,90")) == 9
    assert len(find(NEEDS, datetime="2026-05-01")) == len(find(NEEDS, datetime="2026-06-30/..")) == 64
    assert len(find(NEEDS, datetime="../2026-03-31T23:59:59Z")) == 0
    assert len(find(NEEDS, theme="rent", layer="area")) == 9
    one = read.get(f"{NEEDS}/{paged[3]['id']}").json()
    assert {name: one[name] for name in paged[3]} == paged[3]
    for absent in ("999999999", "x", "-1", "9" * 30):
        assert read.get(f"{NEEDS}/{absent}").status_code == 404
    assert read.get("/open/collections/nothing/items").status_code == 404


def test_conf_ogcapi_features_1_1_0_oas30(read) -> None:
    answer = read.get("/open/api")
    assert answer.headers["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0"
    document = answer.json()
    OpenAPIV30SpecValidator(document).validate()
    described = set(document["components"]["parameters"]["collectionId"]["schema"]["enum"])
    assert described == {one["id"] for one in read.get("/open/collections").json()["collections"]}


def test_conf_ogcapi_features_1_1_0_html(read) -> None:
    page = read.get(f"{NEEDS}?f=html").content.decode()
    assert page.count("<tr>") == 1 + 25
    assert 'rel="next"' in page and "<svg" in page  # noqa: PT018
    key = read.get(NEEDS).json()["features"][0]["id"]
    assert "<dl" in read.get(f"{NEEDS}/{key}?f=html").content.decode()


def test_conf_ogcapi_features_1_1_0_geojson(read, find) -> None:
    answer = read.get(AREAS)
    assert answer.headers["Content-Type"] == "application/geo+json"
    for feature in find(AREAS) + find(NEEDS):
        assert feature["type"] == "Feature"
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        # The right-hand rule (RFC 7946, section 3.1.6), and longitude first.
        assert all(part.exterior.is_ccw for part in shape.geoms)
        assert 11 < shape.centroid.x < 12
    assert find("/open/collections/themes-latest/items")[0]["geometry"] is None


def test_conf_ogcapi_features_2_1_0_crs(read, find) -> None:
    collection = read.get("/open/collections/districts-area-first").json()
    assert collection["crs"][0] == CRS84
    assert collection["storageCrs"] == f"{EPSG}4326"
    assert set(collection["crs"]) == {CRS84, f"{EPSG}4326", f"{EPSG}3857", f"{EPSG}7791"}
    assert read.get(AREAS).headers["Content-Crs"] == f"<{CRS84}>"
    plain = find(AREAS)[0]["geometry"]["coordinates"][0][0][0]
    flipped = find(AREAS, crs=f"{EPSG}4326")[0]["geometry"]["coordinates"][0][0][0]
    assert flipped == plain[::-1]
    for code in (3857, 7791):
        answer = read.get(f"{AREAS}?crs={EPSG}{code}")
        assert answer.headers["Content-Crs"] == f"<{EPSG}{code}>"
        metric = answer.json()["features"][0]["geometry"]["coordinates"][0][0][0]
        expected = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{code}", always_xy=True).transform(*plain)
        assert metric == pytest.approx(expected, abs=0.02)
    same = [one["properties"]["code"] for one in find(AREAS, bbox="11.29,44.47,11.305,44.485")]
    box = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True).transform_bounds(
        11.29, 44.47, 11.305, 44.485
    )
    for given, code in (("44.47,11.29,44.485,11.305", 4326), (",".join(map(str, box)), 3857)):
        found = find(AREAS, bbox=given, **{"bbox-crs": f"{EPSG}{code}"})
        assert [one["properties"]["code"] for one in found] == same
    for name in ("crs", "bbox-crs"):
        assert read.get(f"{AREAS}?bbox=1,1,2,2&{name}={EPSG}1").status_code == 400


# --- filters -------------------------------------------------------------------------------------------
def test_conf_ogcapi_features_3_1_0_queryables(read) -> None:
    answer = read.get(link(read.get("/open/collections/need-map-latest").json(), "queryables")["href"])
    assert answer.headers["Content-Type"] == "application/schema+json"
    schema = answer.json()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["share"]["type"] == "number"
    assert schema["properties"]["geometry"]["format"] == "geometry-any"
    assert schema["properties"]["reliability"]["enum"] == ["A", "B", "C", "X", "0"]
    assert "theme_labels" not in schema["properties"]


def test_conf_ogcapi_features_3_1_0_queryables_query_parameters(find, read) -> None:
    assert {one["properties"]["theme"] for one in find(NEEDS, theme="rent")} == {"rent"}
    assert len(find(NEEDS, class_index="2", period_start="2026-04-01")) > 0
    for wrong in ("class_index=two", "period_start=april", "share=nan", "theme_labels=x"):
        assert read.get(f"{NEEDS}?{wrong}").status_code == 400, wrong


def test_conf_ogcapi_features_3_1_0_filter(read) -> None:
    for asked in ({"filter": "theme ="}, {"filter": "nothing = 1"}, {"filter": "theme = 1"}, {"filter-lang": "sql"}):
        answer = read.get(NEEDS, asked)
        assert answer.status_code == 400, asked
        assert answer.json()["parameter"] in asked


def test_conf_ogcapi_features_3_1_0_features_filter(read, find) -> None:
    found = find(NEEDS, filter="theme = 'rent'", layer="area", bbox="11.29,44.47,11.305,44.485")
    assert [(one["properties"]["theme"], one["properties"]["place"]) for one in found] == [("rent", "1")]


def test_conf_cql2_1_0_cql2_text(find) -> None:
    """AND binds tighter than OR, NOT tighter than both, and a quote in a text is written twice."""
    either = find(NEEDS, filter="theme = 'rent' OR theme = 'health' AND layer = 'area'")
    assert len(either) == 16 + 9
    assert len(find(NEEDS, filter="(theme = 'rent' OR theme = 'health') AND layer = 'area'")) == 18
    assert len(find(NEEDS, filter="NOT (theme = 'rent' AND layer = 'area')")) == 64 - 9
    assert find(NEEDS, filter="name = 'it''s'") == []


def test_conf_cql2_1_0_cql2_json(find) -> None:
    tree = {
        "op": "and",
        "args": [
            {"op": "=", "args": [{"property": "theme"}, "rent"]},
            {"op": "or", "args": [
                {"op": ">", "args": [{"property": "share"}, 0.5]},
                {"op": "isNull", "args": [{"property": "share"}]},
            ]},
        ],
    }  # fmt: skip
    found = find(NEEDS, **{"filter": json.dumps(tree), "filter-lang": "cql2-json"})
    assert found == find(NEEDS, filter="theme = 'rent' AND (share > 0.5 OR share IS NULL)")
    assert 0 < len(found) < 16


def test_conf_cql2_1_0_basic_cql2(find) -> None:
    everything = [one["properties"] for one in find(NEEDS)]

    def same(text: str, expected: Callable[[dict[str, Any]], bool]) -> None:
        found = [one["properties"] for one in find(NEEDS, filter=text)]
        assert found == [one for one in everything if expected(one)], text
        assert found, text

    same("share >= 0.5", lambda one: one["share"] is not None and one["share"] >= 0.5)
    same("share <> 0.5", lambda one: one["share"] is not None and one["share"] != 0.5)
    same("NOT share > 0.5", lambda one: one["share"] is not None and not one["share"] > 0.5)
    same("share IS NULL", lambda one: one["share"] is None)
    same("share IS NOT NULL", lambda one: one["share"] is not None)
    same("conversations < 20", lambda one: one["conversations"] < 20)
    same("period_end = DATE('2026-06-30')", lambda one: True)
    same("period_start < TIMESTAMP('2026-05-01T00:00:00Z')", lambda one: True)
    same("TRUE", lambda one: True)
    assert find(AREAS, filter="is_schematic = FALSE") == find(AREAS)


def test_conf_cql2_1_0_advanced_comparison_operators(find) -> None:
    def places(text: str) -> list[str]:
        return [one["properties"]["code"] for one in find(AREAS, filter=text)]

    assert places("code IN ('1', '9', 'x')") == ["1", "9"]
    assert places("code NOT IN ('1', '9')") == [str(n) for n in range(2, 9)]
    assert places("residents BETWEEN 2000 AND 3000") == ["2", "3"]
    assert places("residents NOT BETWEEN 2000 AND 9000") == ["1"]
    assert places("name LIKE 'Area 3%'") == ["3"]
    assert places("name LIKE '_rea 4'") == ["4"]
    assert places(r"name LIKE 'Area \%'") == []
    assert places("name NOT LIKE 'Area%'") == []


def test_conf_cql2_1_0_case_insensitive_comparison(find) -> None:
    assert len(find(AREAS, filter="CASEI(name) = CASEI('AREA 3')")) == 1
    assert len(find(AREAS, filter="CASEI(name) LIKE CASEI('aReA%')")) == 9
    assert len(find(AREAS, filter="CASEI(name) IN (CASEI('AREA 3'), CASEI('area 4'))")) == 2


def test_conf_cql2_1_0_basic_spatial_functions(find) -> None:
    def places(text: str, **more: str) -> list[str]:
        return [one["properties"]["code"] for one in find(AREAS, filter=text, **more)]

    assert places("S_INTERSECTS(geometry, POINT(11.305 44.485))") == ["1"]
    assert places("S_INTERSECTS(geometry, BBOX(11.302, 44.482, 11.318, 44.485))") == ["1", "2"]
    flipped = {"filter-crs": f"{EPSG}4326"}
    assert places("S_INTERSECTS(geometry, POINT(44.485 11.305))", **flipped) == ["1"]


def test_conf_cql2_1_0_basic_spatial_functions_plus(find) -> None:
    shapes = {
        "POLYGON((11.302 44.482, 11.308 44.482, 11.308 44.488, 11.302 44.482))": 1,
        "LINESTRING(11.305 44.485, 11.315 44.485)": 2,
        "MULTIPOINT((11.305 44.485), (11.315 44.485))": 2,
        "MULTIPOINT(11.305 44.485, 11.315 44.485)": 2,
        "MULTILINESTRING((11.305 44.485, 11.306 44.485), (11.305 44.495, 11.306 44.495))": 2,
        "MULTIPOLYGON(((11.302 44.482, 11.308 44.482, 11.308 44.488, 11.302 44.482)))": 1,
    }
    for shape, number in shapes.items():
        assert len(find(AREAS, filter=f"S_INTERSECTS(geometry, {shape})")) == number, shape


def test_conf_cql2_1_0_spatial_functions(find) -> None:
    first = "POLYGON((11.30 44.48, 11.31 44.48, 11.31 44.49, 11.30 44.49, 11.30 44.48))"
    numbers = {
        f"S_EQUALS(geometry, {first})": 1,
        f"S_WITHIN(geometry, {first})": 1,
        "S_CONTAINS(geometry, POINT(11.305 44.485))": 1,
        f"S_DISJOINT(geometry, {first})": 5,
        f"S_TOUCHES(geometry, {first})": 3,
        "S_CROSSES(LINESTRING(11.295 44.485, 11.305 44.485), geometry)": 1,
        "S_OVERLAPS(geometry, BBOX(11.305, 44.485, 11.308, 44.6))": 3,
    }
    for text, number in numbers.items():
        assert len(find(AREAS, filter=text)) == number, text


def test_conf_cql2_1_0_property_property(find) -> None:
    for one in find(NEEDS, filter="mentioning >= conversations"):
        assert one["properties"]["mentioning"] >= one["properties"]["conversations"]
    assert len(find(NEEDS, filter="'rent' = theme")) == 16
    assert len(find(NEEDS, filter="theme = theme")) == 64


# --- OGC API - Tiles -----------------------------------------------------------------------------------
def test_conf_ogcapi_tiles_1_1_0_core(read) -> None:
    for z, row, column, status in ((12, 1481, 2176, 200), (12, 0, 0, 200), (12, 4096, 0, 404), (99, 0, 0, 404)):
        address = f"/open/collections/districts-area-first/tiles/WebMercatorQuad/{z}/{row}/{column}"
        assert read.get(address).status_code == status, address
    for address in ("districts-area-first/tiles/Other/0/0/0", "themes-latest/tiles/WebMercatorQuad/0/0/0"):
        assert read.get(f"/open/collections/{address}").status_code == 404


def test_conf_ogcapi_tiles_1_1_0_tileset(read) -> None:
    found = read.get("/open/collections/need-map-latest/tiles/WebMercatorQuad").json()
    assert found["dataType"] == "vector"
    assert link(found, "item")["templated"] is True
    assert read.get(link(found, "tiling-scheme")["href"]).json()["id"] == "WebMercatorQuad"
    told = read.get("/open/collections/need-map-latest/tiles/WebMercatorQuad?f=tilejson&theme=rent").json()
    assert told["tilejson"] == "3.0.0"
    template = told["tiles"][0]
    assert template.endswith("/{z}/{y}/{x}?theme=rent")
    assert read.get(template.format(z=12, y=1481, x=2176)).status_code == 200
    assert told["bounds"] == pytest.approx([11.30, 44.48, 11.33, 44.51])


def test_conf_ogcapi_tiles_1_1_0_tilesets_list(read) -> None:
    (one,) = read.get("/open/collections/need-map-latest/tiles").json()["tilesets"]
    assert read.get(link(one, "self")["href"]).json()["tileMatrixSetURI"] == one["tileMatrixSetURI"]


def test_conf_ogcapi_tiles_1_1_0_geodata_tilesets(read) -> None:
    for one in read.get("/open/collections").json()["collections"]:
        has_tiles = any(each["rel"].endswith("tilesets-vector") for each in one["links"])
        assert has_tiles == (not one["id"].startswith(("themes", "cells")))


def test_conf_ogcapi_tiles_1_1_0_mvt(read, tmp_path) -> None:
    answer = read.get("/open/collections/need-map-latest/tiles/WebMercatorQuad/12/1481/2176?theme=rent&layer=area")
    assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    path = tmp_path / "tile.mvt"
    path.write_bytes(answer.content)
    frame = pyogrio.read_dataframe(f"MVT:{path}", layer="need-map-latest")
    assert set(frame["theme"]) == {"rent"}
    assert len(frame) == len(set(frame["place"])) > 0


def test_conf_ogcapi_tiles_1_1_0_oas30(read) -> None:
    paths = read.get("/open/api").json()["paths"]
    assert paths["/collections/{collectionId}/tiles"]["get"]["operationId"] == "getTileSets"


def test_conf_tms_2_0_tilematrixset(read) -> None:
    found = read.get("/open/tileMatrixSets/WebMercatorQuad").json()
    assert [one["matrixWidth"] for one in found["tileMatrices"]] == [2**zoom for zoom in range(19)]
    # Table D.1 of the standard: the scale denominator of tile matrix 0.
    assert found["tileMatrices"][0]["scaleDenominator"] == pytest.approx(559_082_264.028717)


def test_conf_tms_2_0_json_tilematrixset(read) -> None:
    (one,) = read.get("/open/tileMatrixSets").json()["tileMatrixSets"]
    assert read.get(link(one, "self")["href"]).json()["crs"] == f"{EPSG}3857"


# --- beside the classes --------------------------------------------------------------------------------
def test_pages_follow_any_order(find) -> None:
    """Nulls come last in either direction, and no feature is lost or told twice at the end of a page."""
    for order in ("share", "-share", "-share,name", "theme,-share", "-is_schematic", "period_start,-class_index"):
        address = AREAS if "schematic" in order else NEEDS
        whole, paged = find(address, sortby=order), find(address, sortby=order, limit="5")
        assert [one["id"] for one in paged] == [one["id"] for one in whole], order
        assert len({one["id"] for one in whole}) == len(find(address))
    shares = [one["properties"]["share"] for one in find(NEEDS, sortby="-share")]
    known = [one for one in shares if one is not None]
    assert shares[: len(known)] == sorted(known, reverse=True)


def test_a_cursor_of_another_order_is_refused(read) -> None:
    following = link(read.get(f"{NEEDS}?limit=5&sortby=share").json(), "next")["href"]
    assert read.get(following.replace("sortby=share", "sortby=name")).status_code == 400
    assert read.get(f"{NEEDS}?cursor=bm90aGluZw").status_code == 400


def test_the_newest_release_has_an_address_that_stays(find, read) -> None:
    assert find(NEEDS) == find(f"/open/collections/need-map-{NEWEST}/items")
    assert read.get("/open/collections/need-map-latest").json()["links"]
    table = find("/open/collections/cells-latest/items", theme="_n", layer="area")
    assert [one["properties"]["value"] for one in table] == [5 * at for at in range(9)]
    covered = find("/open/collections/coverage-latest/items", layer="area")
    assert [(one["properties"]["conversations"], one["properties"]["persons"]) for one in covered] == [
        (5 * at, 10 * at) for at in range(9)
    ]
    assert [one["properties"]["code"] for one in find("/open/collections/themes-latest/items")] == list(THEMES)


def test_bands_of_people_are_those_of_the_newest_year(find, read) -> None:
    """The newest release is of a quarter, and has none."""
    assert read.get(f"/open/collections/representation-{NEWEST}").status_code == 404
    assert find("/open/collections/representation-latest/items") == find(
        "/open/collections/representation-2026-Q1-r2/items"
    )
    (young,) = find("/open/collections/representation-latest/items", variable="age", band="0-17")
    told = young["properties"]
    assert (told["people"], told["share"], told["ratio"], told["name"]) == (10, 0.25, None, "Centro")
    assert (told["period_start"], told["period_end"]) == ("2026-01-01", "2026-12-31")
    asked = {"filter": "band = '0-17' OR people < 10", "sortby": "people"}
    assert [one["properties"]["people"] for one in find("/open/collections/representation-latest/items", **asked)] == [
        5, 10,
    ]  # fmt: skip
    assert read.get("/open/collections/representation-2026-Q1-r1/items").status_code == 410


def test_a_withdrawn_release_says_why(read) -> None:
    for path in ("", "/items", "/items/1", "/queryables", "/tiles"):
        answer = read.get(f"/open/collections/need-map-2026-Q1-r1{path}")
        assert answer.status_code == 410
        assert answer.json()["reason"] == "Numbers of two places were exchanged."
    assert read.get("/open/need-map.geojson?release=2026-Q1-r1").status_code == 410


def test_the_simple_door(read) -> None:
    found = read.get("/open/need-map.geojson?theme=rent&period=2026-Q2&layer=zona").json()
    assert (found["theme"], found["period"], found["layer"], len(found["features"])) == ("rent", "2026-Q2", "zona", 3)
    usual = read.get("/open/need-map.geojson").json()
    assert (usual["theme"], usual["period"], usual["layer"]) == ("housing", "2026-Q2", "zona")
    wrong = read.get("/open/need-map.geojson?theme=gardens")
    assert (wrong.status_code, wrong.json()["allowed"]) == (400, list(THEMES))
