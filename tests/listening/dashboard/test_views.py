"""Every view is a page by itself: picture, sentence and table, without a script, for all who read counts."""

import pytest

from listening.dashboard.frame import TABS
from listening.dashboard.reading import VIEWS
from listening.drawing.charts import HEIGHT, chart, top_of
from tests.listening.dashboard.needs import listen_for_two_years, listen_in_squareville
from tests.listening.dashboard.reader import Page
from tests.people import person

OTHERS = [view for view in VIEWS if view != "need"]


@pytest.fixture
def look(client, db):
    people = {}

    def open_page(status=200, language="en", role="coordinator", **params):
        if role not in people:
            people[role] = person(f"who-is-{role}", role)
        client.force_login(people[role])
        response = client.get("/dashboard/", params, headers={"accept-language": language})
        assert response.status_code == status, Page(response).notices
        return Page(response)

    return open_page


@pytest.fixture
def listened(city, themes, listener):
    listen_in_squareville(themes, listener)


@pytest.fixture
def two_years(city, themes, listener):
    listen_for_two_years(themes, listener)


def test_each_view_has_a_tab():
    assert tuple(TABS) == VIEWS


@pytest.mark.parametrize("view", OTHERS)
@pytest.mark.parametrize("role", ["coordinator", "planner"])
def test_each_view_shows_its_places_and_keeps_the_question(two_years, look, view, role):
    page = look(layer="area", theme="rent", period="2026-Q2", view=view, role=role)
    what = "Coverage" if view == "coverage" else "Rent"  # listening is of no theme
    assert page.root.one("h1").text == f"{what} · 2nd quarter 2026 · Area"
    [current] = [a for a in page.root.one("nav", **{"class": "tabs"}).all("a") if "aria-current" in a.attributes]
    assert current.text == str(TABS[view])
    assert "theme=rent" in current.attributes["href"]
    assert page.root.one("form", **{"class": "filters"}).one("input", name="view").attributes["value"] == view
    table = page.root.one("table", id="table")
    if view != "hexagons":
        assert len(table.one("tbody").all("tr")) == 9


@pytest.mark.parametrize("view", OTHERS)
@pytest.mark.parametrize(
    "params", [{"period": "2024"}, {"theme": ""}, {"layer": "quartiere"}], ids=["empty", "any", "one"]
)
def test_no_view_breaks_where_there_is_little_to_show(listened, look, view, params):
    given = {"layer": "area", "theme": "rent", "period": "2026", **params, "view": view}
    page = look(status=200, **given)
    assert page.notices == []


def test_change_tells_clear_from_noise(two_years, look):
    page = look(layer="area", theme="rent", period="2026-Q2", view="change")
    classes = {title.split(":")[0]: css for title, css in page.areas.items()}
    assert (classes["Area 1"], classes["Area 5"], classes["Area 2"]) == ("rise-2", "noise", "thin")
    assert page.said.endswith(
        "Since 2nd quarter 2025: 1 place clearly more, 0 places clearly less, 1 place within noise."
    )
    rows = {
        row.one("th").all("a")[0].text: [td.text for td in row.all("td")] for row in page.root.one("tbody").all("tr")
    }
    assert rows["Area 1"][2:] == ["3 of 60", "30 of 60", "rising"]
    assert rows["Area 1"][0] == "+45"


def test_compare_draws_both_periods_in_the_same_classes(two_years, look):
    page = look(layer="area", theme="rent", period="2026-Q2", view="compare", **{"with": "2025-Q2"})
    pictures = page.root.all("svg", **{"class": "map"})
    assert [svg.attributes["aria-label"].split(".")[0] for svg in pictures] == [
        "Map: 2nd quarter 2025",
        "Map: 2nd quarter 2026",
    ]
    assert page.selected("with") == "2025-Q2"
    drawn = [
        {p.attributes["data-place"]: p.attributes["class"] for p in svg.all("path") if "data-place" in p.attributes}
        for svg in pictures
    ]
    assert drawn[0].keys() == drawn[1].keys()
    assert drawn[0] != drawn[1]


def test_coverage_names_where_to_listen_next_from_residents(listened, look):
    page = look(layer="area", theme="", period="2026", view="coverage")
    assert set(page.areas.values()) == {"thin", "none"}  # nobody has counted the residents of Squareville


def test_trend_draws_a_line_with_its_band_and_the_table_has_the_numbers(two_years, look):
    page = look(layer="area", theme="rent", period="2026-Q2", view="trend")
    heads = [th.text for th in page.root.one("thead").all("th")]
    assert heads == ["Place", "2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2"]
    charts = page.root.all("svg", **{"class": "chart"})
    assert len(charts) == 2
    assert [len(svg.all("circle")) for svg in charts] == [2, 2]
    rows = {row.one("th").text[:6]: [td.text for td in row.all("td")] for row in page.root.one("tbody").all("tr")}
    need = look(layer="area", theme="rent", period="2026-Q2")
    assert rows["Area 1"][-1] == need.rows["Area 1"][0]
    assert rows["Area 1"][0] == "\u2013"


def test_who_reads_counts_alone_sees_published_quarters_in_the_trend(two_years, look):
    page = look(layer="area", theme="rent", period="2026-Q2", view="trend", role="planner")
    assert "These are published figures" in page.said
    assert page.root.all("svg", **{"class": "chart"}) == []
    assert {td.text for td in page.root.one("tbody").all("td")} == {"\u2013"}


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"view": "nonsense"}, "There is no view “nonsense”"),
        ({"place": "nonsense"}, "There is no place “nonsense”"),
        ({"place": "a\x00b"}, "There is no place"),
        ({"with": "nonsense"}, "“nonsense” is not a period to compare with"),
        ({"view": "compare", "period": "2026-05"}, "Choose the period to compare with"),
        ({"view": "hexagons", "period": "2026-05"}, "There are no hexagons of this period"),
    ],
)
def test_what_makes_no_sense_is_named_and_the_usual_is_shown(listened, look, params, named):
    page = look(status=400, **{"layer": "area", "theme": "rent", "period": "2026", **params})
    [notice] = page.notices
    assert named in notice
    assert len(page.areas) == 9


def test_the_classes_are_the_same_in_every_period(two_years, look):
    bars = {
        period: [
            step.text
            for step in look(layer="area", theme="rent", period=period)
            .root.one("svg", **{"class": "legend-bar"})
            .all("title")
        ]
        for period in ("2025-Q2", "2026-Q2", "2026")
    }
    assert len({tuple(bar) for bar in bars.values()}) == 1


def test_the_steps_lead_from_quarter_to_quarter(two_years, look):
    page = look(layer="area", theme="rent", period="2026-Q2", view="change")
    steps = page.root.one("nav", **{"class": "steps"})
    assert [a.text for a in steps.one("ol").all("a")] == ["2025-Q2", "2026-Q2"]
    assert steps.one("a", rel="prev").attributes["href"] == "?layer=area&period=2025-Q2&theme=rent&kind=&view=change"
    assert steps.all("a", rel="next") == []


def queries(client, limit, view, layer):
    with limit(26) as captured:
        assert (
            client.get("/dashboard/", {"layer": layer, "theme": "rent", "period": "2026-Q2", "view": view}).status_code
            == 200
        )
    return len(captured)


@pytest.mark.parametrize("view", OTHERS)
def test_no_view_asks_more_for_nine_places_than_for_three(two_years, client, django_assert_max_num_queries, view):
    client.force_login(person("carmen", "coordinator"))
    for layer in ("area", "zona"):  # simplified boundaries are kept from then on
        client.get("/dashboard/", {"layer": layer, "theme": "rent", "period": "2026-Q2", "view": view})
    few = queries(client, django_assert_max_num_queries, view, "zona")
    assert queries(client, django_assert_max_num_queries, view, "area") <= few


# --- one place ---------------------------------------------------------------------------------------
def test_a_place_that_is_looked_at_is_told_beside_the_map(two_years, look):
    page = look(layer="area", theme="rent", period="2026-Q2", place="1")
    panel = page.root.one("aside")
    assert panel.one("h2").text == "Area 1"
    told = panel.all("p")[0].text
    assert told.startswith(
        "30 of 60 conversations mention “Rent”. The share is 49%; with a confidence of 90 per cent, 39 to 61%."
    )
    assert "Number 1 of the 2 places with enough listening." in told
    assert panel.one("svg").attributes["aria-label"] == "2025-Q2 6%, 2026-Q2 49%"
    assert [li.one("a").text for li in panel.one("ol").all("li")] == ["Housing", "Rent"]
    assert panel.one("a", id="panel-close").attributes["href"] == "?layer=area&period=2026-Q2&theme=rent&kind="
    [area] = [p for p in page.root.all("path") if p.attributes.get("id") == "area-" + panel.attributes["data-place"]]
    assert area.attributes["class"].endswith(" chosen")


def test_a_place_with_little_listening_says_so(listened, look):
    panel = look(layer="area", theme="rent", period="2026", place="9").root.one("aside")
    assert panel.all("p")[0].text == "There is not enough listening here to name a share."
    assert panel.all("svg") == []


@pytest.mark.parametrize("view", [*OTHERS, "need"])
def test_the_place_stays_in_every_view(two_years, look, view):
    page = look(layer="area", theme="rent", period="2026-Q2", place="5", view=view)
    assert page.root.one("aside").one("h2").text == "Area 5"
    assert all("place=5" in a.attributes["href"] for a in page.root.one("nav", **{"class": "tabs"}).all("a"))


def test_no_place_beyond_the_own_districts_is_told(two_years, look, client, city):
    client.force_login(person("nora", "coordinator", within=city.area(5)))
    answer = client.get("/dashboard/", {"layer": "area", "theme": "rent", "period": "2026-Q2", "place": "1"})
    assert answer.status_code == 400
    assert Page(answer).root.all("aside") == []


# --- lines -------------------------------------------------------------------------------------------
def test_a_gap_parts_the_line():
    drawn = chart([(0.5, 0.4, 0.6), (0.5, 0.4, 0.6), None, (0.2, 0.1, 0.3)], ["a", "b", "", "d"], 1.0)
    assert drawn.line == "M8 48L83 48"
    assert drawn.band.count("z") == 2
    assert [dot.title for dot in drawn.dots] == ["a", "b", "d"]
    assert drawn.dots[0].y == HEIGHT / 2


@pytest.mark.parametrize(("highs", "top"), [([], 0.1), ([0.0], 0.1), ([0.3], 0.3), ([0.31], 0.4), ([1.0], 1.0)])
def test_one_scale_holds_all(highs, top):
    assert top_of(highs) == top


def test_constant_and_single_values_are_drawn():
    assert chart([(0.0, 0.0, 0.0)], ["a"], 0.1).dots[0].y == HEIGHT
    assert chart([], [], 0.1).line == ""
