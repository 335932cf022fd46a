"""Candidate clusters over HTTP, and the neighbours that they are found among."""

from __future__ import annotations

import geopandas
import pytest
from libpysal.graph import Graph

from districts.models import BoundaryEdition, District
from districts.neighbours import neighbours
from listening.capture.accept import accept_many
from listening.needmaps.build import build_need_map, parse_query
from listening.rollups.merge import merge_deltas
from listening.statistics.clusters import find_clusters
from tests.listening.submissions import conversation, heard
from tests.people import EVERYTHING, person

pytestmark = pytest.mark.django_db
# Areas of Squareville: 1 2 3 / 4 5 6 / 7 8 9 from the south-west. Rent is spoken of in 1, 2, 4 and 5.
HIGH = {1, 2, 4, 5}


@pytest.fixture
def told(city, themes, listener):
    for area in range(1, 10):
        hit = 36 if area in HIGH else 2
        accept_many([
            conversation(listener, *([heard("need", themes["rent"])] if n < hit else []), area=area) for n in range(40)
        ])  # fmt: skip
    merge_deltas()


@pytest.fixture
def ask(client_of):
    client = client_of(person("carmen", "coordinator"))

    def get(**params):
        answer = client.get("/api/v1/need-map/clusters", {"layer": "area", "period": "2026-Q2", **params})
        assert answer.status_code == 200, answer.content
        return answer

    return get


def test_neighbours_are_those_that_libpysal_finds(city):
    edition = BoundaryEdition.objects.get(layer__code="area")
    rows = list(District.objects.filter(edition=edition).order_by("pk").values_list("pk", "geometry"))
    shapes = geopandas.GeoSeries.from_wkb([bytes(shape.wkb) for _, shape in rows], index=[pk for pk, _ in rows])
    frame = geopandas.GeoDataFrame(geometry=shapes)
    queen = Graph.build_contiguity(frame, rook=False).adjacency.reset_index()
    expected = {(a, b) for a, b in zip(queen["focal"], queen["neighbor"], strict=True) if a < b}
    assert set(neighbours(edition)) == expected
    assert len(expected) == 20


def test_it_finds_what_the_statistics_find(told, ask):
    body = ask(theme="rent").json()
    found = {int(one["code"]) for one in body["places"] if one["is_high"]}
    need_map = build_need_map(parse_query({"layer": "area", "period": "2026-Q2", "theme": "rent"}, EVERYTHING))
    at = {need.district_id: n for n, need in enumerate(need_map.districts)}
    shares = [need.claim.share_eb for need in need_map.districts if need.claim]
    clusters = find_clusters(shares, [(at[a], at[b]) for a, b in neighbours(need_map.edition)])
    assert found == {int(need.code) for need in need_map.districts if clusters.is_high[at[need.district_id]]}
    for one, z, p in zip(body["places"], clusters.gi_z, clusters.gi_p, strict=True):
        assert (one["gi_z"], one["gi_p"]) == (pytest.approx(z, abs=1e-4), pytest.approx(p, abs=1e-4))
    # The place in the corner of the cluster, all of whose neighbours are high, stands out.
    highest = max(body["places"], key=lambda one: one["gi_z"])
    assert highest["code"] == "1"
    assert (body["permutations"], body["seed"]) == (9_999, clusters.seed)


def test_the_same_map_has_the_same_clusters(told, ask):
    assert ask(theme="rent").headers["ETag"] == ask(theme="rent").headers["ETag"]


def test_where_nobody_listened_nothing_is_tested(told, ask, listener):
    for place in ask(period="2025-Q2", theme="rent").json()["places"]:
        assert (place["is_tested"], place["gi_z"], place["gi_p"], place["quadrant"]) == (False, None, None, None)
        assert (place["is_high"], place["is_low"]) == (False, False)


def test_shares_that_are_all_equal(city, themes, listener, ask):
    accept_many([conversation(listener, heard("need", themes["rent"]), area=n) for n in range(1, 10)])
    assert not any(place["is_tested"] for place in ask(theme="rent").json()["places"])


def test_whoever_reads_a_part_gets_clusters_of_that_part(told, city, client_of):
    client = client_of(person("carla", "coordinator", within=city.area(5)))
    answer = client.get("/api/v1/need-map/clusters", {"layer": "area", "period": "2026-Q2", "theme": "rent"})
    (place,) = answer.json()["places"]
    assert (place["code"], place["is_tested"]) == ("5", False)
    assert answer.json()["is_partial"]
