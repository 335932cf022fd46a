"""Need maps against a recomputation that shares nothing with them: geopandas places the points, pandas counts.

Formulas are written out anew from docs/explanation/need-map-statistics.md; intervals come from statsmodels.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from shapely.geometry import Point, box
from statsmodels.stats.proportion import proportion_confint

from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.fieldwork.models import Session
from listening.needmaps.build import DistrictNeed, build_need_map, parse_query
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import NOON, conversation, heard
from tests.people import EVERYTHING, person
from tests.squareville import SIDE, SOUTH, WEST, build_city, inside

THEMES = ("housing", "rent", "mobility")
PARENTS = {"rent": "housing"}
ZONES = {str(area): "ABC"[(area - 1) // 3] for area in range(1, 10)}
AREAS = geopandas.GeoDataFrame(
    {"code": [str(area) for area in range(1, 10)]},
    geometry=[
        box(WEST + (i % 3) * SIDE, SOUTH + (i // 3) * SIDE, WEST + (i % 3 + 1) * SIDE, SOUTH + (i // 3 + 1) * SIDE)
        for i in range(9)
    ],
    crs="EPSG:4326",
)


def recomputed(told: pd.DataFrame, layer: str, theme: str) -> pd.DataFrame:
    """Per place what the map should say, from a table with one row per conversation."""
    points = geopandas.GeoDataFrame(told, geometry=[Point(xy) for xy in told["at"]], crs="EPSG:4326")
    placed = points.sjoin(AREAS, predicate="within", how="left")
    placed["place"] = placed["code"] if layer == "area" else placed["code"].map(ZONES)
    return figures(placed, theme)


def figures(placed: pd.DataFrame, theme: str) -> pd.DataFrame:
    """The figures of each `place`; `code` is the area of the base layer in which a conversation counts."""
    placed["hit"] = placed["themes"].map(lambda said: theme in said | {PARENTS.get(one) for one in said})
    placed["bad"] = placed["hit"] & placed["severe"].map(lambda bad: theme in bad | {PARENTS.get(one) for one in bad})
    # An occasion lies in one area, also where the map is of zones.
    placed["occasion"] = placed["cluster"] + " " + placed["day"].astype(str) + " " + placed["code"]
    places = placed.groupby("place").agg(n=("hit", "size"), c=("hit", "sum"), severe=("bad", "sum"))
    clusters = placed.groupby(["place", "occasion"]).agg(n=("hit", "size"), c=("hit", "sum")).reset_index()
    places["scatter"], places["sessions"] = 0.0, 0
    for place, group in clusters.groupby("place"):
        r = places.loc[place, "c"] / places.loc[place, "n"]
        count = len(group)
        places.loc[place, "sessions"] = count
        if count > 1:
            places.loc[place, "scatter"] = count / (count - 1) * ((group["c"] - r * group["n"]) ** 2).sum()
    places["r"] = places["c"] / places["n"]
    places["binomial"] = places["n"] * places["r"] * (1 - places["r"])
    several = places[places["sessions"] >= 2]
    city = 1.5
    if (several["sessions"] - 1).sum() >= 10 and several["binomial"].sum() > 0:
        ratio = several["scatter"].sum() / several["binomial"].sum()
        city = float(np.clip(ratio / (1 + ratio * len(several) / several["n"].sum()), 1, 5))
    own = (places["sessions"] >= 10) & (places["binomial"] > 0)
    places["deff"] = np.where(own, np.clip(places["scatter"] / places["binomial"].where(own, 1), 1, 5), city)
    places["n_eff"] = places["n"] / places["deff"]
    places["low"], places["high"] = proportion_confint(
        places["r"] * places["n_eff"], places["n_eff"], alpha=0.1, method="wilson"
    )
    return places


class TestNeedMap(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.city = build_city()
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

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32), count=st.integers(1, 250))
    def test_it_says_what_geopandas_and_pandas_say(self, seed, count):
        draw = random.Random(seed)
        rows, submissions = [], []
        for _ in range(count):
            row, submission = self.conversation(draw)
            rows.append(row)
            submissions.append(submission)
        accept_many(submissions)
        merge_deltas()
        told = pd.DataFrame(rows)
        for layer in ("area", "zona"):
            for theme in THEMES:
                expected = recomputed(told, layer, theme)
                query = parse_query({"layer": layer, "period": "2026-Q2", "theme": theme}, EVERYTHING)
                shown = {need.code: need for need in build_need_map(query).districts}
                assert {code for code, need in shown.items() if need.conversations} == set(expected.index)
                for code, line in expected.iterrows():
                    self.assert_equal(shown[str(code)], line)

    def assert_equal(self, need: DistrictNeed, line: Any) -> None:
        assert (need.conversations, need.mentioning, need.severe) == (line["n"], line["c"], line["severe"])
        assert need.claim is not None
        for name, value in (("deff", "deff"), ("n_eff", "n_eff"), ("share_low", "low"), ("share_high", "high")):
            assert getattr(need.claim, name) == pytest.approx(line[value], abs=1e-9), (need.code, name)
        width = line["high"] - line["low"]
        letter = "A" if width <= 0.15 else "B" if width <= 0.30 else "C"
        assert need.claim.reliability == ("X" if line["n_eff"] < 20 else letter)

    def conversation(self, draw: random.Random) -> tuple[dict[str, Any], Any]:
        lon, lat = inside(draw.choice([1, 1, 1, 2, 5, 9]), draw.uniform(0.01, 0.99), draw.uniform(0.01, 0.99))
        listener, session = draw.choice(self.listeners), draw.choice([None, *self.sessions])
        when = NOON + dt.timedelta(days=draw.randrange(3))
        said = {draw.choice(THEMES) for _ in range(draw.randrange(3))}
        bad = {theme for theme in said if draw.random() < 0.3}
        findings = [heard("need", self.themes[theme], severity=5 if theme in bad else 2) for theme in said]
        submission = conversation(
            listener,
            *findings,
            place=Place("point", lon=lon, lat=lat, accuracy_m=5.0),
            occurred_at=when,
            session_id=session and session.pk,
        )
        cluster = str(session.pk if session else listener.pk)
        return {"at": (lon, lat), "themes": said, "severe": bad, "cluster": cluster, "day": when.date()}, submission
