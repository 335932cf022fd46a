"""The map for everybody shows what is published and asks nobody who they are."""

from __future__ import annotations

import json

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.policy import Public
from listening.opendata.map import public_map
from tests.listening.dashboard.reader import Page
from tests.listening.opendata.test_anonymous import CREDENTIALS
from tests.listening.opendata.world import NEWEST

MAP = "/map/?layer=area&theme=rent&period=2026-Q2"


def test_it_works(read: Client) -> None:
    answer = read.get(MAP, headers={"accept-language": "en"})
    assert answer.status_code == 200
    page = Page(answer)
    assert page.root.one("h1").text == "Rent · 2nd quarter 2026 · Area"
    assert len(page.areas) == 9
    assert len(page.root.one("table", id="table").one("tbody").all("tr")) == 9


def test_its_figures_are_those_of_the_file(read: Client) -> None:
    page = Page(read.get(MAP, headers={"accept-language": "en"}))
    rows = {row.one("th").text: [td.text for td in row.all("td")] for row in page.root.one("tbody").all("tr")}
    told = json.loads(read.get("/open/need-map.geojson?layer=area&theme=rent&period=2026-Q2").content)
    assert told["release"] == NEWEST
    shares = {one["properties"]["name"]: one["properties"]["share_eb"] for one in told["features"]}
    assert {name: bool(cells[0]) for name, cells in rows.items()} == {
        name: share is not None for name, share in shares.items()
    }
    counts = {one["properties"]["name"]: one["properties"]["conversations"] or 0 for one in told["features"]}
    assert {name: int(cells[3].replace(",", "")) for name, cells in rows.items()} == counts


def test_a_rounded_nought_is_not_nobody(read: Client) -> None:
    """A published 0 stands for up to four conversations."""
    told = json.loads(read.get("/open/need-map.geojson?layer=area&theme=rent&period=2026-Q2").content)
    assert 0 in {one["properties"]["conversations"] for one in told["features"]}
    page = read.get(MAP, headers={"accept-language": "en"}).content.decode()
    assert page.count("hardly any listening, or none") > 1  # in the legend, and of places
    assert "nobody listened" not in page


def test_of_a_period_it_shows_the_release_that_holds(read: Client) -> None:
    said = Page(read.get("/map/?period=2026-Q1", headers={"accept-language": "en"})).said
    assert "2026-Q1-r2" in said
    assert "2026-Q1-r1" not in said


def test_left_alone_it_shows_the_newest(read: Client) -> None:
    page = Page(read.get("/map/"))
    assert (page.selected("period"), page.selected("layer"), page.selected("theme")) == ("2026-Q2", "zona", "housing")


def test_credentials_change_nothing(read: Client) -> None:
    plain, known = read.get(MAP), read.get(MAP, **CREDENTIALS)
    assert plain.content == known.content
    assert not known.cookies
    assert "cookie" not in known.headers["Vary"].lower()
    assert known.headers["Cache-Control"] == "public, max-age=300"


def test_it_reads_through_the_open_connection_alone(read: Client) -> None:
    with CaptureQueriesContext(connections["default"]) as others, CaptureQueriesContext(connections["open"]) as own:
        assert read.get(MAP).status_code == 200
    assert len(others) == 0
    assert len([query for query in own if "releases_release" in query["sql"]]) == 2


@pytest.mark.parametrize("params", [{"theme": "x"}, {"period": "1800"}, {"layer": "a\x00b"}, {"theme": "<b>"}])
def test_what_is_not_published_is_named_and_the_usual_is_shown(read: Client, params: dict[str, str]) -> None:
    answer = read.get("/map/", params, headers={"accept-language": "en"})
    assert answer.status_code == 400
    [notice] = Page(answer).notices
    assert next(iter(params.values())) in notice


def test_other_pages_may_show_it_only_where_a_city_says_so(read: Client, settings) -> None:
    refused = read.get("/map/?embed=1")
    assert "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]
    settings.EMBED_ORIGINS = ["https://city.example"]
    allowed = read.get("/map/?embed=1")
    assert "frame-ancestors https://city.example" in allowed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in allowed.headers
    page = Page(allowed)
    assert page.root.all("header") == []
    assert page.root.all("table") == []
    assert "frame-ancestors 'none'" in read.get("/map/").headers["Content-Security-Policy"]
    assert read.get("/map/").headers["X-Frame-Options"] == "DENY"


def test_it_is_for_everybody() -> None:
    assert public_map.access_policy is Public  # type: ignore[attr-defined]
