"""Maps of data that give a map little to show: all places alike, one place, none, or one that is not drawn."""

import csv
import io
import json

import pytest

from districts.models import BoundaryEdition, Layer
from listening.capture.accept import accept_many
from listening.dashboard import frame, shown
from listening.dashboard.reading import VIEWS
from listening.needmaps.outlines import map_geometries
from listening.rollups.merge import merge_deltas
from tests.listening.dashboard.reader import Page
from tests.listening.submissions import conversation, heard
from tests.people import person


@pytest.fixture
def read(client, db):
    client.force_login(person("carmen", "coordinator"))

    def answer(**params):
        given = {"layer": "area", "theme": "rent", "period": "2026-Q2", **params}
        response = client.get("/dashboard/", given, headers={"accept-language": "en"})
        assert response.status_code == 200, given
        return response

    return answer


@pytest.fixture
def alike(city, themes, listener):
    """Half of 40 conversations in each area mention the rent."""
    accept_many(
        [
            conversation(listener, *([heard("need", themes["rent"])] if number % 2 else []), area=area)
            for area in range(1, 10)
            for number in range(40)
        ]
    )
    merge_deltas()


@pytest.fixture
def nowhere(city, themes):
    """A layer whose boundaries have no districts."""
    layer = Layer.objects.create(code="nowhere", rank=5, names={"en": "Nowhere"})
    of_areas = BoundaryEdition.objects.get(layer__code="area")
    BoundaryEdition.objects.create(
        layer=layer, code="first", status="active", valid_from=of_areas.valid_from, source="Drawn for tests",
        licence="CC0-1.0", checksum="nothing", imported_at=of_areas.imported_at,
    )  # fmt: skip


def test_places_that_are_all_alike_have_one_class_and_the_legend_all(alike, read):
    page = Page(read())
    assert set(page.areas.values()) == {"wide-5"}
    assert "Every place with enough listening has the same share" in page.said
    assert len(page.root.one("svg", **{"class": "legend-bar"}).all("rect")) == 5


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_of_places_that_are_all_alike_says_what_is_no_number(alike, read, view):
    text = read(view=view).content.decode()
    assert Page(read(view=view)).notices == []
    assert "nan" not in text.lower().replace("finanz", "")
    assert "NaN" not in read(view=view, format="csv").content.decode() if view != "need" else True


@pytest.mark.parametrize("view", VIEWS)
def test_one_place_is_a_map_of_one(alike, read, view):
    page = Page(read(view=view, layer="quartiere"))
    if view not in {"trend", "hexagons"}:
        assert len(page.root.one("table", id="table").one("tbody").all("tr")) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_no_place_is_an_empty_map(nowhere, read, view):
    page = Page(read(view=view, layer="nowhere"))
    assert page.root.one("table", id="table").one("tbody").all("tr") == []
    assert page.root.one("div", **{"class": "legend"})
    if view != "need":
        lines = list(csv.DictReader(io.StringIO(read(view=view, layer="nowhere", format="csv").content.decode())))
        assert lines == []
    if view not in {"need", "trend"}:
        assert json.loads(read(view=view, layer="nowhere", format="geojson").content)["features"] == []


@pytest.mark.parametrize("view", ["need", "coverage", "change", "compare", "clusters"])
def test_a_place_that_cannot_be_drawn_is_told_in_the_table(alike, read, view, city, monkeypatch):
    def without(need_map, tolerance_m):
        drawn = map_geometries(need_map, tolerance_m)
        return {pk: text for pk, text in drawn.items() if pk != city.area(1).pk}

    for module in (frame, shown):
        monkeypatch.setattr(module, "map_geometries", without)
    page = Page(read(view=view))
    places = [path for path in page.root.all("path") if path.attributes.get("id", "").startswith("area-")]
    assert len(places) == 8
    assert len(page.root.one("table", id="table").one("tbody").all("tr")) == 9
    if view != "need":
        features = json.loads(read(view=view, format="geojson").content)["features"]
        assert [one["geometry"] for one in features if one["id"] == "1"] == [None]
