import json
import re

import pytest
import shapely

from listening.drawing.choropleth import LETTER_WIDTH, LONGEST_SIDE, MARGIN, Drawing, Spot, class_of, draw, fit

BREAKS = (0.05, 0.10, 0.20, 0.35)


def square(west: float, south: float, side: float = 0.01) -> str:
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def corners(path: str) -> list[list[tuple[int, int]]]:
    """Absolute corners of each ring of a path, as a browser reads them."""
    rings = []
    for x, y, steps in re.findall(r"M(\d+) (\d+)l([-+\d]+)z", path):
        numbers = [int(number) for number in re.findall(r"[-+]?\d+", steps)]
        ring = [(int(x), int(y))]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            ring.append((ring[-1][0] + dx, ring[-1][1] + dy))
        rings.append(ring)
    assert "".join(re.findall(r"M\d+ \d+l[-+\d]+z", path)) == path, "nothing in the path was left unread"
    return rings


@pytest.mark.parametrize(
    ("share", "number"),
    [(0.0, 1), (0.0499, 1), (0.05, 2), (0.0999, 2), (0.10, 3), (0.20, 4), (0.3499, 4), (0.35, 5), (1.0, 5)],
)
def test_a_share_on_a_break_is_in_the_upper_class(share, number):
    assert class_of(share, BREAKS) == number


def test_north_is_up_and_east_is_right():
    drawing = draw({1: square(11.30, 44.48), 2: square(11.31, 44.49)})
    [south_west], [north_east] = corners(drawing.paths[1]), corners(drawing.paths[2])
    assert max(x for x, _ in south_west) == min(x for x, _ in north_east)
    assert min(y for _, y in south_west) == max(y for _, y in north_east)


def test_a_degree_of_longitude_is_shorter_than_one_of_latitude_by_the_cosine():
    drawing = draw({1: square(11.30, 44.48)})
    assert drawing.height == LONGEST_SIDE
    assert (drawing.width - 2 * MARGIN) / (drawing.height - 2 * MARGIN) == pytest.approx(0.7133, abs=0.001)


def test_neighbours_share_their_corners_to_the_unit():
    # A crooked edge with many corners, drawn once from each side.
    edge = [[11.31 + (number % 3) * 0.000137, 44.48 + number * 0.000777] for number in range(14)]
    west = [[11.30, 44.48], *edge, [11.30, edge[-1][1]], [11.30, 44.48]]
    east = [edge[0], [11.32, 44.48], [11.32, edge[-1][1]], *reversed(edge)]
    drawing = draw(
        {
            1: json.dumps({"type": "Polygon", "coordinates": [west]}),
            2: json.dumps({"type": "MultiPolygon", "coordinates": [[east]]}),
        }
    )
    shared = set(corners(drawing.paths[1])[0]) & set(corners(drawing.paths[2])[0])
    assert len(shared) == len(edge)


def test_everything_lies_inside_the_picture():
    drawing = draw({1: square(11.30, 44.48), 2: square(11.45, 44.40)})
    points = [point for path in drawing.paths.values() for ring in corners(path) for point in ring]
    assert min(x for x, _ in points) == MARGIN
    assert max(x for x, _ in points) == drawing.width - MARGIN
    assert min(y for _, y in points) == MARGIN
    assert max(y for _, y in points) == drawing.height - MARGIN


def test_holes_and_parts_are_rings_of_one_path():
    outer = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    hole = [[0.4, 0.4], [0.4, 0.6], [0.6, 0.6], [0.6, 0.4], [0.4, 0.4]]
    island = [[2, 0], [3, 0], [3, 1], [2, 0]]
    drawing = draw({7: json.dumps({"type": "MultiPolygon", "coordinates": [[outer, hole], [island]]})})
    assert [len(ring) for ring in corners(drawing.paths[7])] == [4, 4, 3]


@pytest.mark.parametrize("geometry", ["null", '{"type":"MultiPolygon","coordinates":[]}'])
def test_a_district_without_area_is_left_out(geometry):
    assert draw({1: square(11.30, 44.48), 2: geometry}).paths.keys() == {1}
    assert draw({2: geometry}).paths == {}


def test_what_shrinks_to_a_point_is_left_out():
    assert draw({1: square(11.30, 44.48, side=0.2), 2: square(11.60, 44.48, side=0.000001)}).paths.keys() == {1}


def test_no_districts_make_an_empty_picture():
    assert draw({}).paths == {}


def test_a_line_is_refused():
    with pytest.raises(ValueError, match="LineString"):
        draw({1: '{"type":"LineString","coordinates":[[0,0],[1,1]]}'})


@pytest.mark.parametrize(
    ("metres_per_unit", "metres", "units"), [(8.0, 2000, 250), (1.0, 500, 500), (0.5, 200, 400), (40.0, 20000, 500)]
)
def test_the_scale_bar_is_a_round_distance_of_at_most_a_quarter(metres_per_unit, metres, units):
    bar = Drawing(2000, 1500, metres_per_unit, {}).scale_bar
    assert (bar.metres, bar.units) == (metres, units)
    assert bar.units <= 500


def test_the_scale_bar_measures_the_ground():
    # 0.01 degrees of latitude are 1.113 km.
    drawing = draw({1: square(11.30, 44.48)})
    [ring] = corners(drawing.paths[1])
    height = max(y for _, y in ring) - min(y for _, y in ring)
    assert height * drawing.metres_per_unit == pytest.approx(1113, rel=0.01)


def test_a_name_stands_inside_its_district_also_when_the_middle_does_not():
    horseshoe = [[0, 0], [3, 0], [3, 3], [2.4, 3], [2.4, 0.5], [0.4, 0.5], [0.4, 3], [0, 3], [0, 0]]
    drawing = draw({1: json.dumps({"type": "Polygon", "coordinates": [horseshoe]})})
    spot = drawing.spots[1]
    assert shapely.Polygon(corners(drawing.paths[1])[0]).contains(shapely.Point(spot.x, spot.y))
    assert 0 < spot.room < drawing.width / 3


@pytest.mark.parametrize(
    ("name", "letters", "lines"),
    [
        ("Bolognina", 9, ["Bolognina"]),
        ("Bolognina", 8, []),
        ("Costa Saragozza", 15, ["Costa Saragozza"]),
        ("Costa Saragozza", 9, ["Costa", "Saragozza"]),
        ("Scalo-Ravone", 8, ["Scalo-", "Ravone"]),
        ("San Donato - San Vitale", 12, ["San Donato -", "San Vitale"]),
        ("One Two Three Four", 5, []),
    ],
)
def test_a_name_is_broken_into_lines_that_fit_or_left_out(name, letters, lines):
    assert fit(name, Spot(0, 0, room=int(letters * LETTER_WIDTH) + 1)) == lines
