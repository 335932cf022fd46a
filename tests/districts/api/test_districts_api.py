"""The city's geography over HTTP."""

import datetime as dt
import json

import pytest
import shapely
from django.test import Client

from backend import clock
from districts.models import BoundaryEdition, District, DistrictName, Layer, Membership, Population
from tests.squareville import SIDE, SOUTH, WEST, inside

DISTRICTS = "/api/v1/districts"


@pytest.fixture
def ask(city):
    client = Client()

    def get(address=DISTRICTS, headers=None, **params):
        return client.get(address, params, headers=headers or {})

    return get


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [feature["properties"]["code"] for feature in response.json()["features"]]


class TestLayers:
    def test_from_fine_to_coarse(self, ask):
        layers = ask("/api/v1/layers").json()["layers"]
        assert [layer["code"] for layer in layers] == ["area", "prossimita", "zona", "quartiere"]
        assert [layer["is_base"] for layer in layers] == [True, False, False, False]
        assert layers[2]["names"] == {"it": "Zona", "en": "Zone"}
        assert layers[0]["editions"][0]["districts"] == 9

    def test_editions_newest_first_and_no_drafts(self, city, ask):
        first = BoundaryEdition.objects.get(layer__code="zona")
        BoundaryEdition.objects.filter(pk=first.pk).update(valid_to=dt.date(2022, 1, 1))
        for code, status, start in (("second", "active", 2022), ("third", "draft", 2024)):
            first.pk, first.code, first.status, first.valid_from = None, code, status, dt.date(start, 1, 1)
            first.save()
        zona = ask("/api/v1/layers").json()["layers"][2]
        assert [edition["code"] for edition in zona["editions"]] == ["second", "first"]

    def test_not_modified(self, ask):
        first = ask("/api/v1/layers")
        assert ask("/api/v1/layers", headers={"If-None-Match": first["ETag"]}).status_code == 304
        Layer.objects.filter(code="zona").update(names={"it": "Zona statistica"})
        assert ask("/api/v1/layers", headers={"If-None-Match": first["ETag"]}).status_code == 200


class TestCollection:
    def test_valid_geojson(self, ask):
        response = ask(layer="area")
        assert response["Content-Type"] == "application/geo+json"
        body = response.json()
        assert body["type"] == "FeatureCollection"
        assert "crs" not in body
        assert len(body["features"]) == 9
        for feature in body["features"]:
            geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
            assert shapely.is_valid(geometry)
            assert feature["id"] == feature["properties"]["id"]

    def test_the_default_layer(self, ask):
        assert codes(ask()) == ["A", "B", "C"]

    def test_codes_in_natural_order(self, city, ask):
        area = city.area(2)
        area.code = "12"
        area.save()
        assert codes(ask(layer="area")) == ["1", "3", "4", "5", "6", "7", "8", "9", "12"]

    def test_what_is_known_of_a_district(self, city, ask):
        area = city.area(5)
        DistrictName.objects.create(district=area, language="it", kind="alias", name="La Cinque")
        Population.objects.create(district=area, year=2020, source="ISTAT", residents=10)
        Population.objects.create(district=area, year=2024, source="ISTAT", residents=1234)
        (feature,) = ask(layer="area", code="5").json()["features"]
        known = feature["properties"]
        assert known["names"] == [{"language": "it", "kind": "alias", "name": "La Cinque"}]
        assert (known["population"]["residents"], known["population"]["year"]) == (1234, 2024)
        assert {parent["layer"]: parent["code"] for parent in known["parents"]} == {
            "zona": "B", "prossimita": "middle", "quartiere": "10",
        }  # fmt: skip

    def test_the_number_of_queries_does_not_grow(self, ask, django_assert_max_num_queries):
        with django_assert_max_num_queries(6):
            ask(layer="area")
        with django_assert_max_num_queries(4):
            ask(layer="area")

    def test_answers_are_for_everybody(self, ask):
        assert "public" in ask()["Cache-Control"]


class TestParents:
    def test_those_of_the_same_day(self, city, ask):
        """A quartiere that was drawn anew: the old one is no parent any more, except of what was valid with it."""
        old = city.districts["quartiere", "10"]
        today = clock.local_date(clock.now())
        BoundaryEdition.objects.filter(pk=old.edition_id).update(valid_to=today)
        renewed = BoundaryEdition.objects.create(
            layer=old.edition.layer, code="second", status="active", valid_from=today, source="s", licence="l",
            checksum="c", imported_at=old.edition.imported_at,
        )  # fmt: skip
        new = District.objects.create(
            edition=renewed, code="10", name="Centro", geometry=old.geometry, point_on_surface=old.point_on_surface,
            area_km2=old.area_km2,
        )  # fmt: skip
        Membership.objects.create(child=city.area(5), parent=new, share_of_area=1, is_main=True)
        (feature,) = ask(layer="area", code="5").json()["features"]
        assert [p["id"] for p in feature["properties"]["parents"] if p["layer"] == "quartiere"] == [new.pk]


class TestSelection:
    def test_bbox(self, ask):
        lon, lat = inside(5)
        box = f"{lon - SIDE},{lat},{lon},{lat + 0.001}"
        assert codes(ask(layer="area", bbox=box)) == ["4", "5"]

    def test_a_bbox_that_only_touches(self, ask):
        box = f"{WEST - 1},{SOUTH - 1},{WEST},{SOUTH}"
        assert codes(ask(layer="area", bbox=box)) == ["1"]

    def test_point(self, ask):
        assert codes(ask(layer="area", point="{},{}".format(*inside(7)))) == ["7"]
        assert codes(ask(layer="prossimita", point="{},{}".format(*inside(7)))) == ["west"]
        assert codes(ask(layer="area", point="0,0")) == []

    def test_edition_and_date(self, city, ask):
        first = BoundaryEdition.objects.get(layer__code="zona")
        BoundaryEdition.objects.filter(pk=first.pk).update(valid_to=dt.date(2024, 1, 1))
        BoundaryEdition.objects.create(
            layer=first.layer, code="empty", status="active", valid_from=dt.date(2024, 1, 1), source="s", licence="l",
            checksum="c", imported_at=first.imported_at,
        )  # fmt: skip
        assert codes(ask(layer="zona", geometry="none")) == []
        assert codes(ask(layer="zona", edition="first")) == ["A", "B", "C"]
        assert codes(ask(layer="zona", date="2023-12-31")) == ["A", "B", "C"]
        assert codes(ask(layer="zona", date="2024-01-01", geometry="none")) == []

    def test_without_geometry(self, ask):
        features = ask(layer="area", geometry="none").json()["features"]
        assert [feature["geometry"] for feature in features] == [None] * 9

    @pytest.mark.parametrize("tolerance_m", ["0", "0.5", "20", "1000"])
    def test_tolerance(self, ask, tolerance_m):
        assert len(codes(ask(layer="area", tolerance_m=tolerance_m))) == 9


class TestRefusals:
    @pytest.mark.parametrize(
        ("params", "parameter"),
        [
            ({"layer": "nowhere"}, "layer"),
            ({"edition": "1066"}, "edition"),
            ({"date": "1999-01-01"}, "date"),
            ({"date": "yesterday"}, "date"),
            ({"date": "20240101"}, "date"),
            ({"date": "2024-02-30"}, "date"),
            ({"bbox": "1,2,3"}, "bbox"),
            ({"bbox": "nan,0,1,1"}, "bbox"),
            ({"bbox": "0,0,inf,1"}, "bbox"),
            ({"bbox": "11,45,10,44"}, "bbox"),
            ({"bbox": "a,b,c,d"}, "bbox"),
            ({"point": "11.3"}, "point"),
            ({"point": "nan,44"}, "point"),
            ({"point": "44.5,11.3,0"}, "point"),
            ({"point": "11,91"}, "point"),
            ({"tolerance_m": "-1"}, "tolerance_m"),
            ({"tolerance_m": "nan"}, "tolerance_m"),
            ({"tolerance_m": "1e9"}, "tolerance_m"),
            ({"geometry": "wkt"}, "geometry"),
            ({"code": "\x00"}, "code"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_name_the_parameter_and_what_would_be_right(self, ask, params, parameter):
        response = ask(**params)
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["parameter"] == parameter
        assert problem["allowed"]

    def test_a_parameter_twice(self, city):
        response = Client().get(f"{DISTRICTS}?layer=area&layer=zona")
        assert response.status_code == 400
        assert response.json()["parameter"] == "layer"

    def test_before_any_import(self, db):
        response = Client().get(DISTRICTS)
        assert response.status_code == 400
        assert "imported" in response.json()["detail"]

    def test_another_method(self, ask):
        assert Client().post(DISTRICTS, {}).status_code == 405


class TestConditional:
    def test_what_the_client_has_is_not_sent_again(self, ask):
        first = ask(layer="area")
        again = ask(layer="area", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == first["Cache-Control"]

    @pytest.mark.parametrize("tag", ["W/{}", '"other", {}', "*"])
    def test_ways_to_say_so(self, ask, tag):
        first = ask(layer="area")
        assert ask(layer="area", headers={"If-None-Match": tag.format(first["ETag"])}).status_code == 304

    def test_another_question_has_another_tag(self, ask):
        tags = {ask(layer="area", tolerance_m=metres)["ETag"] for metres in (0, 10, 20)}
        assert len(tags) == 3

    def test_geojson_and_json_are_two_representations(self, ask):
        one, other = (ask(headers={"Accept": kind}) for kind in ("application/geo+json", "application/json"))
        assert one["ETag"] != other["ETag"]
        assert "Accept" in one["Vary"]

    @pytest.mark.parametrize("change", ["name", "language", "population", "year", "exclude", "parent"])
    def test_what_belongs_to_a_district_counts(self, city, ask, change):
        area = city.area(5)
        name = DistrictName.objects.create(district=area, language="it", name="Vecchia")
        figure = Population.objects.create(district=area, year=2020, source="ISTAT", residents=5)
        first = ask(layer="area")
        if change == "language":
            name.language = "lij"
            name.save()
        elif change == "year":
            figure.year = 2021
            figure.save()
        elif change == "exclude":
            area.exclude_from_rates = True
            area.save()
        elif change == "name":
            DistrictName.objects.create(district=area, language="it", name="Nuova")
        elif change == "population":
            Population.objects.create(district=area, year=2024, source="ISTAT", residents=5)
        else:
            area.memberships.filter(parent__code="B").delete()
        again = ask(layer="area", headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 200
        assert again.content != first.content


class TestOne:
    def test_by_id(self, city, ask):
        response = ask(f"{DISTRICTS}/{city.area(3).pk}")
        assert response["Content-Type"] == "application/geo+json"
        assert response.json()["properties"]["code"] == "3"
        assert ask(f"{DISTRICTS}/{city.area(3).pk}", headers={"If-None-Match": response["ETag"]}).status_code == 304

    @pytest.mark.parametrize("pk", ["0", "999999", "99999999999999999999", "x"])
    def test_none_such(self, ask, pk):
        response = ask(f"{DISTRICTS}/{pk}")
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"

    def test_no_draft(self, city, ask):
        BoundaryEdition.objects.filter(layer__code="area").update(status="draft")
        assert ask(f"{DISTRICTS}/{city.area(3).pk}").status_code == 404
