"""How much to listen where: a plan that listeners may know, which tells nothing of what was heard."""

from __future__ import annotations

import pytest

from listening.capture.accept import accept_many
from tests.listening.needmaps.test_coverage import residents  # noqa: F401  (a thousand in each area, but 8 and 9)
from tests.listening.submissions import conversation
from tests.people import person

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/coverage/targets"


def test_it_works(city, residents, client_of):  # noqa: F811
    told = client_of(person("bruno", "listener", within=city.area(5))).get(ADDRESS).json()
    assert (told["layer"], told["conversations"]) == ("area", 3000)
    # Seven areas have residents to divide by, each as many: 3000 / 7.
    assert told["places"] == [{"code": "5", "name": "Area 5", "target": 428.6}]


def test_who_logs_in_the_whole_city_has_all_places_with_residents(city, residents, client_of):  # noqa: F811
    told = client_of(person("carla", "coordinator")).get(ADDRESS).json()
    assert [one["code"] for one in told["places"]] == ["1", "2", "3", "4", "5", "6", "7"]


def test_it_is_the_same_whatever_was_heard(city, residents, themes, client_of, listener):  # noqa: F811
    client = client_of(listener)
    before = client.get(ADDRESS)
    accept_many([conversation(listener, area=5) for _ in range(12)])
    after = client.get(ADDRESS, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.content) == (304, b"")
    assert client.get(ADDRESS).content == before.content


def test_without_residents_there_is_no_target(city, client_of, listener):
    assert client_of(listener).get(ADDRESS).json()["places"] == []


def test_without_boundaries_there_is_no_layer(client_of):
    told = client_of(person("carla", "coordinator")).get(ADDRESS).json()
    assert (told["layer"], told["places"]) == (None, [])


def test_it_takes_no_parameter(city, client_of, listener):
    answer = client_of(listener).get(ADDRESS, {"layer": "zona"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "layer")
