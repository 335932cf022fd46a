"""New boundaries: records and their counts go to the districts drawn today, and nothing is counted twice or lost."""

from io import StringIO

import pytest
from django.contrib.gis.geos import MultiPolygon, Point
from django.core.management import call_command

from backend import clock
from districts.models import BoundaryEdition, District, Membership
from listening.capture.accept import accept
from listening.capture.submission import Place
from listening.needmaps.build import build_need_map, parse_query
from listening.records.models import Conversation
from listening.records.redistrict import Moved, redistrict
from tests.listening.rollups.recount import differences
from tests.listening.submissions import at, conversation, heard
from tests.people import EVERYTHING
from tests.squareville import square

HALVES = {"west": square(0, 0, columns=1, rows=3), "5": square(1, 0, columns=2, rows=3)}


def draw_anew(city) -> dict[str, District]:
    """From today on the base layer has two districts: `west` (were 1, 4, 7) and `5` (the rest)."""
    today = clock.local_date(clock.now())
    old = BoundaryEdition.objects.get(layer__code="area")
    BoundaryEdition.objects.filter(pk=old.pk).update(valid_to=today)
    new = BoundaryEdition.objects.create(
        layer=old.layer, code="second", status="active", valid_from=today, source="s", licence="l", checksum="c",
        imported_at=old.imported_at,
    )  # fmt: skip
    drawn = {}
    for code, polygon in HALVES.items():
        drawn[code] = District.objects.create(
            edition=new, code=code, name=code, geometry=MultiPolygon(polygon, srid=4326),
            point_on_surface=Point(*polygon.centroid.coords, srid=4326), area_km2=1,
        )  # fmt: skip
        Membership.objects.create(
            child=drawn[code], parent=city.districts["quartiere", "10"], share_of_area=1, is_main=True
        )
    return drawn


def counts(layer: str) -> dict[str, int]:
    built = build_need_map(parse_query({"layer": layer, "period": "2026"}, EVERYTHING))
    return {need.code: need.conversations for need in built.districts if need.conversations}


@pytest.fixture
def logged(city, themes, listener):
    """Points in areas 1, 2 and 5, a named area 5 and a named area 9, a named zona A, the city, and outside."""

    def log(place, *findings) -> Conversation:
        told = conversation(listener, *findings, place=place)
        accept(told, by=listener)
        return Conversation.objects.get(pk=told.id)

    return {
        "one": log(at(1), heard("need", themes["rent"], place=at(2))),
        "two": log(at(2)),
        "five": log(at(5)),
        "named 5": log(Place("district", district_id=city.area(5).pk)),
        "named 9": log(Place("district", district_id=city.area(9).pk)),
        "zona A": log(Place("district", district_id=city.districts["zona", "A"].pk)),
        "city": log(Place("city")),
        "none": log(Place("none")),
    }  # fmt: skip


def test_records_follow_the_boundaries(logged, city):
    drawn = draw_anew(city)
    assert redistrict() == Moved(conversations=5, findings=1)
    now = {name: Conversation.objects.get(pk=before.pk) for name, before in logged.items()}
    assert now["one"].district == drawn["west"]
    assert now["two"].district == drawn["5"]
    # A named district is followed to where the largest part of it lies now.
    assert now["named 5"].district == now["named 9"].district == drawn["5"]
    for name in ("zona A", "city", "none"):
        assert now[name].district == logged[name].district
    assert now["one"].findings.get().district == drawn["5"]


def test_counts_follow_the_records(logged, city):
    assert counts("area") == {"1": 1, "2": 1, "5": 2, "9": 1}
    draw_anew(city)
    redistrict()
    assert counts("area") == {"west": 1, "5": 4}
    assert counts("quartiere") == {"10": 6}
    assert differences() == []


def test_again_changes_nothing(logged, city):
    draw_anew(city)
    redistrict()
    assert redistrict() == Moved(0, 0)


def test_clients_are_told_of_what_moved_and_of_nothing_else(logged, city):
    draw_anew(city)
    redistrict()
    moved = {name for name, before in logged.items() if Conversation.objects.get(pk=before.pk).version > before.version}
    assert moved == {"one", "two", "five", "named 5", "named 9"}


def test_what_was_outside_comes_in(city, listener):
    told = conversation(listener, place=at(1))
    accept(told, by=listener)
    Conversation.objects.update(district=None)
    assert redistrict() == Moved(1, 0)


def test_the_daily_command(logged, city):
    draw_anew(city)
    told = StringIO()
    call_command("redistrict", stdout=told)
    assert "5" in told.getvalue()
