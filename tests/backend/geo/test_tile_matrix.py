from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from backend.geo.tile_matrix import HALF_WORLD_M, MAX_ZOOM, Tile, TileError, tile_at

TO_METRES = Transformer.from_crs(4326, 3857, always_xy=True)


def test_it_works():
    piazza_maggiore = tile_at(11.3426, 44.4938, 14)
    assert piazza_maggiore == Tile.of("14", "8708", "5926")
    box = piazza_maggiore.bbox
    assert box.minx <= 11.3426 < box.maxx
    assert box.miny < 44.4938 <= box.maxy


def test_the_figures_are_those_of_the_standard():
    """WebMercatorQuad: point of origin and the cell size of matrix 18 times 256 cells."""
    west, south, east, north = Tile.of(0, 0, 0).bounds_m
    assert (west, north) == pytest.approx((-20037508.3427892, 20037508.3427892))
    assert (east, south) == pytest.approx((20037508.3427892, -20037508.3427892))
    assert Tile.of(18, 0, 0).side_m / 256 == pytest.approx(0.597164283559817)
    assert Tile.of(0, 0, 0).bbox == pytest.approx((-180, -85.0511287798066, 180, 85.0511287798066))


@given(
    st.integers(0, MAX_ZOOM).flatmap(
        lambda z: st.tuples(st.just(z), st.integers(0, 2**z - 1), st.integers(0, 2**z - 1))
    )
)
def test_degrees_and_metres_name_the_same_corners(where):
    tile = Tile.of(*where)
    minx, miny, maxx, maxy = tile.bounds_m
    assert TO_METRES.transform(*tile.bbox[:2]) == pytest.approx((minx, miny), abs=0.001)
    assert TO_METRES.transform(*tile.bbox[2:]) == pytest.approx((maxx, maxy), abs=0.001)
    middle = tile.bbox
    assert tile_at((middle.minx + middle.maxx) / 2, (middle.miny + middle.maxy) / 2, tile.z) == tile


@given(st.integers(0, MAX_ZOOM), st.floats(-180, 180), st.floats(-90, 90))
def test_every_place_on_earth_has_a_tile(zoom, lon, lat):
    tile = tile_at(lon, lat, zoom)
    assert Tile.of(tile.z, tile.x, tile.y) == tile


def test_four_tiles_of_the_next_zoom_fill_one():
    whole, parts = Tile.of(3, 4, 2), [Tile.of(4, 8 + i, 4 + j) for i in (0, 1) for j in (0, 1)]
    boxes = [part.bounds_m for part in parts]
    assert (min(b[0] for b in boxes), min(b[1] for b in boxes)) == pytest.approx(whole.bounds_m[:2])
    assert (max(b[2] for b in boxes), max(b[3] for b in boxes)) == pytest.approx(whole.bounds_m[2:])
    assert sum(part.side_m**2 for part in parts) == pytest.approx(whole.side_m**2)
    assert whole.side_m < 2 * HALF_WORLD_M


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_whatever_comes_is_a_tile_or_refused(z, x, y):
    with suppress(TileError):
        tile = Tile.of(z, x, y)
        assert 0 <= tile.x < 2**tile.z
        assert 0 <= tile.y < 2**tile.z


@pytest.mark.parametrize(
    ("z", "x", "y", "says"),
    [
        ("25", "0", "0", "no tiles at zoom 25; it goes from 0 to 24"),
        ("2", "4", "0", "no column 4 at zoom 2; it goes from 0 to 3"),
        ("2", "0", "4", "no row 4 at zoom 2; it goes from 0 to 3"),
        ("-1", "0", "0", "zoom '-1' is not a whole number"),
        ("2", "1.5", "0", "column '1.5' is not a whole number"),
        ("2", "0", "1_0", "row '1_0' is not a whole number"),
        ("2", "0", "١", "row '١' is not a whole number"),
        ("9" * 5000, "0", "0", "is not a whole number"),
        (True, "0", "0", "is not a whole number"),
    ],
)
def test_a_refusal_names_the_value_and_what_would_be_right(z, x, y, says):
    with pytest.raises(TileError, match=says):
        Tile.of(z, x, y)


def test_a_narrower_range_of_zooms_is_named():
    with pytest.raises(TileError, match="no tiles at zoom 9; it goes from 10 to 13"):
        Tile.of(9, 0, 0, min_zoom=10, max_zoom=13)
