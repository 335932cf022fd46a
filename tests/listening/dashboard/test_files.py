"""The files of a view have the rows of its table: what the page says, and nothing that it does not."""

import json

import pytest

from listening.dashboard.reading import VIEWS
from listening.rollups.merge import merge_deltas
from tests.listening.dashboard.needs import listen_for_two_years, listen_in_squareville
from tests.listening.dashboard.reader import Page
from tests.listening.dashboard.spoken import lines_of, said, told
from tests.people import person

OWN = [view for view in VIEWS if view != "need"]
ASKED = {"layer": "area", "theme": "rent", "period": "2026-Q2"}


@pytest.fixture
def two_years(city, themes, listener):
    listen_for_two_years(themes, listener)


@pytest.fixture
def read(client, db):
    client.force_login(person("carmen", "coordinator"))

    def answer(**params):
        return client.get("/dashboard/", {**ASKED, **params}, headers={"accept-language": "en"})

    return answer


@pytest.mark.parametrize("view", OWN)
def test_the_table_of_a_view_follows_from_its_file(two_years, read, view, english):
    page = Page(read(view=view))
    lines = lines_of(read(view=view, format="csv"))
    rows = told(page)
    assert len(rows) == (2 if view == "hexagons" else 9)
    assert [(line["name"], said(view, line)) for line in lines[: len(rows)]] == rows
    assert len(lines) == len(rows) or view == "hexagons"


@pytest.mark.parametrize("view", OWN)
def test_the_links_of_a_view_lead_to_its_own_files(two_years, read, client, view):
    page = Page(read(view=view))
    links = {a.text: a.attributes["href"] for a in page.root.one("p", **{"class": "downloads"}).all("a")}
    assert links.keys() == ({"CSV"} if view == "trend" else {"CSV", "GeoJSON"})
    for kind, href in links.items():
        answer = client.get("/dashboard/" + href)
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{view}-area-2026-Q2')
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Content-Type"].split(";")[0] == {"CSV": "text/csv"}.get(kind, "application/geo+json")


def test_the_name_of_a_file_says_what_it_is_of(two_years, read):
    def name(**params):
        return read(format="csv", **params).headers["Content-Disposition"].split('"')[1]

    assert name(view="change", kind="need") == "change-area-2026-Q2-since-2025-Q2-rent-need.csv"
    assert name(view="compare", **{"with": "2025-05"}) == "compare-area-2026-Q2-with-2025-05-rent.csv"
    assert name(view="coverage", period="2026-05") == "coverage-area-2026-05.csv"
    assert name(view="coverage", period="2026-05-02/2026-05-09") == "coverage-area-2026-05-02_2026-05-09.csv"


def test_what_a_hexagon_withholds_is_in_none_of_its_files(city, themes, listener, client):
    """3 of the 30 in area 7 mention mobility: whoever reads counts alone is not told how many."""
    listen_in_squareville(themes, listener)
    merge_deltas()
    client.force_login(person("dario", "planner"))
    asked = {**ASKED, "theme": "mobility", "view": "hexagons"}
    page = Page(client.get("/dashboard/", asked, headers={"accept-language": "en"}))
    assert ["", "", "30"] in [cells for _name, cells in told(page)]
    lines = {line["conversations"]: line for line in lines_of(client.get("/dashboard/", {**asked, "format": "csv"}))}
    assert (lines["30"]["share"], lines["30"]["mentioning"]) == ("", "")
    features = json.loads(client.get("/dashboard/", {**asked, "format": "geojson"}).content)["features"]
    of_30 = next(one["properties"] for one in features if one["properties"]["conversations"] == 30)
    assert (of_30["share"], of_30["mentioning"]) == (None, None)


def test_silence_is_empty_and_never_nought(two_years, read):
    lines = {line["name"]: line for line in lines_of(read(view="trend", format="csv"))}
    assert lines["Area 1"]["2024-Q3"] == lines["Area 2"]["2026-Q2"] == ""
    silent = {line["name"]: line for line in lines_of(read(view="change", format="csv"))}["Area 2"]
    assert (silent["difference"], silent["mentioning_then"], silent["label"]) == ("", "", "")


@pytest.mark.parametrize("view", [view for view in OWN if view != "trend"])
def test_the_features_have_the_lines_and_the_shapes_that_are_drawn(two_years, read, view):
    document = json.loads(read(view=view, format="geojson").content)
    lines = lines_of(read(view=view, format="csv"))
    assert (document["view"], document["licence"], document["release"]) == (view, "CC0-1.0", None)
    features = document["features"]
    for line, feature in zip(lines, features, strict=True):
        properties = feature["properties"]
        assert properties.pop("period") == "2026-Q2"
        assert {name: "" if value is None else str(value) for name, value in properties.items()} == line
        assert feature["id"] == line["code"]
        assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    drawn = Page(read(view=view)).root.all("svg", **{"class": "map"})[-1]
    paths = [path for path in drawn.all("path") if path.attributes.get("id", "").startswith("area-")]
    assert len(paths) == len(features)


@pytest.mark.parametrize("view", OWN)
@pytest.mark.parametrize("params", [{"period": "2024"}, {"theme": ""}, {"layer": "quartiere"}], ids=str)
def test_a_file_of_little_is_a_short_file(two_years, read, view, params):
    lines_of(read(view=view, format="csv", **params))
    if view != "trend":
        assert "NaN" not in read(view=view, format="geojson", **params).content.decode()


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"format": "xlsx"}, "This view has no file “xlsx”."),
        ({"view": "trend", "format": "geojson"}, "This view has no file “geojson”."),
        ({"theme": "nonsense", "format": "csv"}, "There is no theme “nonsense”"),
        ({"view": "nonsense", "format": "csv"}, "There is no view “nonsense”"),
    ],
)
def test_where_something_is_wrong_there_is_a_page_that_says_so_and_no_file(two_years, read, params, named):
    answer = read(**params)
    assert answer.status_code == 400
    [notice] = Page(answer).notices
    assert named in notice


def test_no_name_of_a_place_is_a_formula(two_years, read, city):
    district = city.area(1)
    type(district).objects.filter(pk=district.pk).update(name="=HYPERLINK(1)")
    for view in ("coverage", "change", "trend", "compare", "clusters"):
        assert "'=HYPERLINK(1)" in {line["name"] for line in lines_of(read(view=view, format="csv"))}


def test_the_boundaries_that_were_asked_for_are_those_of_the_file(two_years, read, city):
    edition = city.area(1).edition.code
    page = Page(read(view="coverage", edition=edition))
    assert f"edition={edition}" in page.link("CSV")
    assert "edition" not in Page(read(view="coverage")).link("CSV")


def test_who_is_not_signed_in_gets_no_file(city, client):
    answer = client.get("/dashboard/", {**ASKED, "view": "change", "format": "csv"})
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/login/")
