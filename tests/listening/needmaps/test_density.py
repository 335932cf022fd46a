"""Tiles of squares: counts and nothing below the floor, whoever asks, at whatever zoom."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.db import sql
from backend.geo.tile_matrix import Tile, tile_at
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.needmaps import density
from listening.rollups.merge import merge_deltas
from tests.listening.needmaps.test_tiers import CLOSED, TODAY
from tests.listening.submissions import conversation, heard
from tests.people import person
from tests.squareville import inside
from tests.vector_tiles import read_tile, signed_area

pytestmark = pytest.mark.django_db
MIDDLE = inside(5)
PERIOD = {"period": "2026-Q2"}


def listen(listener, n, *themes, area=5, dx=0.5, dy=0.5, at=None, **members):
    lon, lat = at or inside(area, dx, dy)
    place = Place("point", lon=lon, lat=lat)
    accept_many(
        [
            conversation(listener, *([heard("need", *themes)] if themes else []), place=place, **members)
            for _ in range(n)
        ]
    )
    merge_deltas()


def ask(client, zoom=13, at=MIDDLE, **params):
    tile = tile_at(*at, zoom)
    return client.get(f"/api/v1/tiles/density/{zoom}/{tile.x}/{tile.y}.mvt", {**PERIOD, **params})


def shown(client, zoom=13, at=MIDDLE, **params):
    """(column, row, side) in squares of the zoom, of the whole world -> conversations."""
    answer = ask(client, zoom, at, **params)
    assert answer.status_code in {200, 204}, answer.content
    if answer.status_code == 204:
        return {}
    tile, (layer,) = tile_at(*at, zoom), read_tile(answer.content).values()
    assert (layer.name, layer.version, layer.extent) == ("density", 2, 4096)
    found = {}
    for feature in layer.features:
        (ring,) = feature.rings
        assert signed_area(ring) == (64 * feature.properties["side"]) ** 2
        west, north = min(x for x, _ in ring), min(y for _, y in ring)
        key = (tile.x * 64 + west // 64, tile.y * 64 + north // 64, feature.properties["side"])
        found[key] = feature.properties["conversations"]
    return found


@pytest.fixture
def planning(city, themes, planner, client_of):
    return client_of(planner)


@pytest.fixture
def coordinating(city, themes, coordinator, client_of):
    return client_of(coordinator)


def middle_of(tile):
    box = tile.bbox
    return (box.minx + box.maxx) / 2, (box.miny + box.maxy) / 2


def square_of(at, zoom):
    square = tile_at(*at, zoom + 6)
    return square.x, square.y, 1


@pytest.mark.parametrize("zoom", [10, 11, 12, 13])
def test_it_works(planning, listener, zoom):
    listen(listener, 7)
    assert shown(planning, zoom) == {square_of(MIDDLE, zoom): 7}


def test_of_a_theme_and_those_below_it(planning, themes, listener):
    listen(listener, 6, themes["rent"])
    listen(listener, 5, themes["mobility"])
    at = square_of(MIDDLE, 13)
    assert shown(planning) == {at: 11}
    assert shown(planning, theme="housing") == shown(planning, theme="rent") == {at: 6}
    assert shown(planning, theme="mobility") == {at: 5}
    assert shown(planning, theme="health") == {}


def test_of_a_period(planning, listener, monkeypatch):
    from backend import clock

    listen(listener, 5)
    monkeypatch.setattr(clock, "now", lambda: TODAY)
    listen(listener, 6, occurred_at=CLOSED)
    assert shown(planning, period="2026-Q1") == shown(planning, period="2025-07-01/2026-03-31")
    assert shown(planning, period="2026-Q1") == {square_of(MIDDLE, 13): 6}
    assert shown(planning, period="2025-Q4") == {}
    # The quarter that is not over: its counts grow, and two readings tell what was said between them.
    refused = ask(planning, period="2026")
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/period-is-open")


class TestFloor:
    """What few said in one place is not in the bytes."""

    @pytest.mark.parametrize("role", ["planner", "steward", "machine_reader"])
    @pytest.mark.parametrize("zoom", [10, 11, 12, 13])
    def test_four_conversations_are_not_in_the_tile(self, city, listener, client_of, role, zoom):
        listen(listener, 4)
        client = client_of(person("dario", role))
        answer = ask(client, zoom)
        assert (answer.status_code, answer.content) == (204, b"")
        listen(listener, 1)
        assert shown(client, zoom) == {square_of(MIDDLE, zoom): 5}

    def test_without_the_floor_they_are(self, planning, listener, monkeypatch):
        """A control: the same question with nothing held back finds them."""
        listen(listener, 4)
        guarded = sql.read("listening.needmaps", "squares_as_tile.sql")
        assert "HAVING sum(n) >= %(fewest)s" in guarded
        opened = guarded.replace("HAVING sum(n) >= %(fewest)s", "")
        monkeypatch.setattr(density, "sql", SimpleNamespace(read=lambda *_: opened))
        assert list(shown(planning).values()) == [4]

    def test_the_floor_is_that_of_the_theme(self, planning, themes, listener):
        listen(listener, 4, themes["rent"])
        listen(listener, 9)
        assert shown(planning) == {square_of(MIDDLE, 13): 13}
        assert shown(planning, theme="rent") == {}

    def test_a_coordinator_sees_each_one(self, coordinating, listener):
        listen(listener, 1)
        assert shown(coordinating) == {square_of(MIDDLE, 13): 1}

    def test_a_square_is_divided_only_where_each_part_may_be_seen(self, planning, listener):
        """Else the whole at one zoom minus the parts at the next is what was hidden."""
        part = tile_at(*MIDDLE, 18)
        beside = Tile(18, part.x ^ 1, part.y)
        listen(listener, 8, at=middle_of(part))
        listen(listener, 4, at=middle_of(beside))
        whole = tile_at(*MIDDLE, 17)
        assert shown(planning, 11) == {(whole.x, whole.y, 1): 12}
        assert shown(planning, 12) == {(whole.x * 2, whole.y * 2, 2): 12}
        assert shown(planning, 13) == {(whole.x * 4, whole.y * 4, 4): 12}
        listen(listener, 1, at=middle_of(beside))
        assert sorted(shown(planning, 12).values()) == sorted(shown(planning, 13).values()) == [5, 8]

    def test_zooms_held_against_each_other_tell_nothing(self, planning, listener):
        """Random listening: what one zoom shows of a square is what the next one shows in it."""
        draw = random.Random(3)
        places = [(draw.random(), draw.random()) for _ in range(40)]
        accept_many(
            [
                conversation(listener, place=Place("point", lon=lon, lat=lat))
                for lon, lat in (inside(5, *draw.choice(places)) for _ in range(150))
            ]
        )
        merge_deltas()
        coarse = Counter(shown(planning, 10))
        assert all(n >= 5 for n in coarse.values())
        for zoom in (11, 12, 13):
            # Squareville may lie in several tiles of a zoom.
            tiles = {tile_at(*inside(5, dx, dy), zoom) for dx in (0, 0.5, 0.999) for dy in (0, 0.5, 0.999)}
            fine = {}
            for tile in tiles:
                fine |= shown(planning, zoom, middle_of(tile))
            assert all(n >= 5 for n in fine.values())
            summed = Counter()
            for (x, y, _), n in fine.items():
                summed[x >> zoom - 10, y >> zoom - 10, 1] += n
            assert summed == coarse


class TestScope:
    """Districts of one's assignments, and no theme beyond one's clearance."""

    @pytest.mark.parametrize("role", ["coordinator", "planner"])
    def test_others_do_not_count_and_do_not_lift_a_square_over_the_floor(self, city, listener, client_of, role):
        edge = inside(5, 0.0, 0.5)
        near, far = inside(5, 0.001, 0.5), inside(4, 0.999, 0.5)
        assert tile_at(*near, 19) == tile_at(*far, 19), edge
        for at in (near, far):
            accept_many([conversation(listener, place=Place("point", lon=at[0], lat=at[1])) for _ in range(4)])
        merge_deltas()
        own = client_of(person("own", role, within=city.area(5)))
        everything = client_of(person("all", role))
        assert sum(shown(everything, at=near).values()) == 8
        assert sum(shown(own, at=near).values()) == (4 if role == "coordinator" else 0)

    def test_scopes_that_divide_the_city_add_up_to_it(self, city, listener, client_of):
        draw = random.Random(4)
        accept_many(
            [
                conversation(listener, place=Place("point", lon=lon, lat=lat))
                for lon, lat in (inside(draw.randrange(1, 10), draw.random(), draw.random()) for _ in range(200))
            ]
        )
        merge_deltas()
        of_zone = [
            client_of(person(f"of_{code}", "coordinator", within=city.districts["zona", code])) for code in "ABC"
        ]
        parts = sum((Counter(shown(client, 10)) for client in of_zone), Counter())
        assert parts == Counter(shown(client_of(person("all", "coordinator")), 10))
        assert parts.total() == 200

    def test_a_coordinator_counts_what_they_may_read(self, city, themes, listener, client_of):
        """A square of one conversation that is not in their list would tell that one is hidden there."""
        listen(listener, 2, themes["rent"])
        listen(listener, 1, themes["rent"], themes["health"])
        cleared = client_of(person("cleared", "coordinator", clearance="restricted"))
        other = client_of(person("other", "coordinator", clearance="normal"))
        assert sum(shown(cleared).values()) == 3
        assert sum(shown(other).values()) == sum(shown(other, theme="rent").values()) == 2
        listed = other.get("/api/v1/conversations", {"period": "2026"}).json()["conversations"]
        assert len(listed) == 2

    def test_a_theme_that_stays_in_the_office_is_not_counted_for_others(self, city, themes, listener, client_of):
        type(themes["health"]).objects.filter(code="health").update(sensitivity="internal")
        listen(listener, 9, themes["health"])
        answer = ask(client_of(person("p", "planner", clearance="restricted")), theme="health")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "theme")

    def test_whoever_reads_no_counts_is_refused(self, city, listener, client_of):
        assert ask(client_of(listener)).status_code == 403


class TestTag:
    def test_a_known_tile_is_not_read(self, planning, listener):
        listen(listener, 7)
        first = ask(planning)
        tag = first["ETag"]
        with CaptureQueriesContext(connection) as captured:
            again = ask_known(planning, tag)
        assert (again.status_code, again.content) == (304, b"")
        told = [query["sql"] for query in captured.captured_queries]
        assert not any("ST_AsMVT" in one for one in told)
        few = len(told)
        listen(listener, 60, dx=0.1)
        tag = ask(planning)["ETag"]
        with CaptureQueriesContext(connection) as captured:
            assert ask_known(planning, tag).status_code == 304
        assert len(captured.captured_queries) == few

    def test_it_changes_when_the_tile_does_and_not_when_another_does(self, planning, listener):
        listen(listener, 7)
        tag = ask(planning)["ETag"]
        far = inside(9, 0.9, 0.9)
        assert tile_at(*far, 13) != tile_at(*MIDDLE, 13)
        listen(listener, 7, area=9, dx=0.9, dy=0.9)
        assert ask_known(planning, tag).status_code == 304
        listen(listener, 1)
        assert ask_known(planning, tag).status_code == 200

    def test_people_who_see_different_things_have_different_tags(self, planning, coordinating, listener):
        listen(listener, 7)
        assert ask(planning)["ETag"] != ask(coordinating)["ETag"]
        assert ask(planning)["ETag"] != ask(planning, period="2026-Q1")["ETag"]


def ask_known(client, tag):
    tile = tile_at(*MIDDLE, 13)
    return client.get(f"/api/v1/tiles/density/13/{tile.x}/{tile.y}.mvt", PERIOD, headers={"If-None-Match": tag})


def test_the_fullest_tile_there_can_be_is_small(coordinating, city):
    tile = tile_at(*MIDDLE, 12)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rollups_square"
            " (zoom, theme_id, tile_x, tile_y, quarter, square, district_id, tier, conversations)"
            " SELECT 12, 0, %s, %s, '2026-04-01', s, %s, 0, 1000 + s FROM generate_series(0, 4095) AS s",
            [tile.x, tile.y, city.area(5).pk],
        )
    answer = ask(coordinating, 12)
    assert len(read_tile(answer.content)["density"].features) == 64 * 64
    assert len(answer.content) <= 200_000


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("9/0/0", "no tiles at zoom 9; it goes from 10 to 13"),
        ("14/0/0", "no tiles at zoom 14; it goes from 10 to 13"),
        ("10/1024/0", "no column 1024"),
        ("10/a/0", "not a whole number"),
    ],
)
def test_what_is_no_tile_is_not_found(planning, path, says):
    answer = planning.get(f"/api/v1/tiles/density/{path}.mvt")
    assert answer.status_code == 404
    assert says in answer.json()["detail"]


@pytest.mark.parametrize("period", ["2026-05", "2026-05-12", "2026-01-15/2026-03-31"])
def test_a_period_that_cuts_quarters_is_refused(coordinating, period):
    answer = ask(coordinating, period=period)
    assert (answer.status_code, answer.json()["parameter"], answer.json()["value"]) == (400, "period", period)


def test_a_map_is_told_where_the_tiles_are(planning, listener):
    listen(listener, 7)
    told = planning.get("/api/v1/tiles/density", {**PERIOD, "theme": "rent"}).json()
    assert (told["minzoom"], told["maxzoom"]) == (10, 13)
    assert "fewer than 5" in told["description"]
    tile = Tile(10, *(tile_at(*MIDDLE, 10).x, tile_at(*MIDDLE, 10).y))
    path = told["tiles"][0].removeprefix("http://testserver").format(z=tile.z, x=tile.x, y=tile.y)
    assert path.endswith("?period=2026-Q2&theme=rent")
    assert planning.get(path).status_code == 204
