"""What a need map claims: intervals, classes, trends, emerging needs, and what it says where there is too little."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from backend.db import sql
from listening.capture.accept import accept_many
from listening.fieldwork.models import Session
from listening.needmaps.estimate import sums_over_occasions
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

pytestmark = pytest.mark.django_db
NEED_MAP = "/api/v1/need-map"
LAST_YEAR = NOON - dt.timedelta(days=365)


class Listening:
    """Quarters of conversations in Squareville, in sessions of five, by two listeners."""

    def __init__(self, themes):
        self.themes = themes
        self.people = [person(name, "listener") for name in ("berta", "carlo")]

    def hear(self, area, count, mentioning, *, at=NOON, theme="rent", sessions=None, listeners=2, **members):
        number = sessions or max(1, count // 5)
        held = [
            Session.objects.create(kind="walk", convener=self.people[0], started_at=at, title=str(one))
            for one in range(number)
        ]
        told = []
        for one in range(count):
            # Mentions are spread over the sessions, as those of strangers are.
            says = one * mentioning // count != (one + 1) * mentioning // count
            session = one * number // count
            findings = [heard("need", self.themes[theme], **members)] if says else []
            told.append(
                conversation(
                    self.people[session % listeners], *findings, area=area, occurred_at=at,
                    session_id=held[session].pk,
                )
            )  # fmt: skip
        accept_many(told)
        merge_deltas()


@pytest.fixture
def listening(city, themes):
    return Listening(themes)


@pytest.fixture
def ask(city, themes, client_of):
    client = client_of(person("carmen", "coordinator"))

    def get(address=NEED_MAP, **params):
        asked = {"geometry": "none", "period": "2026-Q2", "layer": "area", **params}
        response = client.get(address, {name: value for name, value in asked.items() if value is not None})
        assert response.status_code == 200, response.content
        return response.json()

    return get


def of(body, code="1"):
    (found,) = [f["properties"] for f in body["features"] if f["properties"]["code"] == code]
    return found


def test_it_works(listening, ask):
    listening.hear(1, 200, 60)
    listening.hear(2, 100, 10)
    body = ask(theme="rent")
    one = of(body)
    assert (one["share"], one["reliability"], one["class_index"]) == (0.3, "A", 4)
    assert one["share_low"] < 0.3 < one["share_high"]
    assert one["share_low"] == pytest.approx(0.25, abs=0.02)
    assert 0.2 < one["share_eb"] < 0.3
    assert one["location_quotient"] > 1
    assert (body["interval_level"], body["city"]["share"]) == (0.9, pytest.approx(0.2333))
    assert body["provenance"] == {
        "release": None, "counts": "live", "rounding_base": None, "method": "1", "missing": {},
    }  # fmt: skip


def test_a_table_of_one_mind_counts_for_less(listening, ask):
    """Sixty conversations at tables where all say the same tell less than sixty strangers."""
    listening.hear(1, 60, 30)
    strangers = of(ask(theme="rent"))
    for _ in range(6):
        listening.hear(2, 5, 5, sessions=1)
        listening.hear(2, 5, 0, sessions=1)
    alike = of(ask(theme="rent"), "2")
    assert (strangers["share"], alike["share"]) == (0.5, 0.5)
    assert strangers["deff"] == 1
    assert alike["deff"] > 4
    assert alike["reliability"] == "X"
    assert alike["share_high"] - alike["share_low"] > 1.5 * (strangers["share_high"] - strangers["share_low"])


def test_not_listened_and_not_needed_look_different(listening, ask):
    listening.hear(1, 60, 30)
    listening.hear(2, 60, 0)
    body = ask(theme="rent")
    unneeded, unheard = of(body, "2"), of(body, "9")
    assert (unneeded["share"], unneeded["reliability"], unneeded["share_low"]) == (0, "A", 0)
    assert unneeded["share_high"] > 0.03
    assert (unheard["share"], unheard["share_low"], unheard["reliability"]) == (None, None, "0")
    assert (unheard["local_weight"], unheard["class_index"]) == (0, None)


def test_where_there_is_too_little_the_parent_is_told(listening, ask):
    listening.hear(1, 10, 5)
    listening.hear(2, 100, 50)
    one = of(ask(theme="rent"))
    assert one["reliability"] == "X"
    assert one["class_index"] is None
    assert (one["fallback"]["layer"], one["fallback"]["code"], one["fallback"]["conversations"]) == ("zona", "A", 110)
    assert of(ask(theme="rent"), "2")["fallback"] is None
    # Zona C has nothing either; the quartiere has.
    assert of(ask(theme="rent"), "9")["fallback"]["layer"] == "quartiere"


def test_severe_mentions_are_told_apart(listening, ask):
    listening.hear(1, 50, 10, severity=5)
    listening.hear(1, 50, 10, severity=2)
    one = of(ask(theme="rent"))
    assert (one["share"], one["share_severe"]) == (0.2, 0.1)


class TestTrend:
    def test_rising(self, listening, ask):
        listening.hear(1, 150, 15, at=LAST_YEAR)
        listening.hear(1, 150, 75)
        body = ask(theme="rent")
        trend = of(body)["trend"]
        assert (trend["label"], trend["difference"], trend["reference_period"]) == ("rising", 0.4, "2025-Q2")
        assert trend["difference_low"] > 0.3
        assert trend["q"] < 0.001
        assert body["reference_period"]["label"] == "2025-Q2"
        assert of(ask(theme="rent", period="2026"))["trend"]["label"] == "rising"

    def test_falling_and_stable_and_unclear(self, listening, ask):
        for at, shares in ((LAST_YEAR, (75, 30, 3)), (NOON, (15, 30, 5))):
            listening.hear(1, 150, shares[0], at=at)
            listening.hear(2, 400, shares[1], at=at)
            listening.hear(3, 12, shares[2], at=at)
        body = ask(theme="rent")
        assert [of(body, code)["trend"]["label"] for code in "123"] == ["falling", "stable", "unclear"]

    def test_the_previous_quarter(self, listening, ask):
        listening.hear(1, 150, 15, at=dt.datetime(2026, 2, 10, 12, tzinfo=dt.UTC))
        listening.hear(1, 150, 75)
        assert of(ask(theme="rent"))["trend"] is None
        trend = of(ask(theme="rent", compare="previous"))["trend"]
        assert (trend["label"], trend["reference_period"]) == ("rising", "2026-Q1")

    @pytest.mark.parametrize("period", ["2026-05", "2026-05-12", "2026-04-01/2026-06-29"])
    def test_there_is_none_of_other_periods(self, listening, ask, period):
        listening.hear(1, 50, 15, at=LAST_YEAR)
        listening.hear(1, 50, 25)
        assert of(ask(theme="rent", period=period))["trend"] is None

    def test_many_comparisons_raise_the_bar(self, listening, ask):
        """The same difference is found alone, and lost among many."""
        listening.hear(1, 60, 12, at=LAST_YEAR)
        listening.hear(1, 60, 22)
        alone = of(ask(theme="rent"))["trend"]
        for area in range(2, 10):
            listening.hear(area, 60, 20, at=LAST_YEAR)
            listening.hear(area, 60, 20)
        among = of(ask(theme="rent"))["trend"]
        assert alone["p"] == pytest.approx(among["p"], rel=0.5)
        assert among["q"] > alone["q"]

    def test_of_few_conversations_nothing_is_said(self, listening, ask):
        """Fifteen against none of fifteen would be significant; it still is one afternoon."""
        listening.hear(1, 15, 0, at=LAST_YEAR)
        listening.hear(1, 15, 15)
        trend = of(ask(theme="rent"))["trend"]
        assert (trend["label"], trend["difference"]) == ("unclear", 1)
        assert trend["q"] < 0.1

    def test_tables_of_one_mind_make_no_trend(self, listening, ask):
        """The same counts are a trend among strangers, and none when each table speaks with one voice."""
        for area in (1, 2):
            listening.hear(area, 100, 40, at=LAST_YEAR)
        listening.hear(1, 100, 65)
        for number in range(20):
            listening.hear(2, 5, 5 if number < 13 else 0, sessions=1)
        body = ask(theme="rent")
        strangers, tables = of(body, "1"), of(body, "2")
        assert strangers["trend"]["difference"] == tables["trend"]["difference"] == 0.25
        assert tables["deff"] > 4
        assert tables["trend"]["p"] > 10 * strangers["trend"]["p"]
        assert [one["trend"]["label"] for one in (strangers, tables)] == ["rising", "unclear"]


class TestEmerging:
    def test_it_emerges(self, listening, ask):
        listening.hear(1, 100, 2, at=LAST_YEAR)
        listening.hear(1, 60, 24)
        assert of(ask(theme="rent"))["emerging"] is True
        assert of(ask(theme="mobility"))["emerging"] is False

    @pytest.mark.parametrize("members", [{"listeners": 1}, {"sessions": 2}])
    def test_one_enthusiast_or_two_meetings_do_not_make_it_so(self, listening, ask, members):
        listening.hear(1, 100, 2, at=LAST_YEAR)
        listening.hear(1, 60, 24, **members)
        assert of(ask(theme="rent"))["emerging"] is False

    def test_no_further_is_looked_than_to_find_that_it_is_enough(self, listening, city, themes):
        """Else each conversation of the place is read for each theme: seconds, in a large city."""
        listening.hear(1, 60, 24, sessions=8)
        asked = {"edition": city.area(1).edition_id, "epoch": None, "places": [city.area(1).pk], "kind": "any",
                 "themes": [themes["rent"].pk], "first": dt.date(2026, 1, 1), "until": dt.date(2027, 1, 1),
                 "sessions": 3, "listeners": 2}  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(sql.read("listening.needmaps", "count_hearers.sql"), asked)
            ((_, _, sessions, listeners),) = cursor.fetchall()
        assert sessions == 3
        assert listeners >= 2

    def test_not_tested_without_a_past(self, listening, ask):
        listening.hear(1, 60, 24)
        one = of(ask(theme="rent"))
        assert (one["emerging"], one["trend"]) == (False, None)
        assert of(ask(theme="rent", period="2026"))["emerging"] is None


class TestDegenerate:
    """Defined answers, never a NaN: `json()` refuses one, and so do browsers."""

    def test_no_listening_at_all(self, ask):
        body = ask(theme="rent")
        assert {f["properties"]["reliability"] for f in body["features"]} == {"0"}
        assert {f["properties"]["share_eb"] for f in body["features"]} == {None}
        assert body["city"] == {
            "conversations": 0, "mentioning": 0, "mentions": 0, "share": None, "share_severe": None,
            "share_low": None, "share_high": None, "n_eff": 0.0, "deff": None,
        }  # fmt: skip

    def test_one_district_alone(self, listening, ask):
        listening.hear(1, 50, 10)
        assert of(ask(theme="rent", layer="quartiere"), "10")["share_eb"] == 0.2

    @pytest.mark.parametrize("share", [0, 10, 50])
    def test_shares_that_are_all_equal(self, listening, ask, share):
        for area in range(1, 10):
            listening.hear(area, 50, share)
        body = ask(theme="rent")
        assert {f["properties"]["share_eb"] for f in body["features"]} == {share / 50}

    def test_everything(self, listening, ask):
        """Of all conversations, whatever they are about, the share is one."""
        listening.hear(1, 50, 10)
        one = of(ask())
        assert (one["share"], one["share_eb"], one["trend"], one["emerging"]) == (1, 1, None, None)

    def test_conversations_that_are_not_merged_yet(self, listening, ask, themes, listener):
        listening.hear(1, 50, 10)
        accept_many([conversation(listener, heard("need", themes["rent"]), area=1)])
        one = of(ask(theme="rent"))
        assert (one["conversations"], one["mentioning"]) == (51, 11)
        assert 0 < one["share_low"] < one["share_high"] < 1

    def test_the_design_effect_is_of_what_is_merged(self, listening, ask, themes, listener):
        """Counts of this moment and sums of the last merge do not belong together."""
        for number in range(12):
            listening.hear(1, 5, 5 if number % 2 else 0, sessions=1)
        before = of(ask(theme="rent"))["deff"]
        accept_many([conversation(listener, heard("need", themes["rent"]), area=1) for _ in range(9)])
        assert of(ask(theme="rent"))["deff"] == before > 4

    def test_themes_that_were_merged_before_their_conversations(self):
        """As between two goes of a merge that takes a long log in several."""
        told = [np.array([[one]]) for one in (3, 2, 5, 9, 12, 20)]
        assert [float(one.sum()) for one in sums_over_occasions(*told).arrays()] == [0] * 6


def test_a_comparison_that_is_none_is_refused(ask, client_of):
    response = client_of(person("ugo", "coordinator")).get(NEED_MAP, {"compare": "decade"})
    assert response.status_code == 400
    assert response.json()["allowed"] == ["year", "previous"]


class TestTrendList:
    def test_all_places_of_a_theme(self, listening, ask):
        listening.hear(1, 150, 15, at=LAST_YEAR)
        listening.hear(1, 150, 75)
        body = ask(f"{NEED_MAP}/trend", theme="rent", geometry=None)
        assert [one["code"] for one in body["trends"]] == [str(code) for code in range(1, 10)]
        assert body["trends"][0]["trend"]["label"] == "rising"
        assert body["trends"][8]["trend"] is None
        # One place and all themes that were not retired: nothing else was heard in both quarters.
        assert (body["comparisons"], body["false_discovery_rate"]) == (5, 0.1)

    def test_without_a_theme_what_changes_anywhere(self, listening, ask):
        for area, now in ((1, 75), (2, 15)):
            listening.hear(area, 150, 15, at=LAST_YEAR)
            listening.hear(area, 150, now)
        body = ask(f"{NEED_MAP}/trend", geometry=None)
        # The theme and the one above it.
        assert {(one["code"], one["theme"]) for one in body["trends"]} == {("1", "rent"), ("1", "housing")}


class TestTopThemes:
    def test_it_works(self, city, listening, ask):
        listening.hear(1, 100, 30)
        listening.hear(1, 100, 10, theme="mobility")
        body = ask("/api/v1/themes/top", district=city.area(1).pk, geometry=None, layer=None)
        assert body["district"]["code"] == "1"
        assert body["conversations"] == 200
        assert [one["theme"] for one in body["themes"]] == ["housing", "rent", "mobility"]
        assert body["themes"][1]["share"] == 0.15

    @pytest.mark.parametrize("district", ["", "0", "x", "-1", "9" * 30, "²"])
    def test_no_district(self, city, themes, client_of, district):
        response = client_of(person("ugo", "coordinator")).get("/api/v1/themes/top", {"district": district})
        assert (response.status_code, response.json()["parameter"]) == (400, "district")

    def test_a_district_beyond_the_assignments_is_none(self, city, themes, client_of):
        client = client_of(person("ugo", "coordinator", within=city.area(1)))
        assert client.get("/api/v1/themes/top", {"district": city.area(1).pk}).status_code == 200
        assert client.get("/api/v1/themes/top", {"district": city.area(2).pk}).status_code == 400


class TestProfile:
    def test_it_works(self, city, listening, ask):
        listening.hear(1, 150, 15, at=LAST_YEAR)
        listening.hear(1, 150, 75)
        body = ask(f"/api/v1/districts/{city.area(1).pk}/profile", geometry=None, layer=None)
        assert (body["district"]["code"], body["conversations"], body["occasions"]) == ("1", 150, 30)
        assert [one["layer"] for one in body["parents"]] == ["prossimita", "zona", "quartiere"]
        assert (body["rising"], body["falling"]) == (["housing", "rent"], [])
        assert body["has_value"] is True

    def test_where_nobody_listened(self, city, listening, ask):
        listening.hear(1, 150, 15)
        body = ask(f"/api/v1/districts/{city.area(9).pk}/profile", geometry=None, layer=None)
        assert (body["conversations"], body["occasions"], body["has_value"]) == (0, 0, False)
        assert {one["reliability"] for one in body["themes"]} == {"0"}

    def test_beyond_the_assignments_it_is_absent(self, city, themes, client_of):
        client = client_of(person("ugo", "coordinator", within=city.area(1)))
        assert client.get(f"/api/v1/districts/{city.area(2).pk}/profile").status_code == 404
        assert client.get("/api/v1/districts/999999/profile").status_code == 404
