"""What the colours say is chosen in the address: the share with its certainty, one of the two alone."""

import pytest

from tests.listening.dashboard.needs import listen_for_two_years, listen_in_squareville
from tests.listening.dashboard.reader import Page
from tests.people import person

ASKED = {"layer": "area", "theme": "rent", "period": "2026-Q2"}


@pytest.fixture
def look(client, db):
    client.force_login(person("carmen", "coordinator"))

    def open_page(status=200, **params):
        response = client.get("/dashboard/", {**ASKED, **params}, headers={"accept-language": "en"})
        assert response.status_code == status
        return Page(response)

    return open_page


@pytest.fixture
def two_years(city, themes, listener):
    listen_for_two_years(themes, listener)


def classes(page):
    return {title.split(":")[0]: css for title, css in page.areas.items()}


def listed(page):
    return [li.text for li in page.root.one("div", **{"class": "legend"}).all("li")]


@pytest.mark.parametrize(
    ("shading", "area_1", "area_7", "legend"),
    [
        ({}, "wide-5", "c1", "striped: known roughly, the interval is wider than 30 points"),
        ({"shading": "both"}, "wide-5", "c1", "striped: known roughly, the interval is wider than 30 points"),
        ({"shading": "share"}, "c5", "c1", "not enough listening here"),
        ({"shading": "certainty"}, "sure-1", "sure-3", "well: the interval is at most 15 points wide"),
    ],
    ids=["usual", "both", "share", "certainty"],
)
def test_the_colours_follow_the_share_its_reliability_or_both(
    city, themes, listener, look, shading, area_1, area_7, legend
):
    """Area 1: 20 of 40, 34 to 66 per cent. Area 7: 0 of 30, 0 to 9 per cent."""
    listen_in_squareville(themes, listener)
    page = look(**shading)
    drawn = classes(page)
    assert (drawn["Area 1"], drawn["Area 7"]) == (area_1, area_7)
    # Too little listening looks the same whatever the colours say, and the table says the same.
    assert (drawn["Area 9"], drawn["Area 2"]) == ("thin", "none")
    assert page.rows["Area 1"][1] == "34 to 66%"
    assert listed(page)[0].startswith(legend)
    assert page.selected("shading") == shading.get("shading", "both")
    swatches = {
        row.one("path").attributes["class"] for row in page.root.one("table", id="table").one("tbody").all("tr")
    }
    assert swatches == set(drawn.values())


def test_the_bar_of_shares_stands_only_where_the_colours_say_shares(two_years, look):
    bars = {one: len(look(shading=one).root.all("svg", **{"class": "legend-bar"})) for one in ("share", "certainty")}
    assert bars == {"share": 1, "certainty": 0}


def test_both_periods_have_the_same_colours(two_years, look):
    pictures = look(view="compare", shading="certainty").root.all("svg", **{"class": "map"})
    drawn = [
        path.attributes["class"] for svg in pictures for path in svg.all("path") if "data-place" in path.attributes
    ]
    assert {css.partition("-")[0] for css in drawn} == {"sure", "none"}


def test_the_choice_stays_in_the_address_from_view_to_view(two_years, look):
    page = look(shading="certainty")
    assert all("shading=certainty" in a.attributes["href"] for a in page.root.one("nav", **{"class": "tabs"}).all("a"))
    change = look(view="change", shading="certainty")
    hidden = change.root.one("form", **{"class": "filters"}).one("input", name="shading")
    assert hidden.attributes["value"] == "certainty"
    assert "shading" not in look().root.one("nav", **{"class": "tabs"}).all("a")[1].attributes["href"]


def test_without_a_theme_there_is_nothing_to_choose(two_years, look):
    page = look(theme="", shading="certainty")
    assert page.root.all("select", name="shading") == []
    assert classes(page)["Area 1"] == "heard"


def test_colours_that_there_are_not_are_named(two_years, look):
    page = look(status=400, shading="rainbow")
    assert page.notices == ["Colours cannot say “rainbow”; they say the share."]
