from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.bbox import BBox, BBoxError, parse_bbox


def test_it_works():
    assert parse_bbox("11.2,44.4,11.5,44.6") == BBox(11.2, 44.4, 11.5, 44.6)
    assert parse_bbox("11, 44,11, 44") == BBox(11, 44, 11, 44)


@given(st.text(max_size=40) | st.lists(st.floats().map(str), max_size=7).map(",".join))
def test_whatever_comes_is_a_box_on_earth_or_refused(text):
    with suppress(BBoxError):
        box = parse_bbox(text)
        assert -180 <= box.minx <= box.maxx <= 180
        assert -90 <= box.miny <= box.maxy <= 90


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a box"),
        ("1,2,3", "four numbers"),
        ("1,2,3,4,5,6", "four numbers"),
        ("a,b,c,d", "not a box"),
        ("nan,0,1,1", "four numbers"),
        ("0,0,inf,1", "four numbers"),
        ("0,0,181,1", "not on earth"),
        ("44.4,11.2,44.6,111.5", "not on earth"),
        ("2,0,1,1", "swapped"),
        ("0,2,1,1", "swapped"),
    ],
)
def test_refusals(text, says):
    with pytest.raises(BBoxError, match=says):
        parse_bbox(text)
