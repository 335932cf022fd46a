"""Geometries from strangers: what is taken is a place on earth, what is refused is named."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.geojson import GeoJSONError, parse_point

LON, LAT = st.floats(-180, 180), st.floats(-90, 90)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def point(*coordinates, **members):
    return {"type": "Point", "coordinates": list(coordinates), **members}


class TestPoint:
    @given(LON, LAT)
    def test_any_place_on_earth(self, lon, lat):
        if abs(lat) <= 90:
            read = parse_point(point(lon, lat))
            assert math.isclose(read.lon, lon, abs_tol=1e-7)
            assert math.isclose(read.lat, lat, abs_tol=1e-7)

    @given(ANYTHING)
    def test_whatever_comes_is_read_or_refused(self, value):
        for told in (value, {"type": "Point", "coordinates": value}):
            try:
                read = parse_point(told)
            except GeoJSONError as refusal:
                said = str(refusal)
                assert len(said) < 300
                json.dumps({"code": refusal.code, "detail": said}).encode()
            else:
                assert abs(read.lon) <= 180
                assert abs(read.lat) <= 90

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            (None, "not-an-object"),
            ([11.3, 44.5], "not-an-object"),
            (point(11.3, 44.5, crs={"type": "name"}), "crs"),
            ({"type": "LineString", "coordinates": []}, "type"),
            ({"type": "Point"}, "coordinates"),
            (point(11.3, 44.5, properties={}), "unknown-member"),
            (point(11.3), "dimensions"),
            (point(11.3, 44.5, 54.0), "dimensions"),
            ({"type": "Point", "coordinates": "11.3,44.5"}, "coordinates"),
            (point("11.3", "44.5"), "not-a-number"),
            (point(True, 1), "not-a-number"),
            (point(None, 1), "not-a-number"),
            (point(math.nan, 1), "not-finite"),
            (point(1, -math.inf), "not-finite"),
            (point(44.5, 111.3), "swapped"),
            (point(1000, 44.5), "out-of-range"),
            (point(11.3, 91), "swapped"),
            (point(120.0, 91), "out-of-range"),
        ],
    )
    def test_refusals(self, value, code):
        with pytest.raises(GeoJSONError) as refusal:
            parse_point(value)
        assert refusal.value.code == code
