"""Which district a point lies in: inside, on an edge, in a sliver, beside the city."""

import datetime as dt

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import connection

from districts.locate import Location, locate
from districts.models import BoundaryEdition, District
from tests.squareville import SIDE, SOUTH, WEST, inside

METRE_NORTH = 1 / 111_195  # degrees of latitude


def point(lon: float, lat: float) -> Point:
    return Point(lon, lat, srid=4326)


@pytest.mark.parametrize("code", range(1, 10))
def test_inside(city, code):
    assert locate(point(*inside(code))) == Location(city.area(code).pk, "inside")


class TestEdges:
    """An edge belongs to both neighbours: the lower code has it, so that a point never has two districts or none."""

    def test_between_two(self, city):
        assert locate(point(*inside(5, dx=0.0))).district_id == city.area(4).pk
        assert locate(point(*inside(5, dy=0.0))).district_id == city.area(2).pk

    def test_where_four_meet(self, city):
        assert locate(point(*inside(5, dx=0.0, dy=0.0))).district_id == city.area(1).pk

    def test_codes_in_natural_order(self, city):
        """As text "10" comes before "4"."""
        District.objects.filter(pk=city.area(5).pk).update(code="10")
        assert locate(point(*inside(5, dx=0.0))).district_id == city.area(4).pk

    def test_where_districts_overlap(self, city):
        west, south = WEST + SIDE, SOUTH + SIDE
        wider = Polygon.from_bbox((west - SIDE / 10, south, west + SIDE, south + SIDE))
        District.objects.filter(pk=city.area(5).pk).update(geometry=MultiPolygon(wider, srid=4326))
        assert locate(point(*inside(4, dx=0.95))).district_id == city.area(4).pk


class TestBeside:
    @pytest.mark.parametrize(
        ("metres", "how"), [(0.5, "nearest"), (0.95, "nearest"), (1.1, "outside"), (500, "outside")]
    )
    def test_up_to_a_metre(self, city, metres, how):
        lon, lat = inside(2, dy=0.0)
        nearest = city.area(2).pk if how == "nearest" else None
        assert locate(point(lon, lat - metres * METRE_NORTH)) == Location(nearest, how)

    def test_a_metre_is_a_metre_in_every_direction(self, city):
        """In degrees, a metre of longitude at this latitude is 1.4 times a metre of latitude."""
        lon, lat = inside(4, dx=0.0)
        assert locate(point(lon - 1.2 * METRE_NORTH, lat)).how == "nearest"
        assert locate(point(lon - 1.6 * METRE_NORTH, lat)).how == "outside"

    def test_a_gap_between_neighbours(self, city):
        """Real layers have gaps of centimetres along the edges that two districts share."""
        west, south = WEST + SIDE, SOUTH + SIDE
        gap = 0.4 * METRE_NORTH
        narrower = Polygon.from_bbox((west + gap, south, west + SIDE, south + SIDE))
        District.objects.filter(pk=city.area(5).pk).update(geometry=MultiPolygon(narrower, srid=4326))
        assert locate(point(west + 0.1 * gap, south + SIDE / 2)) == Location(city.area(4).pk, "nearest")
        assert locate(point(west + 0.9 * gap, south + SIDE / 2)) == Location(city.area(5).pk, "nearest")

    def test_nowhere_near(self, city):
        assert locate(point(-74.07, 4.71)) == Location(None, "outside")

    def test_before_any_import(self, db):
        assert locate(point(11.35, 44.49)) == Location(None, "outside")


class TestEditions:
    def test_only_what_holds_today(self, city):
        BoundaryEdition.objects.filter(layer__code="area").update(valid_from=dt.date(2999, 1, 1))
        assert locate(point(*inside(5))).how == "outside"

    @pytest.mark.parametrize(("zone", "how"), [("Pacific/Kiritimati", "inside"), ("Etc/GMT+12", "outside")])
    def test_from_the_midnight_of_the_city(self, city, zone, how):
        """Somewhere it is tomorrow already: between these two calendars lies at least a day."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date")
            (latest_day,) = cursor.fetchone()
            BoundaryEdition.objects.filter(layer__code="area").update(valid_from=latest_day)
            cursor.execute("SELECT set_config('listening.time_zone', %s, true)", [zone])
            assert locate(point(*inside(5))).how == how

    def test_never_a_draft(self, city):
        BoundaryEdition.objects.filter(layer__code="area").update(status="draft")
        assert locate(point(*inside(5))).how == "outside"


def test_one_query_that_reads_an_index(city, django_assert_num_queries):
    with django_assert_num_queries(1):
        locate(point(*inside(5)))
    with connection.cursor() as cursor:
        # Nine rows fit on a page, which is cheaper to read than an index: what is asked is whether one could be used.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT FROM districts_district d"
            " WHERE ST_Covers(d.geometry, ST_SetSRID(ST_MakePoint(11.3, 44.5), 4326))"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "districts_district_geometry" in plan, plan
