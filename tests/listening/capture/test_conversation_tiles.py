"""Conversations as points: close up, to those who may read them, capped and recorded."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from backend.geo.tile_matrix import tile_at
from listening.capture.accept import accept_many
from listening.capture.api import tiles
from listening.records.models import Conversation
from tests.canaries import CANARY
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person
from tests.squareville import inside
from tests.vector_tiles import read_tile

pytestmark = pytest.mark.django_db
HERE = inside(5)


def ask(client, zoom=14, at=HERE, **params):
    tile = tile_at(*at, zoom)
    headers = params.pop("headers", None)
    return client.get(f"/api/v1/tiles/conversations/{zoom}/{tile.x}/{tile.y}.mvt", params, headers=headers)


def points(client, zoom=14, at=HERE, **params):
    answer = ask(client, zoom, at, **params)
    assert answer.status_code in {200, 204}, answer.content
    return read_tile(answer.content)["conversations"].features if answer.content else []


@pytest.fixture
def told(city, themes, listener, other_listener):
    """Two in area 5, one of them on health; one in area 9; one by somebody else in 5."""
    accept_many(
        [
            conversation(listener, heard("need", themes["rent"])),
            conversation(listener, heard("need", themes["health"])),
            conversation(listener, area=9),
            conversation(other_listener, heard("need", themes["rent"])),
        ]
    )


def test_it_works(told, listener, client_of):
    answer = ask(client_of(listener))
    layers = read_tile(answer.content)
    assert set(layers) == {"conversations", "meta"}
    own = Conversation.objects.filter(listener=listener, district__code="5")
    assert [f.properties for f in layers["conversations"].features] == [
        {"id": str(one.pk), "occurred_on": "2026-05-12", "channel": "street"} for one in own
    ]
    tile, box = tile_at(*HERE, 14), tile_at(*HERE, 14).bbox
    ((x, y),) = layers["conversations"].features[0].rings[0]
    assert x == pytest.approx((HERE[0] - box.minx) / (box.maxx - box.minx) * 4096, abs=1)
    assert 0 < y < 4096
    assert tile_at(*HERE, 14) == tile
    assert [f.properties for f in layers["meta"].features] == [{"conversations": 2, "truncated": False}]


def test_nothing_that_was_said_is_in_it(told, listener, client_of):
    body = ask(client_of(listener)).content
    assert CANARY.encode() not in body
    assert listener.username.encode() not in body


@pytest.mark.parametrize(
    ("role", "area", "clearance", "seen"),
    [
        ("coordinator", None, "internal", 3),
        ("coordinator", 5, "internal", 3),
        ("coordinator", 5, "normal", 2),
        ("coordinator", 9, "internal", 0),
        ("listener", None, "normal", 0),
    ],
)
def test_who_sees_what_is_who_reads_what(told, city, client_of, role, area, clearance, seen):
    client = client_of(person("x", role, within=city.area(area) if area else None, clearance=clearance))
    found = {f.properties["id"] for f in points(client)}
    assert len(found) == seen
    listed = client.get("/api/v1/conversations", {"bbox": ",".join(map(str, tile_at(*HERE, 14).bbox))}).json()
    assert found == {one["id"] for one in listed["conversations"]}


@pytest.mark.parametrize("role", ["planner", "steward", "machine_reader"])
def test_whoever_reads_counts_alone_is_refused(told, client_of, role):
    assert ask(client_of(person("x", role))).status_code == 403


def test_of_many_the_newest_are_shown_and_the_tile_says_so(city, listener, client_of, monkeypatch):
    monkeypatch.setattr(tiles, "MOST_POINTS", 3)
    told = [replace(conversation(listener), occurred_at=NOON - dt.timedelta(days=n)) for n in range(5)]
    accept_many(told)
    layers = read_tile(ask(client_of(listener)).content)
    assert [f.properties["id"] for f in layers["conversations"].features] == [str(one.id) for one in told[:3]]
    assert [f.properties for f in layers["meta"].features] == [{"conversations": 3, "truncated": True}]


def test_the_cap_is_five_thousand():
    assert tiles.MOST_POINTS == 5_000


def test_filters_are_those_of_the_list(told, coordinator, client_of):
    client = client_of(coordinator)
    assert len(points(client, theme="health")) == 1
    assert len(points(client, theme="rent", period="2026-Q2")) == 2
    assert points(client, period="2025") == []
    refused = ask(client, nonsense="1")
    assert (refused.status_code, refused.json()["parameter"]) == (400, "nonsense")
    (template,) = client.get("/api/v1/tiles/conversations", {"theme": "health"}).json()["tiles"]
    tile = tile_at(*HERE, 14)
    path = template.removeprefix("http://testserver").format(z=14, x=tile.x, y=tile.y)
    assert len(read_tile(client.get(path).content)["conversations"].features) == 1


class TestAudit:
    def test_reading_of_others_is_recorded_like_a_list(self, told, coordinator, client_of, trail):
        found = points(client_of(coordinator))
        (entry,) = trail()
        assert (entry.verb, entry.model) == ("read_list", "records.conversation")
        assert set(entry.ids) == {f.properties["id"] for f in found}

    def test_ones_own_are_not(self, told, listener, client_of, trail):
        points(client_of(listener))
        assert trail() == []

    def test_what_was_not_sent_was_not_read(self, told, coordinator, client_of, trail):
        client = client_of(coordinator)
        tag = ask(client)["ETag"]
        answer = ask(client, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert [entry.verb for entry in trail()] == ["read_list"]

    def test_sensitive_ones_take_a_purpose_where_the_city_asks_for_one(self, told, coordinator, client_of, settings):
        settings.PURPOSE_REQUIRED = True
        client = client_of(coordinator)
        assert ask(client).status_code == 403
        assert ask(client, headers={"X-Purpose": "coordination"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("13/0/0", "no tiles at zoom 13; it goes from 14 to 20"),
        ("21/0/0", "no tiles at zoom 21"),
        ("14/0/x", "row 'x'"),
    ],
)
def test_what_is_no_tile_is_not_found(city, listener, client_of, path, says):
    answer = client_of(listener).get(f"/api/v1/tiles/conversations/{path}.mvt")
    assert answer.status_code == 404
    assert says in answer.json()["detail"]
