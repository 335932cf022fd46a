"""Tags of versions: they change with all that an answer is computed from, and nothing is counted to know them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend import clock
from districts.models import District, Population
from listening.capture.accept import accept_many
from listening.codelists.models import Theme, ThemeLabel
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import User
from listening.needmaps import family, version
from listening.needmaps.query import parse_query
from listening.records.models import Conversation, Finding
from listening.releases.models import Release
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import repair
from tests.kept_maps import forget_kept_maps
from tests.listening.submissions import NOON, conversation, heard
from tests.people import EVERYTHING, person
from tests.redrawn import redraw

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "map": "need-map?layer=area&theme=rent&period=2026-Q2",
    "table": "need-map?layer=area&theme=rent&period=2026-Q2&format=csv",
    "map of the usual period": "need-map",
    "cells": "need-map/cells?layer=area&period=2026-Q2",
    "trend": "need-map/trend?layer=area&period=2026-Q2",
    "clusters": "need-map/clusters?layer=area&theme=rent&period=2026-Q2",
    "coverage": "coverage?layer=area&period=2026-Q2",
    "top": "themes/top?period=2026-Q2&district={district}",
    "profile": "districts/{district}/profile?period=2026-Q2",
}
QUARTERS = [NOON.replace(year=2025), NOON.replace(month=2), NOON]


@pytest.fixture
def carmen(db) -> User:
    return person("carmen", "coordinator")


@pytest.fixture
def logged(city, themes, listener) -> list:
    """In the second quarters of two years and the one before: 30 conversations in each of areas 1 to 3."""
    made = [
        conversation(listener, heard("need", themes[theme]), area=area, occurred_at=when)
        for number, when in enumerate(QUARTERS)
        for area in (1, 2, 3)
        for theme in ["rent"] * (5 + 10 * number) + ["mobility"] * (25 - 10 * number)
    ]
    accept_many(made)
    merge_deltas()
    return made


@pytest.fixture
def ask(logged, city, client_of, carmen):
    def ask(name: str = "map", tag: str = "", reader: str = "carmen"):
        # Somebody is read anew for each request, as over HTTP.
        client = client_of(User.objects.get(username=reader))
        address = ADDRESSES.get(name, name).format(district=city.area(1).pk)
        return client.get(f"/api/v1/{address}", headers={"If-None-Match": tag} if tag else {})

    return ask


@pytest.mark.parametrize("name", ADDRESSES)
def test_what_one_has_is_known_without_counting(ask, name):
    tag = ask(name)["ETag"]
    forget_kept_maps()
    with CaptureQueriesContext(connection) as captured:
        again = ask(name, tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    told = [one["sql"] for one in captured.captured_queries]
    # The person, which the client of the tests reads here; then what they may do, and the version.
    assert len(told) == 3
    assert "read_version.sql" in told[-1]


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_same_is_asked_and_nothing_is_counted_again(ask, name):
    first = ask(name)
    with CaptureQueriesContext(connection) as captured:
        again = ask(name)
    assert len(captured) == 3
    assert again.content == first.content
    for header in ("ETag", "Content-Type", "Content-Disposition", "Link", "Cache-Control"):
        assert again.get(header) == first.get(header)


class World:
    """What a deed of the table below may need."""

    def __init__(self, **members):
        self.__dict__.update(members)


def relabel(world):
    ThemeLabel.objects.filter(theme=world.themes["rent"]).update(label="Affitti")


def publish(world):
    Release.objects.create(
        code="2026-Q2-r1", number=1, quarter="2026-Q2", revision=1, published_at=NOON, licence="CC0-1.0", scheme="scr1",
        rounding_base=5, key_id="k", boundary_editions={}, codelist_version="", method="1", code_version="", audit={},
        manifest={}, manifest_sha256="",
    )  # fmt: skip


def withdraw_release(world):
    publish(world)
    tag = world.ask()["ETag"]
    Release.objects.update(status="withdrawn", withdrawn_at=NOON, withdrawal_reason="wrong")
    assert world.ask()["ETag"] != tag


CHANGES = {
    "a conversation is logged": lambda w: accept_many([conversation(w.listener, area=1)]),
    "it is merged": lambda w: (accept_many([conversation(w.listener, area=1)]), w.see(), merge_deltas()),
    "one is corrected late": lambda w: Finding.objects.filter(conversation=w.logged[0].id).update(severity=5),
    "one comes late in the quarter that is compared with": lambda w: accept_many(
        [conversation(w.listener, area=2, occurred_at=QUARTERS[0])]
    ),
    "one is taken out": lambda w: Conversation.objects.filter(pk=w.logged[-1].id).update(may_be_counted=False),
    "one moves to another day": lambda w: Conversation.objects.filter(pk=w.logged[-1].id).update(
        occurred_at=NOON - dt.timedelta(days=3), occurred_on=(NOON - dt.timedelta(days=3)).date()
    ),
    "one was held with more people": lambda w: Conversation.objects.filter(pk=w.logged[-1].id).update(people_count=7),
    "one was held by somebody else": lambda w: Conversation.objects.filter(pk=w.logged[-1].id).update(
        listener=person("lea", "listener")
    ),
    "a theme is relabelled": relabel,
    "a theme becomes sensitive": lambda w: Theme.objects.filter(code="rent").update(sensitivity="restricted"),
    "a theme gets another parent": lambda w: Theme.objects.filter(code="rent").update(parent=w.themes["mobility"]),
    "a place gets another name": lambda w: District.objects.filter(code="1").update(name="Somewhere"),
    "residents are counted anew": lambda w: Population.objects.create(
        district=w.city.area(1), year=2026, residents=1_200, source="register"
    ),
    "boundaries are redrawn": lambda w: redraw(w.tmp_path),
    "the reader gets another role": lambda w: assign(w.carmen, "steward"),
    "the reader is cleared for less": lambda w: w.carmen.assignments.update(clearance="normal"),
    "a release is published": publish,
    "a release is withdrawn": withdraw_release,
    "cells are written anew": lambda w: repair(),
    "the day turns": lambda w: w.monkeypatch.setattr(clock, "now", lambda: w.now + dt.timedelta(days=1)),
    "the code changes": lambda w: w.monkeypatch.setattr(version, "code_version", lambda: "another"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_changes_with_all_that_an_answer_is_computed_from(
    change, ask, city, themes, listener, logged, carmen, tmp_path, monkeypatch
):
    tags = [ask()["ETag"]]
    world = World(
        ask=ask, city=city, themes=themes, listener=listener, logged=logged, carmen=carmen, tmp_path=tmp_path,
        monkeypatch=monkeypatch, now=clock.now(), see=lambda: tags.append(ask()["ETag"]),
    )  # fmt: skip
    CHANGES[change](world)
    for tag in tags:
        answer = ask("map", tag)
        assert answer.status_code == 200
        assert answer["ETag"] != tag
    kept = answer.content
    forget_kept_maps()
    assert ask().content == kept


def test_a_change_that_is_taken_back_leaves_none(ask, listener):
    tag = ask()["ETag"]
    with transaction.atomic():
        accept_many([conversation(listener, area=1)])
        assert ask()["ETag"] != tag
        transaction.set_rollback(True)
    assert ask("map", tag).status_code == 304


def test_it_is_the_same_folded_or_not(ask, themes):
    themes["rent"].save()
    tag = ask()["ETag"]
    merge_deltas()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rollups_change")
        assert cursor.fetchone() == (0,)
    assert ask("map", tag).status_code == 304


def test_what_is_said_in_another_quarter_leaves_maps_of_closed_ones_alone(ask, listener):
    closed, usual = ask()["ETag"], ask("map of the usual period")["ETag"]
    accept_many([conversation(listener, area=1, occurred_at=NOON.replace(month=8))])
    merge_deltas()
    assert ask("map", closed).status_code == 304
    assert ask("map of the usual period", usual).status_code == 200


def test_whoever_reads_some_districts_learns_nothing_of_others(ask, city, listener, themes):
    person("dario", "planner", within=city.districts["zona", "B"])
    tags = {name: ask(name, reader="dario")["ETag"] for name in ("map", "trend", "coverage")}
    about = heard("need", themes["rent"])
    accept_many([conversation(listener, about, area=1)])
    Conversation.objects.filter(district=city.area(2)).update(people_count=9)
    merge_deltas()
    assert [ask(name, tag, "dario").status_code for name, tag in tags.items()] == [304] * 3
    accept_many([conversation(listener, area=5)])
    assert [ask(name, tag, "dario").status_code for name, tag in tags.items()] == [200] * 3


def test_late_changes_of_a_published_quarter_can_be_left_out(ask, listener):
    publish(None)
    query = parse_query({"layer": "area", "period": "2026-Q2"}, EVERYTHING)

    def versions():
        return [version.read_version(query.period, query.reach, published=one) for one in (True, False)]

    told, apart = versions()
    accept_many([conversation(listener, area=1)])
    assert versions()[0] != told
    assert versions()[1] == apart
    accept_many([conversation(listener, area=1, occurred_at=QUARTERS[1])])
    assert versions()[1] != apart


def test_nobody_gets_the_answer_of_another(ask, city):
    person("dario", "planner", within=city.districts["zona", "B"])
    assert ask()["ETag"] != ask(reader="dario")["ETag"]
    assert len(ask().json()["features"]) == 9
    assert len(ask(reader="dario").json()["features"]) == 3


def test_any_tag_is_known_where_there_is_an_answer_and_a_wrong_question_is_still_wrong(ask):
    assert ask("map", "*").status_code == 304
    assert ask("map", "*").status_code == 304
    assert ask("need-map?theme=none", "*").status_code == 400
    assert ask("need-map?period=2026-Q9", "*").status_code == 400


def test_labels_that_are_kept_are_those_of_counting_anew(ask, listener, themes):
    """Rent rises in three areas; then a late correction takes it back in one."""

    def labels() -> list:
        told = json.loads(ask("need-map?layer=area&theme=rent&period=2026-Q2&geometry=none").content)
        return [one["properties"]["trend"] and one["properties"]["trend"]["label"] for one in told["features"]]

    def anew() -> list:
        forget_kept_maps()
        return labels()

    before = labels()
    assert before[:3] == ["rising"] * 3
    assert before == anew()
    accept_many(
        [conversation(listener, heard("need", themes["rent"]), area=1, occurred_at=QUARTERS[0]) for _ in range(120)]
    )
    merge_deltas()
    after = labels()
    assert after[0] != "rising"
    assert after == anew()


def test_a_family_is_counted_once_for_all_its_themes(ask, themes, django_assert_num_queries):
    forget_kept_maps()
    query = parse_query({"layer": "area", "period": "2026-Q2", "theme": "rent"}, EVERYTHING)
    read = version.read_version(query.period, query.reach)
    listed = list(Theme.objects.all())
    one = family.family_of(query, listed, by="year", version=read)
    with django_assert_num_queries(0):
        other = dataclasses.replace(query, theme=themes["mobility"])
        assert family.family_of(other, listed, by="year", version=read) is one
    assert family.family_of(query, listed[1:], by="year", version=read) is not one
    assert family.family_of(query, listed, by="previous", version=read) is not one
