"""Boundaries change: old maps stay as they were, new ones are whole at once, and a kill costs nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from backend import clock
from districts.models import BoundaryEdition, District
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.records.models import Conversation
from listening.rollups import epochs
from listening.rollups.epochs import follow_boundaries
from listening.rollups.merge import merge_deltas
from tests.listening.rollups.recount import differences, wrong_occasions
from tests.listening.submissions import at, conversation, heard
from tests.people import person
from tests.redrawn import AFTER, BEFORE, redraw
from tests.squareville import inside

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "map": "need-map?layer=area&period=2026-Q2&theme=rent&edition={}",
    "table": "need-map?layer=area&period=2026-Q2&edition={}&format=csv",
    "cells": "need-map/cells?layer=area&period=2026-Q2&edition={}&by=month",
    "trend": "need-map/trend?layer=area&period=2026-Q2&theme=rent&edition={}",
    "clusters": "need-map/clusters?layer=area&period=2026-Q2&theme=rent&edition={}",
    "coverage": "coverage?layer=area&period=2026-Q2&edition={}",
}


@pytest.fixture
def listened(city, themes, listener):
    """Points all over areas 1, 2, 5 and 6, and named areas 1, 2, 3 and 6."""
    points = [
        conversation(listener, heard("need", themes["rent"]), place=Place("point", lon=lon, lat=lat, accuracy_m=5.0))
        for area in (1, 2, 5, 6)
        for lon, lat in (inside(area, (step + 0.5) / 25) for step in range(25))
    ]
    named = [
        conversation(listener, heard("need", themes["rent"]), place=Place("district", district_id=city.area(code).pk))
        for code in (1, 2, 3, 6)
    ]
    accept_many([*points, *named])
    merge_deltas()
    return [one.id for one in named]


@pytest.fixture
def ask(client_of, coordinator):
    """What each address answers of an edition of the areas, in spans that are no quarters, too."""
    client = client_of(coordinator)

    def asked(edition: str, *only: str) -> dict[str, bytes]:
        asked = {name: one for name, one in ADDRESSES.items() if not only or name in only}
        answers = {name: client.get("/api/v1/" + one.format(edition)) for name, one in asked.items()}
        assert {answer.status_code for answer in answers.values()} == {200}
        return {name: answer.content for name, answer in answers.items()}

    return asked


@pytest.fixture
def counts(client_of, planner):
    client = client_of(planner)

    def counted(edition: str = "", layer: str = "area") -> dict[str, int]:
        told = client.get("/api/v1/need-map", {"layer": layer, "period": "2026-Q2", "edition": edition}).json()
        return {
            one["properties"]["code"]: one["properties"]["conversations"]
            for one in told["features"]
            if one["properties"]["conversations"]
        }

    return counted


# 25 points in each of 1, 2, 5 and 6 at 0.02, 0.06 .. 0.98 of its side: 8 in the west 0.3 of 1, 10 in the west 0.4 of 6.
NEW = {"1a": 8, "1b": 17 + 1, "23": 25 + 2, "5": 25 + 10, "6": 15 + 1}
OLD = {"1": 25 + 1, "2": 25 + 1, "3": 1, "5": 25, "6": 25 + 1}


def test_the_old_map_stays_to_the_byte(listened, ask, tmp_path):
    before = ask("first")
    redraw(tmp_path)
    assert ask("first") == before


def test_the_new_map_counts_points_where_they_lie_and_names_where_most_of_them_lies(listened, counts, tmp_path):
    redraw(tmp_path)
    assert (counts(), counts("second"), counts("first")) == (NEW, NEW, OLD)
    assert counts(layer="zona") == {"A": 53, "B": 51}
    assert differences() == []
    assert wrong_occasions() == (0, 0)


def test_what_is_logged_later_counts_in_both(listened, counts, tmp_path, listener):
    redraw(tmp_path)
    new = District.objects.get(edition__code="second", code="23")
    accept_many([conversation(listener, place=Place("district", district_id=new.pk)), conversation(listener, area=1)])
    assert counts("first") == {**OLD, "1": 27, "2": 27}
    assert counts() == {**NEW, "1b": 19, "23": 28}
    assert differences() == []


def test_a_name_is_kept_until_another_place_is_named(listened, city, counts, tmp_path):
    redraw(tmp_path)
    three = Conversation.objects.get(pk=listened[2])
    assert (three.district.code, three.named_district) == ("23", city.area(3))
    three.summary = "corrected"
    three.save()
    assert counts("first")["3"] == 1
    three.district = District.objects.get(edition__code="second", code="9")
    three.save()
    three.refresh_from_db()
    assert three.named_district is None
    assert counts("first") == {**{code: n for code, n in OLD.items() if code != "3"}, "9": 1}
    assert differences() == []


def test_drawn_once_more(listened, ask, counts, tmp_path):
    """Names are followed from the one that was named, not from heir to heir."""
    redraw(tmp_path)
    first, second = ask("first"), ask("second")
    redraw(tmp_path, BEFORE, code="third", valid_from=dt.date(2026, 5, 25))
    assert (ask("first"), ask("second")) == (first, second)
    assert counts() == OLD
    assert differences() == []
    assert wrong_occasions() == (0, 0)


def test_another_layer_is_redrawn(listened, counts, tmp_path, listener, city):
    """Named zones: an older map of the layer finds them where they were."""
    accept_many([conversation(listener, place=Place("district", district_id=city.districts["zona", "C"].pk))])
    before = counts("first", "zona")
    halves = {"south": BEFORE["1"].union(BEFORE["2"]).union(BEFORE["3"]), "north": BEFORE["5"].union(BEFORE["8"])}
    redraw(tmp_path, {code: one.envelope for code, one in halves.items()}, layer="zona", rank=1)
    assert counts("first", "zona") == before == {"A": 53, "B": 51, "C": 1}
    assert counts(layer="zona") == {"south": 53, "north": 26}
    assert differences() == []


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def dies_after(batches: int):
    """Like execute, until some batches are through."""
    left = [batches]

    def execute(run, sql, params, many, context):
        if "refill_tallies" in sql or "records/sql/redistrict" in sql:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return run(sql, params, many, context)

    return connection.execute_wrapper(execute)


@pytest.mark.parametrize("batches", [0, 2, 7, 13, 19, 23, 29, 40])
def test_killed_at_any_batch_and_run_again(listened, ask, counts, tmp_path, monkeypatch, batches):
    """Until it is in force everybody sees the old boundaries, and from then on the new ones; never half of either."""
    monkeypatch.setattr(epochs, "BATCH", 20)
    monkeypatch.setattr("listening.records.redistrict.BATCH", 20)
    before = ask("first", "map", "coverage")
    try:
        with dies_after(batches):
            redraw(tmp_path)
    except Killed:
        in_force = BoundaryEdition.objects.get(code="second").status == "active"
        assert counts() == (NEW if in_force else OLD)
        assert ask("first", "map", "coverage") == before
    assert redraw(tmp_path).outcome in {"imported", "unchanged"}
    follow_boundaries()
    assert (counts(), counts("first")) == (NEW, OLD)
    assert ask("first", "map", "coverage") == before
    assert differences() == []
    assert wrong_occasions() == (0, 0)


def test_only_old_boundaries_cost_cells_in_the_end(listened, tmp_path):
    redraw(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'encounter:' || id FROM rollups_epoch WHERE until IS NOT NULL")
        (past,) = cursor.fetchall()
        cursor.execute("SELECT DISTINCT role FROM rollups_cell ORDER BY role")
        assert [role for (role,) in cursor.fetchall()] == ["encounter", *past]


def test_an_edition_of_a_later_day_is_counted_before_it_holds(listened, counts, listener, tmp_path):
    tomorrow = clock.today() + dt.timedelta(days=1)
    redraw(tmp_path, valid_from=tomorrow)
    assert counts() == OLD
    accept_many([conversation(listener, place=at(1))])
    # Midnight.
    BoundaryEdition.objects.filter(code="first", layer__code="area").update(valid_to=clock.today())
    BoundaryEdition.objects.filter(code="second").update(valid_from=clock.today())
    with connection.cursor() as cursor:
        for name in ("since", "until"):
            cursor.execute(f"UPDATE rollups_epoch SET {name} = %s WHERE {name} = %s", [clock.today(), tomorrow])
    assert counts() == {**NEW, "1b": 19}
    assert counts("first") == {**OLD, "1": 27}
    follow_boundaries()
    assert counts() == {**NEW, "1b": 19}
    assert differences() == []


def test_it_is_in_the_audit(listened, tmp_path, trail):
    redraw(tmp_path)
    (entry,) = [entry for entry in trail() if entry.verb == "follow_boundaries"]
    assert entry.model == "districts.boundaryedition"
    assert str(BoundaryEdition.objects.get(code="second").pk) in entry.ids
    follow_boundaries()
    assert [entry.verb for entry in trail()].count("follow_boundaries") == 1


class TestReading:
    def test_places_of_the_old_boundaries(self, listened, city, client_of, planner, tmp_path):
        client = client_of(planner)
        address = f"/api/v1/districts/{city.area(6).pk}/profile?period=2026-Q2"
        before = client.get(address)
        redraw(tmp_path)
        after = client.get(address)
        assert (before.status_code, after.content) == (200, before.content)
        assert client.get(f"/api/v1/themes/top?district={city.area(6).pk}&period=2026-Q2").json()["conversations"] == 26

    def test_who_reads_some_districts_reads_them_as_they_are_today(self, listened, city, client_of, tmp_path):
        partial = client_of(person("elsa", "planner", within=city.districts["zona", "A"]))
        redraw(tmp_path)
        assert partial.get("/api/v1/need-map?layer=area&period=2026-Q2").status_code == 200
        answer = partial.get("/api/v1/need-map?layer=area&period=2026-Q2&edition=first")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "edition")
        assert answer.json()["allowed"] == ["second"]
        assert partial.get(f"/api/v1/districts/{city.area(1).pk}/profile?period=2026-Q2").status_code == 404

    @pytest.mark.parametrize("edition", ["third", "", "x" * 300])
    def test_an_edition_that_is_none(self, listened, client_of, planner, edition, tmp_path):
        redraw(tmp_path)
        answer = client_of(planner).get("/api/v1/need-map", {"layer": "area", "period": "2026-Q2", "edition": edition})
        if edition:
            assert answer.status_code == 400
            assert answer.json()["allowed"] == ["second", "first"]
        else:
            assert answer.json()["edition"] == "second"

    def test_the_open_quarter_is_not_divided_by_old_boundaries(self, city, listened, client_of, planner, monkeypatch):
        """Two partitions of the same days are two readings: their difference tells of what lies between."""
        monkeypatch.setattr(clock, "now", lambda: dt.datetime(2026, 6, 2, 12, tzinfo=dt.UTC))
        BoundaryEdition.objects.filter(layer__code="zona").update(valid_to=dt.date(2026, 5, 20))
        old = BoundaryEdition.objects.get(layer__code="zona")
        new = BoundaryEdition.objects.create(
            layer=old.layer, code="second", status="active", valid_from=dt.date(2026, 5, 20), source="s", licence="l",
            checksum="c", imported_at=old.imported_at,
        )  # fmt: skip
        for district in old.districts.all():
            district.pk, district.edition = None, new
            district.save()
        follow_boundaries()
        client = client_of(planner)
        asked = {"layer": "zona", "period": "2026-Q2"}
        assert client.get("/api/v1/need-map", asked).status_code == 200
        refused = client.get("/api/v1/need-map", {**asked, "edition": "first"})
        assert (refused.status_code, refused.json()["type"]) == (400, "/problems/period-is-open")


def test_after_covers_the_city_as_before_does():
    assert sum(one.area for one in AFTER.values()) == pytest.approx(sum(one.area for one in BEFORE.values()))
