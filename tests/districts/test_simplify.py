"""Simplified districts still fit together: no gap where nobody lives, no place twice, nobody vanishes."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from districts.models import BoundaryEdition
from districts.simplify import METRES_PER_DEGREE, simplified_geometries, simplify_coverage

LATITUDE = 44.5


def wavy_city(seed: int, cells: int = 4, vertices: int = 40) -> np.ndarray:
    """A grid of districts whose shared edges wander: shapes an eye would call real."""
    rng = np.random.default_rng(seed)
    side = 0.02

    def edge(start, end) -> np.ndarray:
        line = np.linspace(start, end, vertices)
        along = np.arange(vertices)
        # Sideways alone, and less near the ends: edges must not cross each other where four meet.
        reach = np.minimum(side / 60, np.minimum(along, along[::-1]) * side / vertices / 3)
        sideways = np.array([end[1] - start[1], start[0] - end[0]]) / side
        return line + (rng.uniform(-1, 1, vertices) * reach)[:, None] * sideways

    corner = {(i, j): (11.3 + i * side, LATITUDE + j * side) for i in range(cells + 1) for j in range(cells + 1)}
    across = {(i, j): edge(corner[i, j], corner[i + 1, j]) for i in range(cells) for j in range(cells + 1)}
    up = {(i, j): edge(corner[i, j], corner[i, j + 1]) for i in range(cells + 1) for j in range(cells)}
    rings = [
        np.vstack([across[i, j], up[i + 1, j][1:], across[i, j + 1][::-1][1:], up[i, j][::-1][1:]])
        for i in range(cells)
        for j in range(cells)
    ]
    return np.array([shapely.Polygon(ring) for ring in rings])


def vertices(polygons) -> int:
    return int(shapely.get_num_coordinates(polygons).sum())


def overlap(polygons) -> float:
    return float(shapely.area(polygons).sum() - shapely.union_all(polygons).area)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([5.0, 20.0, 100.0, 500.0]))
def test_neighbours_still_touch(seed, tolerance_m):
    city = wavy_city(seed)
    simple = simplify_coverage(city, tolerance_m)
    assert shapely.coverage_is_valid(simple)
    assert not shapely.is_empty(simple).any()
    assert overlap(simple) == pytest.approx(0, abs=1e-9)
    whole = shapely.union_all(simple)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert vertices(simple) < vertices(city)


def test_where_three_meet():
    """Two districts have a corner on the edge of a third, 5 m off its line: to the third alone it is no corner."""
    west, middle, east, south, edge, north = 11.30, 11.31, 11.32, 44.50, 44.51, 44.52
    corner = (middle, edge + 5 / METRES_PER_DEGREE)
    city = np.array(
        [
            shapely.Polygon([(west, south), (middle, south), corner, (west, edge)]),
            shapely.Polygon([(middle, south), (east, south), (east, edge), corner]),
            shapely.Polygon([(west, edge), corner, (east, edge), (east, north), (west, north)]),
        ]
    )
    assert shapely.coverage_is_valid(city)
    assert shapely.coverage_is_valid(simplify_coverage(city, 20.0))
    # What the care is for: the same tolerance, polygon by polygon, tears the city apart.
    assert not shapely.coverage_is_valid(shapely.simplify(city, 20 / METRES_PER_DEGREE))


def test_the_tolerance_is_in_metres():
    """A zigzag of 10 m disappears at 100 m and stays at 2 m, in both directions."""
    for step in (np.array([10 / METRES_PER_DEGREE, 0]), np.array([0, 10 / METRES_PER_DEGREE])):
        step = step / np.array([math.cos(math.radians(LATITUDE)), 1])
        along = np.array([0.0, 0.0004]) if step[0] else np.array([0.0004, 0.0])
        zigzag = np.array([[11.3, LATITUDE]]) + np.arange(20)[:, None] * along + (np.arange(20) % 2)[:, None] * step
        across = step * 200
        ring = np.vstack([zigzag, zigzag[-1] + across, zigzag[0] + across])
        polygon = np.array([shapely.Polygon(ring)])
        assert vertices(simplify_coverage(polygon, 2.0)) == vertices(polygon)
        assert vertices(simplify_coverage(polygon, 100.0)) < 10


def test_gaps_of_centimetres_are_closed():
    """The real layer of the areas of Bologna has six of them."""
    gap = 0.3 / METRES_PER_DEGREE
    west = shapely.box(11.3, 44.5, 11.31, 44.51)
    east = shapely.box(11.31 + gap, 44.5, 11.32, 44.51)
    north = shapely.box(11.3, 44.51, 11.32, 44.52)
    whole = shapely.union_all(simplify_coverage(np.array([west, east, north]), 20.0), grid_size=1e-9)
    assert whole.geom_type == "Polygon"
    assert not whole.interiors


class TestOfAnEdition:
    def edition(self, code="area"):
        return BoundaryEdition.objects.get(layer__code=code)

    def test_one_geometry_each(self, city):
        drawn = simplified_geometries(self.edition(), 20)
        assert set(drawn) == {city.area(code).pk for code in range(1, 10)}

    @pytest.mark.parametrize("tolerance_m", [0, 20])
    def test_rings_turn_as_the_standard_says(self, city, tolerance_m):
        for text in simplified_geometries(self.edition(), tolerance_m).values():
            geometry = shapely.from_geojson(text)
            parts = shapely.get_parts(geometry)
            assert all(shapely.is_ccw(part.exterior) for part in parts)

    def test_read_once(self, city, django_assert_num_queries):
        edition = self.edition()
        simplified_geometries(edition, 33)
        with django_assert_num_queries(0):
            simplified_geometries(edition, 49)

    def test_an_edition_that_was_imported_anew_is_drawn_anew(self, city):
        edition = self.edition()
        before = simplified_geometries(edition, 20)
        area = city.area(1)
        area.geometry = city.districts["zona", "A"].geometry
        area.save()
        assert simplified_geometries(edition, 20) == before
        edition.checksum = "another"
        assert simplified_geometries(edition, 20)[area.pk] != before[area.pk]
