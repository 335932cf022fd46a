"""Whoever reads counts alone reads of the open quarter what is coarse; what is over they read in any layer."""

from __future__ import annotations

import datetime as dt

import pytest

from backend import clock
from listening.capture.accept import accept_many
from listening.fieldwork.assignments import assign
from tests.listening.submissions import conversation
from tests.people import person

pytestmark = pytest.mark.django_db
TODAY = dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC)
CLOSED = dt.datetime(2026, 2, 3, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def in_may(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: TODAY)


@pytest.fixture
def listened(city, themes, listener):
    accept_many([conversation(listener, area=1, occurred_at=at) for at in (CLOSED, CLOSED, TODAY)])


@pytest.fixture(params=["planner", "steward", "machine_reader"])
def counting(request, city, client_of):
    return client_of(person("dario", request.param))


def ask(client, address="need-map", **params):
    return client.get(f"/api/v1/{address}", params)


@pytest.mark.parametrize("period", ["2026", "2026-Q2", "2026-04", "2026-05-20", "2026-03-01/2026-04-01"])
def test_days_of_the_open_quarter_by_area_are_refused(listened, counting, period):
    """Without it, the map of today minus the map of yesterday is what one person said."""
    answer = ask(counting, layer="area", period=period)
    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["parameter"], problem["value"]) == ("period", period)
    assert problem["allowed"] == ["2026-Q1", "whole quarters until 2026-04-01"]
    assert "zona" in problem["detail"]


@pytest.mark.parametrize("layer", ["zona", "prossimita", "quartiere"])
def test_by_larger_districts_they_are_told(listened, counting, layer):
    answer = ask(counting, layer=layer, period="2026")
    assert answer.json()["city"]["conversations"] == 3


@pytest.mark.parametrize("period", ["2026-Q1", "2025", "2026-01-01/2026-03-31"])
def test_what_is_over_is_told_in_any_layer(listened, counting, period):
    assert ask(counting, layer="area", period=period).status_code == 200


def test_left_out_the_period_is_the_newest_that_is_over(listened, counting):
    body = ask(counting, layer="area").json()
    assert (body["period"]["label"], body["city"]["conversations"]) == ("2026-Q1", 2)
    assert ask(counting, layer="zona").json()["period"]["label"] == "2026"


@pytest.mark.parametrize("address", ["need-map/trend", "coverage", "coverage/representation"])
def test_every_list_holds_to_it(listened, counting, address):
    assert ask(counting, address, layer="area", period="2026-Q2").status_code == 400
    assert ask(counting, address, layer="area", period="2026-Q1").status_code == 200


def test_a_place_alone_holds_to_it(city, listened, counting):
    for address in (f"districts/{city.area(1).pk}/profile", f"themes/top?district={city.area(1).pk}"):
        sign = "&" if "?" in address else "?"
        assert counting.get(f"/api/v1/{address}{sign}period=2026-Q2").status_code == 400
        assert counting.get(f"/api/v1/{address}{sign}period=2026-Q1").status_code == 200


def test_who_reads_the_conversations_reads_their_counts(listened, client_of):
    client = client_of(person("carmen", "coordinator"))
    assert ask(client, layer="area", period="2026-05-20").json()["city"]["conversations"] == 1
    assert ask(client, layer="area").json()["period"]["label"] == "2026"


def test_who_is_both_holds_to_it_too(city, listened, client_of):
    """What a planner reads of the whole city is more than what they coordinate."""
    both = person("dario", "planner")
    assign(both, "coordinator", within=city.area(1))
    assert ask(client_of(both), layer="area", period="2026-Q2").status_code == 400


def test_the_page_shows_what_may_be_read_and_says_so(city, listened, client):
    client.force_login(person("dario", "planner"))
    page = client.get("/dashboard/", {"layer": "area", "period": "2026-Q2"}, headers={"Accept-Language": "en"})
    assert "2026-Q2” is not over yet" in page.content.decode()
    assert page.status_code == 400  # as for whatever the page could not use
