"""How much listening stands behind each place, and where to listen next."""

from __future__ import annotations

import datetime as dt

import pytest

from backend import clock
from districts.models import Population
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from tests.listening.submissions import NOON, conversation
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def residents(city):
    """A thousand in each area, none known in 8, and 9 is no denominator."""
    Population.objects.bulk_create(
        Population(
            district=city.area(n), year=2025, source="Drawn for tests", residents=1000, exclude_from_rates=n == 9
        )
        for n in range(1, 10)
        if n != 8
    )


@pytest.fixture
def ask(city, themes, client_of):
    client = client_of(person("carmen", "coordinator"))

    def get(address="coverage", **params):
        response = client.get(f"/api/v1/{address}", {"layer": "area", **params})
        assert response.status_code == 200, response.content
        return response.json()

    return get


def of(body, code):
    (found,) = [one for one in body["places"] if one["code"] == code]
    return found


def test_it_works(residents, listener, ask):
    crowd = conversation(listener, area=1, people_count=40)
    accept_many([crowd, *(conversation(listener, area=1, people_count=2) for _ in range(5))])
    accept_many([conversation(listener, area=2, people_count=1), conversation(listener, place=Place("city"))])
    body = ask(period="2026-Q2")
    assert of(body, "1") == {
        "id": of(body, "1")["id"], "code": "1", "name": "Area 1", "residents": 1000,
        "conversations": 6, "people": 20, "sessions": 1, "listeners": 1,
        # 21 people among 7,000 residents: 3 in 1,000.
        "listening_rate": 20.0, "rate_ratio": 6.6667, "is_low": False,
    }  # fmt: skip
    assert (of(body, "3")["listening_rate"], of(body, "3")["is_low"]) == (0, True)
    assert body["elsewhere"] == 1
    assert body["dissimilarity"] == pytest.approx(20 / 21 - 1 / 7, abs=1e-4)
    assert 0 < body["dissimilarity_by_chance"] < body["dissimilarity"]


def test_where_no_rate_can_be_taken_there_is_none(residents, listener, ask):
    accept_many([conversation(listener, area=number) for number in (1, 8, 9)])
    body = ask(period="2026-Q2")
    for code, lives in (("8", None), ("9", 1000)):
        one = of(body, code)
        assert (one["residents"], one["conversations"]) == (lives, 1)
        assert (one["listening_rate"], one["rate_ratio"], one["is_low"]) == (None, None, None)


def test_a_coarser_layer_has_the_residents_of_its_areas(residents, listener, ask):
    accept_many([conversation(listener, area=number) for number in (1, 2, 5)])
    body = ask(layer="zona", period="2026-Q2")
    assert [(one["code"], one["residents"], one["conversations"]) for one in body["places"]] == [
        ("A", 3000, 2), ("B", 3000, 1), ("C", 2000, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("with_residents", [True, False])
def test_nobody_listened(request, ask, with_residents):
    if with_residents:
        request.getfixturevalue("residents")
    body = ask(period="2026-Q2")
    assert {one["listening_rate"] for one in body["places"]} == {None}
    assert (body["dissimilarity"], body["dissimilarity_by_chance"]) == (None, None)
    assert ask("coverage/next")["places"] == [] or with_residents


def test_what_is_not_counted_is_no_listening(residents, listener, ask):
    accept_many([conversation(listener, area=1, is_test=True), conversation(listener, area=1, may_be_counted=False)])
    assert of(ask(period="2026-Q2"), "1")["conversations"] == 0


class TestNext:
    def test_the_least_heard_comes_first(self, residents, listener, ask):
        today = clock.local_date(clock.now())
        start = dt.date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        within = dt.datetime.combine(start - dt.timedelta(days=20), dt.time(12), dt.UTC)
        accept_many([conversation(listener, area=1, occurred_at=within) for _ in range(60)])
        accept_many([conversation(listener, area=2, occurred_at=within) for _ in range(30)])
        body = ask("coverage/next", conversations=350, sessions=27)
        # Seven places with as many residents each: 50 conversations a year.
        assert {one["target"] for one in body["places"]} == {50.0}
        found = {one["code"]: (one["deficit"], one["suggested_sessions"]) for one in body["places"]}
        assert found["1"] == (0, 0)
        assert found["2"] == (20, 2)
        assert found["3"] == (50, 5)
        assert sum(one["suggested_sessions"] for one in body["places"]) == 27
        assert set(found) == set("1234567")

    @pytest.mark.parametrize(
        ("name", "value"), [("sessions", "0"), ("sessions", "x"), ("sessions", "²"), ("conversations", "9" * 12)]
    )
    def test_numbers_that_are_none(self, city, client_of, name, value):
        response = client_of(person("ugo", "coordinator")).get("/api/v1/coverage/next", {name: value})
        assert (response.status_code, response.json()["parameter"]) == (400, name)


def test_of_other_districts_nothing_is_told(residents, city, listener, themes, client_of):
    accept_many([conversation(listener, area=number, occurred_at=NOON) for number in (1, 2, 2)])
    client = client_of(person("ugo", "coordinator", within=city.area(1)))
    body = client.get("/api/v1/coverage", {"layer": "area", "period": "2026-Q2"}).json()
    assert [(one["code"], one["conversations"]) for one in body["places"]] == [("1", 1)]
    assert (body["is_partial"], body["elsewhere"]) == (True, 0)
    assert [one["code"] for one in client.get("/api/v1/coverage/next", {"layer": "area"}).json()["places"]] == ["1"]
