"""Boundaries as vector tiles: the same districts, the same ids, and neighbours that touch."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.geo.tile_matrix import tile_at
from districts.models import District
from tests.squareville import SIDE, SOUTH, WEST
from tests.vector_tiles import read_tile, signed_area

HERE = tile_at(11.315, 44.495, 12)


def address(tile, layer="area"):
    return f"/api/v1/tiles/districts/{layer}/{tile.z}/{tile.x}/{tile.y}.mvt"


def test_it_works(city, client):
    answer = client.get(address(HERE))
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    (layer,) = read_tile(answer.content).values()
    assert (layer.name, layer.version, layer.extent) == ("districts", 2, 4096)
    assert {f.id: f.properties for f in layer.features} == {
        area.pk: {"id": area.pk, "code": area.code, "name": area.name} for area in map(city.area, range(1, 10))
    }
    assert all(signed_area(ring) > 0 for feature in layer.features for ring in feature.rings)


@pytest.mark.parametrize("layer", ["zona", "prossimita", "quartiere"])
def test_any_layer(city, client, layer):
    features = read_tile(client.get(address(HERE, layer)).content)["districts"].features
    held = District.objects.in_layer(layer)
    assert sorted(f.properties["code"] for f in features) == sorted(held.values_list("code", flat=True))


def test_features_lie_where_the_districts_do(city, client):
    (feature,) = (
        f for f in read_tile(client.get(address(HERE)).content)["districts"].features if f.properties["code"] == "5"
    )
    box = HERE.bbox
    unit = (box.maxx - box.minx) / 4096
    xs = [box.minx + x * unit for ring in feature.rings for x, _ in ring]
    assert min(xs) == pytest.approx(WEST + SIDE, abs=unit)
    assert max(xs) == pytest.approx(WEST + 2 * SIDE, abs=unit)
    ys = [y for ring in feature.rings for _, y in ring]
    row = (box.maxy - (SOUTH + 2 * SIDE)) / (box.maxy - box.miny) * 4096
    assert min(ys) == pytest.approx(row, abs=2)


def test_neighbours_touch(city, client):
    """Where one ends, the other begins: shared corners have the same place in the tile."""
    corners = {
        f.properties["code"]: {corner for ring in f.rings for corner in ring}
        for f in read_tile(client.get(address(HERE)).content)["districts"].features
    }
    assert len(corners["5"] & corners["6"]) == 2
    assert len(corners["5"] & corners["9"]) == 1


def test_a_tile_is_drawn_once_and_then_known_by_its_tag(city, client):
    first = client.get(address(HERE))
    with CaptureQueriesContext(connection) as again:
        assert client.get(address(HERE)).content == first.content
    with CaptureQueriesContext(connection) as known:
        answer = client.get(address(HERE), headers={"If-None-Match": first["ETag"]})
    assert (answer.status_code, answer.content) == (304, b"")
    assert not any("ST_AsMVT" in query["sql"] for query in [*again.captured_queries, *known.captured_queries])
    assert len(known.captured_queries) == 3  # layers, editions, the version of the geography


def test_another_name_gives_another_tag_and_tile(city, client):
    first = client.get(address(HERE))
    District.objects.filter(pk=city.area(5).pk).update(name="Porto")
    city.area(5).names.create(language="it", name="Porto")
    answer = client.get(address(HERE), headers={"If-None-Match": first["ETag"]})
    assert answer.status_code == 200
    assert "Porto" in {f.properties["name"] for f in read_tile(answer.content)["districts"].features}


def test_an_empty_tile_is_no_content(city, client):
    answer = client.get(address(tile_at(0, 0, 12)))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["ETag"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("area/17/0/0", "no tiles at zoom 17; it goes from 0 to 16"),
        ("area/12/4096/0", "no column 4096 at zoom 12; it goes from 0 to 4095"),
        ("area/12/0/4096", "no row 4096"),
        ("area/12/0/-1", "row '-1' is not a whole number"),
        ("nowhere/12/0/0", "no layer 'nowhere'; there are: area, prossimita, zona, quartiere"),
    ],
)
def test_what_is_no_tile_is_not_found(city, client, path, says):
    answer = client.get(f"/api/v1/tiles/districts/{path}.mvt")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert says in answer.json()["detail"]


def test_an_edition_that_there_is_not_is_named(city, client):
    answer = client.get(address(HERE), {"edition": "second"})
    assert (answer.status_code, answer.json()["allowed"]) == (400, ["first"])


def test_a_map_is_told_where_the_tiles_are(city, client):
    answer = client.get("/api/v1/tiles/districts/area")
    told = answer.json()
    assert told["tilejson"] == "3.0.0"
    assert told["bounds"] == pytest.approx([WEST, SOUTH, WEST + 3 * SIDE, SOUTH + 3 * SIDE])
    assert told["vector_layers"][0]["id"] == "districts"
    (template,) = told["tiles"]
    path = template.removeprefix("http://testserver").format(z=HERE.z, x=HERE.x, y=HERE.y)
    assert client.get(path).content == client.get(address(HERE)).content
    assert client.get("/api/v1/tiles/districts/area", headers={"If-None-Match": answer["ETag"]}).status_code == 304
