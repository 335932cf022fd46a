"""Squares and hexagons say what the records say: counted by hand, under writers that meet, and after damage."""

from __future__ import annotations

import random
from collections import Counter

import h3
import pytest
from django.contrib.gis.geos import Point
from django.core.management import CommandError, call_command
from django.db import connection
from uuid6 import uuid7

from backend.geo.tile_matrix import tile_at
from listening.capture.accept import accept_many
from listening.capture.amend import delete
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.records.models import Conversation
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import reconcile
from listening.rollups.squares import RESOLUTIONS, ZOOMS
from tests.faults.concurrent_writers import write_concurrently
from tests.listening.rollups.recount import wrong_squares
from tests.listening.submissions import conversation, heard
from tests.squareville import inside

NORMAL, RESTRICTED = 0, 1


def spot(area: int, dx: float = 0.5, dy: float = 0.5) -> Place:
    lon, lat = inside(area, dx, dy)
    return Place("point", lon=lon, lat=lat)


def squares(zoom: int) -> dict[tuple[int, int, int, int], int]:
    """(theme, column, row, tier) -> conversations, column and row of a square in the whole world."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT theme_id, tile_x * 64 + square %% 64, tile_y * 64 + square / 64, tier, sum(conversations)"
            " FROM rollups_square WHERE zoom = %s GROUP BY 1, 2, 3, 4",
            [zoom],
        )
        return {tuple(row[:4]): row[4] for row in cursor.fetchall()}


def versions() -> dict[tuple[int, int], int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tile_x, tile_y, version FROM rollups_square_version")
        return {row[:2]: row[2] for row in cursor.fetchall()}


@pytest.mark.django_db
class TestCounting:
    def test_it_works(self, city, themes, listener):
        rent, housing, health = (themes[code].pk for code in ("rent", "housing", "health"))
        accept_many(
            [
                conversation(listener, heard("need", themes["rent"], themes["repairs"]), place=spot(5)),
                conversation(listener, heard("need", themes["rent"], themes["health"]), place=spot(5)),
                conversation(listener, place=spot(9)),
                conversation(listener, heard("need", themes["rent"]), place=Place("city")),
                conversation(listener, heard("need", themes["rent"]), place=spot(5), is_test=True),
            ]
        )
        assert squares(13) == {}
        merge_deltas()
        for zoom in ZOOMS:
            at = {area: (t.x, t.y) for area in (5, 9) for t in [tile_at(*inside(area), zoom + 6)]}
            assert squares(zoom) == {
                (0, *at[5], NORMAL): 1,
                (rent, *at[5], NORMAL): 1,
                (themes["repairs"].pk, *at[5], NORMAL): 1,
                (housing, *at[5], NORMAL): 1,
                (0, *at[5], RESTRICTED): 1,
                (rent, *at[5], RESTRICTED): 1,
                (housing, *at[5], RESTRICTED): 1,
                (health, *at[5], RESTRICTED): 1,
                (0, *at[9], NORMAL): 1,
            }, zoom
        assert wrong_squares() == (0, 0)

    def test_a_square_is_that_of_the_tile_matrix(self, city, listener):
        draw = random.Random(1)
        points = [inside(draw.randrange(1, 10), draw.random(), draw.random()) for _ in range(300)]
        accept_many([conversation(listener, place=Place("point", lon=lon, lat=lat)) for lon, lat in points])
        merge_deltas()
        for zoom in ZOOMS:
            counted = Counter((t.x, t.y) for t in (tile_at(lon, lat, zoom + 6) for lon, lat in points))
            assert {key[1:3]: n for key, n in squares(zoom).items()} == counted

    def test_a_hexagon_is_that_of_the_library(self, city, listener):
        draw = random.Random(2)
        where = {uuid7(): inside(draw.randrange(1, 10), draw.random(), draw.random()) for _ in range(300)}
        accept_many(
            [conversation(listener, id=pk, place=Place("point", lon=lon, lat=lat)) for pk, (lon, lat) in where.items()]
        )
        merge_deltas()
        with connection.cursor() as cursor:
            cursor.execute("SELECT conversation_id, r7, r8, r9 FROM rollups_hexagon")
            found = {row[0]: [h3.int_to_str(one) for one in row[1:]] for row in cursor.fetchall()}
        expected = {
            pk: [h3.latlng_to_cell(lat, lon, resolution) for resolution in RESOLUTIONS]
            for pk, (lon, lat) in where.items()
        }
        # A spot is 1.7 m wide: on the edge of a hexagon its middle may lie in the next one.
        assert sum(found[pk] != expected[pk] for pk in where) <= 6
        assert found.keys() == where.keys()

    def test_a_conversation_writes_one_row_to_the_log_however_many_themes_it_has(self, city, themes, listener):
        accept_many([conversation(listener, heard("need", *themes.values()), place=spot(5)) for _ in range(10)])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM rollups_square_delta")
            assert cursor.fetchone() == (10,)
        merge_deltas()
        Conversation.objects.update(people_count=7)
        Conversation.objects.first().findings.update(severity=5)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM rollups_square_delta")
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db
class TestUpkeep:
    @pytest.fixture
    def stored(self, city, themes, listener):
        accept_many([conversation(listener, heard("need", themes["rent"]), place=spot(area)) for area in (1, 9)])
        merge_deltas()

    def test_what_is_deleted_leaves_no_trace_of_where_it_was(self, stored, listener):
        for one in Conversation.objects.all():
            delete(one, by=listener)
        merge_deltas()
        with connection.cursor() as cursor:
            for table in ("rollups_square", "rollups_square_delta", "rollups_hexagon", "rollups_tally"):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == (0,), table

    def test_a_conversation_that_moves_takes_its_counts_along(self, stored, listener):
        before = versions()
        Conversation.objects.filter(pk=Conversation.objects.earliest("pk").pk).update(
            location=Point(*inside(9), srid=4326)
        )
        merge_deltas()
        assert wrong_squares() == (0, 0)
        assert sorted(n for key, n in squares(13).items() if key[0] == 0) == [2]
        assert all(version > before[tile] for tile, version in versions().items())

    def test_a_theme_that_becomes_sensitive_moves_to_another_tier(self, stored, themes):
        Theme.objects.filter(pk=themes["housing"].pk).update(sensitivity="internal")
        merge_deltas()
        assert {key[3] for key in squares(13)} == {2}
        assert wrong_squares() == (0, 0)

    def test_a_merge_tells_which_tiles_changed(self, stored, listener):
        before = versions()
        accept_many([conversation(listener, place=spot(9))])
        merge_deltas()
        tile = tile_at(*inside(9), 13)
        assert {at for at, version in versions().items() if version != before.get(at)} == {(tile.x, tile.y)}
        before = versions()
        merge_deltas()
        assert versions() == before


@pytest.mark.django_db(transaction=True)
def test_squares_equal_records_after_clients_that_meet(city, themes, listener):
    tally = write_concurrently(listener, list(themes.values()), clients=4, writes_each=60)
    assert tally.errors == []
    before = reconcile()
    assert (before.squares, before.hexagons) == (0, 0)
    merge_deltas()
    after = reconcile()
    assert (after.squares, after.hexagons) == (0, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(conversations) FROM rollups_square WHERE zoom = 10 AND theme_id = 0")
        assert cursor.fetchone()[0] == Conversation.objects.counted().count() > 20


@pytest.mark.django_db(transaction=True)
def test_a_wrong_square_or_hexagon_is_told_and_mended(city, themes, listener, capsys):
    accept_many([conversation(listener, heard("need", themes["rent"]), place=spot(area)) for area in (1, 5, 9)])
    merge_deltas()
    before = versions()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE rollups_square SET conversations = 7 WHERE zoom = 12 AND theme_id = 0")
        cursor.execute("DELETE FROM rollups_hexagon WHERE r9 = (SELECT max(r9) FROM rollups_hexagon)")
    with pytest.raises(CommandError, match="4 differences"):
        call_command("reconcile_rollups")
    assert "3 squares, hexagons of 1 conversations" in capsys.readouterr().out
    call_command("reconcile_rollups", "--repair")
    call_command("reconcile_rollups")
    assert "cells = records" in capsys.readouterr().out
    # Whoever holds a wrong tile must not be told that it still holds.
    assert all(versions()[tile] > version for tile, version in before.items())
