"""Need maps over HTTP: GeoJSON, CSV, 304, and refusals that name what would be right."""

import csv
import io
import json

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend import clock
from districts.models import BoundaryEdition
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from tests.kept_maps import forget_kept_maps
from tests.listening.submissions import conversation, heard
from tests.people import person

NEED_MAP = "/api/v1/need-map"


@pytest.fixture
def listened(city, themes, listener):
    """Area 1: 24 conversations, 6 on rent; area 5: 2; one for the whole city, on rent."""
    accept_many(
        [conversation(listener, heard("need", themes["rent"]), area=1) for _ in range(6)]
        + [conversation(listener, heard("thanks", themes["mobility"]), area=1) for _ in range(18)]
        + [conversation(listener, area=5) for _ in range(2)]
        + [conversation(listener, heard("need", themes["rent"]), place=Place("city"))]
    )


@pytest.fixture
def ask(listened, client_of):
    client = client_of(person("carmen", "coordinator"))

    def get(headers=None, **params):
        return client.get(NEED_MAP, {"period": "2026", **params}, headers=headers or {})

    return get


class TestGeoJSON:
    def test_it_works(self, ask):
        response = ask(layer="area", theme="housing", kind="need")
        assert response["Content-Type"] == "application/geo+json"
        body = response.json()
        assert body["type"] == "FeatureCollection"
        assert (body["theme"], body["kind"]) == ("housing", "need")
        one = body["features"][0]
        assert shapely.from_geojson(json.dumps(one["geometry"])).geom_type in {"Polygon", "MultiPolygon"}
        assert one["properties"] == {
            "layer": "area", "code": "1", "name": "Area 1", "edition": "first", "period": "2026",
            "theme": "housing", "kind": "need",
            "conversations": 24, "mentioning": 6, "mentions": 6, "share": 0.25, "share_severe": 0.0,
            "coverage": "enough", "reliability": "X", "n_eff": 16.0, "deff": 1.5,
            "share_low": 0.1176, "share_high": 0.4548, "share_eb": 0.2311, "local_weight": 0.0158,
            "location_quotient": 0.8913, "class_index": None, "trend": None, "emerging": None, "fallback": None,
        }  # fmt: skip

    def test_every_district_is_there_also_where_nobody_listened(self, ask):
        features = ask(layer="area").json()["features"]
        assert len(features) == 9
        assert [f["properties"]["coverage"] for f in features].count("none") == 7
        assert features[8]["properties"]["share"] is None

    @pytest.mark.parametrize(
        ("layer", "places"),
        [
            ("zona", {"A": 24, "B": 2, "C": 0}),
            ("prossimita", {"east": 0, "middle": 2, "west": 24}),
            ("quartiere", {"10": 26}),
        ],
    )
    def test_any_layer_also_one_that_crosses_another(self, ask, layer, places):
        features = ask(layer=layer).json()["features"]
        assert {f["properties"]["code"]: f["properties"]["conversations"] for f in features} == places

    def test_what_has_no_place_is_told_beside_the_districts(self, ask):
        body = ask(layer="zona", theme="rent").json()
        assert body["unplaced"]["conversations"] == 1
        assert body["city"]["conversations"] == 27
        assert body["city"]["mentioning"] == 7

    def test_without_geometry(self, ask):
        assert {f["geometry"] for f in ask(geometry="none").json()["features"]} == {None}

    def test_it_says_that_boundaries_are_schematic(self, ask):
        assert ask().json()["is_schematic"] is False
        BoundaryEdition.objects.update(is_schematic=True)
        assert ask().json()["is_schematic"] is True

    def test_the_present_year_and_the_default_layer_when_nothing_is_said(self, listened, planner, client_of):
        body = client_of(planner).get(NEED_MAP).json()
        assert body["layer"] == "zona"
        assert body["period"]["label"] == str(clock.local_date(clock.now()).year)

    def test_the_number_of_queries_does_not_grow(self, ask, django_assert_num_queries):
        ask(layer="area", theme="mobility")
        forget_kept_maps()
        with django_assert_num_queries(7):
            ask(layer="area", theme="rent")

    @pytest.mark.parametrize("period", ["2026", "2026-Q2"])
    def test_another_theme_or_layer_of_the_same_period_is_counted_already(self, ask, period):
        ask(layer="area", theme="mobility", period=period)
        for asked in ({"layer": "area", "theme": "rent"}, {"layer": "zona", "theme": "mobility"}):
            with CaptureQueriesContext(connection) as captured:
                assert ask(period=period, **asked).status_code == 200
            told = [one["sql"] for one in captured.captured_queries]
            assert not [one for one in told if "rollups_cell" in one or "rollups_delta" in one]
        with CaptureQueriesContext(connection) as captured:
            ask(layer="area", theme="housing", period=period)
        assert ["read_version.sql" in one["sql"] for one in captured.captured_queries] == [True]

    def test_after_a_change_it_counts_anew_and_reads_no_boundaries(self, ask, listener):
        ask(layer="area", theme="rent")
        accept_many([conversation(listener, area=1)])
        with CaptureQueriesContext(connection) as captured:
            told = ask(layer="area", theme="rent").json()
        names = [
            "read_version.sql" in one["sql"] or "compare_periods.sql" in one["sql"] for one in captured.captured_queries
        ]
        assert names == [True, True]
        assert told["features"][0]["properties"]["conversations"] == 25

    def test_plain_json_by_accept(self, ask):
        response = ask(headers={"Accept": "application/json"})
        assert response["Content-Type"] == "application/json"
        assert response.json()["features"]


class TestCSV:
    def test_a_row_for_each_district(self, ask):
        response = ask(layer="area", theme="rent", format="csv")
        assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert rows[0] == {
            "code": "1", "name": "Area 1", "conversations": "24", "mentioning": "6", "mentions": "6",
            "share": "0.25", "coverage": "enough", "reliability": "X", "n_eff": "16.0", "deff": "1.5",
            "share_low": "0.1176", "share_high": "0.4548", "share_eb": "0.2311", "local_weight": "0.0158",
            "location_quotient": "0.8913", "class_index": "", "trend": "",
        }  # fmt: skip
        assert [row["name"] for row in rows[9:]] == ["(unplaced)", "(city)"]

    def test_a_name_is_no_formula(self, city, ask):
        """A spreadsheet would run it."""
        area = city.area(1)
        area.name = "=HYPERLINK(1)"
        area.save()
        rows = list(csv.reader(io.StringIO(ask(layer="area", format="csv").content.decode("utf-8-sig"))))
        assert not rows[1][1].startswith("=")

    def test_the_name_of_the_file_says_what_it_is(self, ask):
        named = ask(layer="area", theme="rent", kind="need", format="csv")["Content-Disposition"]
        assert named == 'attachment; filename="need-map-area-2026-rent-need.csv"'
        BoundaryEdition.objects.update(is_schematic=True)
        named = ask(layer="area", period="2026-01-01/2026-02-01", format="csv")["Content-Disposition"]
        assert named == 'attachment; filename="need-map-area-2026-01-01_2026-02-01-schematic.csv"'

    def test_by_accept(self, ask):
        assert ask(headers={"Accept": "text/csv"})["Content-Type"].startswith("text/csv")


class TestConditional:
    def test_what_the_client_has_is_not_sent_again(self, ask, listener):
        first = ask()
        again = ask(headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        accept_many([conversation(listener, area=5)])
        assert ask(headers={"If-None-Match": first["ETag"]}).status_code == 200

    def test_only_the_person_who_asked_may_keep_it(self, ask):
        assert "private" in ask()["Cache-Control"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("params", "parameter", "allowed"),
        [
            ({"layer": "suburb"}, "layer", "zona"),
            ({"theme": "weather"}, "theme", "rent"),
            ({"theme": "Rent"}, "theme", "rent"),
            ({"kind": "wish"}, "kind", "need"),
            ({"period": "soon"}, "period", ""),
            ({"period": "2026-13"}, "period", ""),
            ({"period": "2026-Q5"}, "period", ""),
            ({"period": "2026-02-30/2026-03-01"}, "period", ""),
            ({"period": "2026-03-02/2026-03-01"}, "period", ""),
            ({"geometry": "wkt"}, "geometry", "none"),
            ({"colour": "red"}, "colour", "theme"),
            ({"theme": "\x00"}, "theme", ""),
        ],
    )
    def test_name_the_valid_ones(self, ask, params, parameter, allowed):
        response = ask(**params)
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["parameter"] == parameter
        assert allowed in problem["allowed"] or (not allowed and problem["allowed"])

    def test_a_parameter_twice(self, listened, planner, client_of):
        """Which of the two would be shown?"""
        response = client_of(planner).get(f"{NEED_MAP}?theme=rent&theme=mobility")
        assert response.status_code == 400
        assert response.json()["parameter"] == "theme"

    def test_for_people_who_are_signed_in(self, listened, client):
        assert client.get(NEED_MAP).status_code == 401

    def test_before_any_import(self, planner, client_of):
        response = client_of(planner).get(NEED_MAP)
        assert response.status_code == 400
        assert "imported" in response.json()["detail"]
