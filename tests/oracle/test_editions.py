"""Need maps in two editions against a recomputation that shares nothing with them.

geopandas places the points in both editions, shapely measures how much of a named district lies in which one of the
other edition, and pandas counts. Conversations are logged before the reform and after it, and some are corrected.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pytest
from django.contrib.gis.geos import Point as GeosPoint
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from shapely.geometry import Point

from districts.locate import locate
from districts.models import District
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.fieldwork.models import Session
from listening.needmaps.build import build_need_map, parse_query
from listening.records.models import Conversation
from listening.rollups.merge import merge_deltas
from tests.listening.rollups.recount import differences, wrong_occasions
from tests.listening.submissions import NOON, conversation, heard
from tests.oracle.test_need_map import THEMES, TestNeedMap, figures
from tests.people import EVERYTHING, person
from tests.redrawn import AFTER, BEFORE, redraw
from tests.squareville import SIDE, SOUTH, build_city, inside

DRAWN = {"first": BEFORE, "second": AFTER}
OUTSIDE = "outside"


def successor(code: str, of: str, into: str) -> str:
    """The district that holds the largest part of one: by area, then the same code, then the lowest."""
    if of == into:
        return code
    polygon = DRAWN[of][code]
    parts = {other: polygon.intersection(drawn).area for other, drawn in DRAWN[into].items()}
    return min(parts, key=lambda other: (-round(parts[other] / polygon.area, 6), other != code, other))


def placed_in(edition: str, told: pd.DataFrame) -> pd.DataFrame:
    """Each conversation with the district of an edition that it counts in."""
    frame = geopandas.GeoDataFrame(
        {"code": list(DRAWN[edition])}, geometry=list(DRAWN[edition].values()), crs="EPSG:4326"
    )
    points = geopandas.GeoDataFrame(told, geometry=[Point(xy) if xy else Point() for xy in told["at"]], crs="EPSG:4326")
    placed = points.sjoin(frame, predicate="within", how="left")
    named = [
        successor(*named, into=edition) if named else found
        for named, found in zip(placed["named"], placed["code"], strict=True)
    ]
    placed["code"] = [code if isinstance(code, str) else OUTSIDE for code in named]
    placed["place"] = placed["code"]
    return placed


class TestTwoEditions(TestCase):
    @classmethod
    def setUpTestData(cls):
        build_city()
        cls.listeners = [person(name, "listener") for name in ("anna", "bruno")]
        cls.sessions = [
            Session.objects.create(kind="walk", convener=cls.listeners[0], started_at=NOON) for _ in range(12)
        ]
        housing = Theme.objects.create(code="housing")
        cls.themes = {
            "housing": housing,
            "rent": Theme.objects.create(code="rent", parent=housing),
            "mobility": Theme.objects.create(code="mobility"),
        }

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32), before=st.integers(1, 150), after=st.integers(0, 80))
    def test_both_say_what_geopandas_and_pandas_say(self, seed, before, after):
        draw = random.Random(seed)
        rows: list[dict[str, Any]] = []
        self.log(draw, rows, before, "first")
        merge_deltas()
        old = self.shown("first")
        with tempfile.TemporaryDirectory() as folder:
            assert redraw(Path(folder)).outcome == "imported"
        assert self.shown("first") == old
        self.log(draw, rows, after, "second")
        self.correct(draw, rows)
        merge_deltas()
        told = pd.DataFrame(rows)
        assert differences() == []
        assert wrong_occasions() == (0, 0)
        for edition in DRAWN:
            placed = placed_in(edition, told)
            shown = self.shown(edition)
            for theme in THEMES:
                expected = figures(placed, theme)
                maps = {need.code: need for need in shown[theme].districts}
                assert {code for code, need in maps.items() if need.conversations} == set(expected.index) - {OUTSIDE}
                assert shown[theme].unplaced.conversations == expected["n"].get(OUTSIDE, 0)
                for code, line in expected.drop(OUTSIDE, errors="ignore").iterrows():
                    assert (maps[str(code)].conversations, maps[str(code)].mentioning, maps[str(code)].severe) == (
                        line["n"], line["c"], line["severe"],
                    ), (edition, code)  # fmt: skip
                    if OUTSIDE not in expected.index:  # it is a place of its own to the recomputation
                        TestNeedMap.assert_equal(self, maps[str(code)], line)  # type: ignore[arg-type]

    def shown(self, edition: str) -> dict[str, Any]:
        asked = {"layer": "area", "period": "2026-Q2"}
        maps = {
            theme: build_need_map(parse_query({**asked, "edition": edition, "theme": theme}, EVERYTHING))
            for theme in THEMES
        }
        return {theme: _Shown(one.districts, one.city, one.unplaced) for theme, one in maps.items()}

    def log(self, draw: random.Random, rows: list[dict[str, Any]], count: int, edition: str) -> None:
        submissions = []
        for _ in range(count):
            row, submission = self.conversation(draw, edition)
            rows.append(row)
            submissions.append(submission)
        accept_many(submissions)

    def correct(self, draw: random.Random, rows: list[dict[str, Any]]) -> None:
        """Some are given another place, or are taken back."""
        for row in [row for row in rows if draw.random() < 0.1]:
            if draw.random() < 0.3:
                rows.remove(row)
                Conversation.objects.filter(pk=row["id"]).delete()
                continue
            row["at"], row["named"], place = self.place(draw, "second")
            record = Conversation.objects.get(pk=row["id"])
            record.place, record.district_id, record.location = place.kind, place.district_id, None
            if place.lon is not None:
                record.location = GeosPoint(place.lon, place.lat, srid=4326)
                record.district_id = locate(record.location).district_id
            record.save()

    def place(self, draw: random.Random, edition: str) -> tuple[Any, Any, Place]:
        if draw.random() < 0.3:
            code = draw.choice(list(DRAWN[edition]))
            district = District.objects.get(edition__layer__code="area", edition__code=edition, code=code)
            return None, (code, edition), Place("district", district_id=district.pk)
        lon, lat = inside(draw.choice([1, 1, 2, 3, 5, 6, 6, 9]), draw.uniform(0.01, 0.99), draw.uniform(0.01, 0.99))
        if draw.random() < 0.03:
            lat = SOUTH - SIDE  # outside
        return (lon, lat), None, Place("point", lon=lon, lat=lat, accuracy_m=5.0)

    def conversation(self, draw: random.Random, edition: str) -> tuple[dict[str, Any], Any]:
        at, named, place = self.place(draw, edition)
        listener, session = draw.choice(self.listeners), draw.choice([None, *self.sessions])
        said = {draw.choice(THEMES) for _ in range(draw.randrange(3))}
        bad = {theme for theme in said if draw.random() < 0.3}
        findings = [heard("need", self.themes[theme], severity=5 if theme in bad else 2) for theme in said]
        submission = conversation(
            listener, *findings, place=place, occurred_at=NOON, session_id=session and session.pk
        )  # fmt: skip
        cluster = str(session.pk if session else listener.pk)
        told = {"themes": said, "severe": bad, "cluster": cluster, "day": NOON.date()}
        return {"id": submission.id, "at": at, "named": named, **told}, submission


class _Shown:
    """What a map says; two of them are equal when they say the same."""

    def __init__(self, districts: Any, city: Any, unplaced: Any) -> None:
        self.districts, self.city, self.unplaced = districts, city, unplaced

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shown) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("code", "of", "heir"), [("1", "first", "1b"), ("2", "first", "23"), ("6", "first", "6"), ("23", "second", "2")]
)
def test_the_recomputation_itself(code, of, heir):
    assert successor(code, of, "second" if of == "first" else "first") == heir
