"""Conversations in a box: found exactly, and by a plan that suits how many there are."""

from __future__ import annotations

import json

import pytest
from django.contrib.gis.geos import Polygon
from django.db import connection

from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.records.models import Conversation
from tests.listening.submissions import conversation
from tests.squareville import inside

pytestmark = pytest.mark.django_db


def box_around(area: int) -> Polygon:
    west, south = inside(area, 0.25, 0.25)
    east, north = inside(area, 0.75, 0.75)
    return Polygon.from_bbox((west, south, east, north))


def test_what_lies_on_the_edge_meets_the_box_and_what_lies_just_outside_does_not(city, listener):
    box = box_around(5)
    west, south, _, north = box.extent
    middle = (south + north) / 2
    just_outside = west - 1e-9  # nearer than the single precision of the index can tell
    accept_many(
        [
            conversation(listener, summary=name, place=Place("point", lon=lon, lat=middle, accuracy_m=5.0))
            for name, lon in {"edge": west, "outside": just_outside}.items()
        ]
    )
    assert [found.summary for found in Conversation.objects.meeting(box)] == ["edge"]


def test_the_planner_knows_how_many_lie_in_a_box(city, listener):
    """Asked twice, by && and by ST_Intersects, it multiplies what each leaves: an eighth becomes a sixty-fourth."""
    accept_many([conversation(listener, area=5 if number % 8 == 0 else 9) for number in range(400)])
    statement, params = Conversation.objects.meeting(box_around(5)).values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE records_conversation (location)")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", params)
        plan = cursor.fetchone()[0]
    told = json.loads(plan) if isinstance(plan, str) else plan
    assert Conversation.objects.meeting(box_around(5)).count() == 50
    assert 25 <= told[0]["Plan"]["Plan Rows"] <= 100
