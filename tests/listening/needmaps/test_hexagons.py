"""Need maps by hexagon: the figures of districts, in places that nobody drew, and nothing below the floor."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import h3
import numpy as np
import pytest
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.fieldwork.models import Session
from listening.needmaps import hexagons
from listening.needmaps.api.hexagons import TOLD_OF_THEME
from listening.needmaps.estimate import estimate, sums_over_occasions
from listening.needmaps.hexagons import HexagonNeed
from listening.records.models import Conversation
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person
from tests.squareville import inside

pytestmark = pytest.mark.django_db
SPOT = inside(5)
PERIOD = {"period": "2026-Q2"}


def listen(listener, n, *themes, at=SPOT, **members):
    place = Place("point", lon=at[0], lat=at[1])
    accept_many(
        [
            conversation(listener, *([heard("need", *themes)] if themes else []), place=place, **members)
            for _ in range(n)
        ]
    )
    merge_deltas()


def ask(client, **params):
    return client.get("/api/v1/need-map/hexagons", {**PERIOD, **params})


def shown(client, **params):
    answer = ask(client, **params)
    assert answer.status_code == 200, answer.content
    return {feature["id"]: feature["properties"] for feature in answer.json()["features"]}


@pytest.fixture
def planning(city, themes, planner, client_of):
    return client_of(planner)


@pytest.fixture
def coordinating(city, themes, coordinator, client_of):
    return client_of(coordinator)


def test_it_works(coordinating, themes, listener):
    listen(listener, 6, themes["rent"])
    listen(listener, 14)
    (feature,) = ask(coordinating, theme="housing").json()["features"]
    assert feature["id"] == feature["properties"]["hexagon"] == h3.latlng_to_cell(SPOT[1], SPOT[0], 8)
    told = feature["properties"]
    assert (told["conversations"], told["mentioning"], told["mentions"], told["share"]) == (20, 6, 6, 0.3)
    assert told["coverage"] == "enough"
    assert told["is_withheld"] is False


@pytest.mark.parametrize("resolution", [7, 8, 9])
def test_the_polygon_is_that_of_h3_and_goes_counter_clockwise(coordinating, listener, resolution):
    listen(listener, 1)
    (feature,) = ask(coordinating, resolution=resolution).json()["features"]
    ring = feature["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert len(ring) == 7
    corners = {(round(lon, 6), round(lat, 6)) for lat, lon in h3.cell_to_boundary(feature["id"])}
    assert {tuple(corner) for corner in ring} == corners
    polygon = Polygon([tuple(corner) for corner in ring])
    assert polygon.exterior_ring.is_counterclockwise
    assert h3.get_resolution(feature["id"]) == resolution
    # West of Greenwich and south of the equator as well.
    assert Polygon(
        HexagonNeed(1, 1, 0, hexagon=h3.api.basic_int.latlng_to_cell(-33.4, -70.6, 8)).ring
    ).exterior_ring.is_counterclockwise


def test_the_figures_are_those_of_an_independent_count(coordinating, city, themes, listener, other_listener):
    """Counted in Python from the records, estimated by the functions that districts use."""
    draw = random.Random(5)
    sessions = [Session.objects.create(kind="walk", convener=listener, started_at=NOON) for _ in range(3)]
    accept_many(
        [
            conversation(
                draw.choice([listener, other_listener]),
                *(
                    heard(draw.choice(["need", "asset"]), *draw.sample(list(themes.values()), draw.randrange(3)),
                          severity=draw.choice([None, 3, 5]))
                    for _ in range(draw.randrange(3))
                ),
                place=Place("point", lon=lon, lat=lat),
                session_id=draw.choice([None, *(one.pk for one in sessions)]),
            )
            for lon, lat in (inside(draw.randrange(1, 10), draw.random(), draw.random()) for _ in range(250))
        ]
    )  # fmt: skip
    merge_deltas()
    wanted = {themes["rent"].pk, themes["repairs"].pk, themes["housing"].pk}
    with connection.cursor() as cursor:
        cursor.execute("SELECT conversation_id, r8 FROM rollups_hexagon")
        hexagon_of = dict(cursor.fetchall())
    occasions = defaultdict(Counter)
    mentions, severe = Counter(), Counter()
    for one in Conversation.objects.prefetch_related("findings__themes"):
        heard_of = [
            f for f in one.findings.all() if f.kind == "need" and wanted & {theme.pk for theme in f.themes.all()}
        ]
        at = hexagon_of[one.pk]
        occasions[at, one.session_id or one.listener_id, one.occurred_on].update(n=1, c=bool(heard_of))
        mentions[at] += len(heard_of)
        severe[at] += any((f.severity or 0) >= 4 for f in heard_of)
    places = sorted({key[0] for key in occasions})
    sums = np.zeros((len(places) + 1, 6), np.int64)
    for (at, *_), counts in occasions.items():
        n, c = counts["n"], counts["c"]
        sums[places.index(at)] += np.array([n, c, 1, c * c, c * n, n * n])
    held, mentioning, number, squares, crossed, held_squares = (column[:, np.newaxis] for column in sums.T)
    estimates = estimate(
        held, mentioning, sums_over_occasions(number, held, mentioning, squares, crossed, held_squares)
    )
    found = shown(coordinating, theme="housing", kind="need")
    assert len(found) == len(places) > 5
    for row, place in enumerate(places):
        told = found[h3.int_to_str(place)]
        assert told["conversations"] == held[row, 0]
        assert told["mentioning"] == mentioning[row, 0]
        assert told["mentions"] == mentions[place]
        assert told["share_severe"] == pytest.approx(severe[place] / held[row, 0], abs=1e-4)
        assert told["share_eb"] == pytest.approx(estimates.shrunk.share[row, 0], abs=1e-4)
        assert told["share_low"] == pytest.approx(estimates.interval.low[row, 0], abs=1e-4)
        assert told["deff"] == pytest.approx(estimates.deff[row, 0], abs=0.01)
        assert told["reliability"] == estimates.reliability[row, 0]


def test_resolutions_and_scopes_add_up_to_the_same_city(city, themes, listener, client_of):
    draw = random.Random(6)
    accept_many(
        [
            conversation(listener, heard("need", themes["rent"]), place=Place("point", lon=lon, lat=lat))
            for lon, lat in (inside(draw.randrange(1, 10), draw.random(), draw.random()) for _ in range(120))
        ]
    )
    merge_deltas()
    everything = client_of(person("all", "coordinator"))
    parts = [client_of(person(code, "coordinator", within=city.districts["zona", code])) for code in "ABC"]
    for resolution in (7, 8, 9):
        whole = Counter({pk: told["conversations"] for pk, told in shown(everything, resolution=resolution).items()})
        assert whole.total() == 120
        added = Counter()
        for part in parts:
            added.update({pk: told["conversations"] for pk, told in shown(part, resolution=resolution).items()})
        assert added == whole


class TestFloor:
    @pytest.mark.parametrize("role", ["planner", "steward", "machine_reader"])
    def test_four_conversations_are_in_no_hexagon(self, city, themes, listener, client_of, role):
        listen(listener, 4)
        client = client_of(person("dario", role))
        answer = ask(client)
        assert answer.json()["features"] == []
        assert h3.latlng_to_cell(SPOT[1], SPOT[0], 8) not in answer.content.decode()
        assert answer.json()["elsewhere"]["conversations"] == answer.json()["city"]["conversations"] == 4
        listen(listener, 1)
        assert [told["conversations"] for told in shown(client).values()] == [5]

    def test_without_the_floor_they_are(self, planning, listener, monkeypatch):
        """A control: the same question with nothing held back finds them."""
        listen(listener, 4)
        monkeypatch.setattr("listening.needmaps.places.FEWEST", 1)
        assert [told["conversations"] for told in shown(planning).values()] == [4]

    def test_what_few_of_many_mention_is_withheld(self, planning, coordinating, themes, listener):
        listen(listener, 4, themes["rent"])
        listen(listener, 30)
        (told,) = shown(planning, theme="rent").values()
        assert (told["conversations"], told["is_withheld"]) == (34, True)
        assert {told[name] for name in TOLD_OF_THEME} == {None}
        (told,) = shown(coordinating, theme="rent").values()
        assert (told["mentioning"], told["is_withheld"]) == (4, False)
        # Nobody at all is no secret: the place must not look as if nobody had been asked.
        (told,) = shown(planning, theme="mobility").values()
        assert (told["mentioning"], told["is_withheld"]) == (0, False)

    def test_days_are_refused_because_two_periods_tell_the_day_between(self, planning, listener):
        for period in ("2026-05-12", "2026-05", "2026-04-01/2026-06-29"):
            assert ask(planning, period=period).json()["parameter"] == "period"


def test_a_coordinator_counts_what_they_may_read(city, themes, listener, client_of):
    listen(listener, 2, themes["rent"])
    listen(listener, 1, themes["rent"], themes["health"])
    for clearance, n in (("normal", 2), ("restricted", 3)):
        (told,) = shown(client_of(person(clearance, "coordinator", clearance=clearance))).values()
        assert told["conversations"] == n


def test_conversations_without_a_point_are_in_none(coordinating, listener):
    accept_many([conversation(listener, place=Place("city")) for _ in range(9)])
    merge_deltas()
    assert ask(coordinating).json()["city"]["conversations"] == 0
    assert shown(coordinating) == {}


def test_it_asks_as_often_for_many_as_for_few_and_knows_its_tag(coordinating, listener):
    listen(listener, 1)
    ask(coordinating)  # the scope of whoever is signed in by a test is read once
    with CaptureQueriesContext(connection) as few:
        ask(coordinating)
    for area in range(1, 10):
        listen(listener, 20, at=inside(area))
    with CaptureQueriesContext(connection) as many:
        answer = ask(coordinating)
    assert len(many) == len(few)
    again = coordinating.get("/api/v1/need-map/hexagons", PERIOD, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_more_hexagons_than_a_map_holds_are_refused(coordinating, listener, monkeypatch):
    monkeypatch.setattr(hexagons, "MOST_HEXAGONS", 2)
    for area in (1, 5, 9):
        listen(listener, 1, at=inside(area))
    answer = ask(coordinating, resolution=9)
    assert answer.status_code == 400
    assert (answer.json()["parameter"], answer.json()["allowed"]) == ("resolution", ["7", "8"])


@pytest.mark.parametrize("resolution", ["6", "10", "08", "x"])
def test_a_resolution_that_there_is_not_is_named(coordinating, resolution):
    answer = ask(coordinating, resolution=resolution)
    assert (answer.status_code, answer.json()["allowed"]) == (400, ["7", "8", "9"])
