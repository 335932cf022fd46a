"""What differs from what is published tells nothing: it is refused, or is not there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from listening.needmaps import tiers
from listening.publishing.propose import withdraw
from listening.releases.models import Release
from listening.rollups.merge import merge_deltas
from tests.attacks.released.world import (
    AREAS,
    LIVE,
    ask,
    maps,
)
from tests.kept_maps import forget_kept_maps
from tests.people import person
from tests.squareville import City

pytestmark = pytest.mark.django_db


def recovered(client: Any) -> tuple[int, int]:
    """Of how many published counts the planner's map tells the exact one instead; and how many were asked for."""
    found = asked = 0
    for (period, layer, theme), rows in maps().items():
        if period == "2025":
            continue
        answer = client.get("/api/v1/need-map", {"period": period, "layer": layer, "theme": theme, "geometry": "none"})
        for feature in answer.json()["features"]:
            told = feature["properties"]
            for name in ("conversations", "mentioning"):
                asked += 1
                found += told[name] != rows[told["code"]][name]
    return found, asked


def test_the_difference_tells_nothing_and_without_the_guard_most_counts(world, reader, monkeypatch):
    found, asked = recovered(reader)
    assert (found, asked > 100) == (0, True)
    # Control: the same attack where planners read what is counted.
    monkeypatch.setattr(tiers, "list_published", lambda layer: ())
    forget_kept_maps()
    found, asked = recovered(reader)
    assert found > 0.6 * asked


SPANS = [
    "2026",  # with the open quarter
    "2026-01-01/2026-06-30",  # both published, and not together
    "2026-01-01/2026-09-30",  # less the third quarter it would be the two
    "2025-10-01/2026-03-31",
    "2025-01-01/2026-09-30",
]


def test_no_span_is_counted_that_holds_what_is_published(world, reader):
    for span in SPANS:
        no_span(world, reader, span)


def no_span(world: City, reader: Any, span: str) -> None:
    for address in ("need-map", "need-map/trend", "need-map/clusters", "coverage", "coverage/representation"):
        for layer in ("zona", "quartiere"):
            answer = reader.get(f"/api/v1/{address}", {"period": span, "layer": layer})
            assert answer.status_code == 400, (address, answer.content)
            problem = answer.json()
            assert problem["type"] == "/problems/not-in-release"
            assert (problem["parameter"], problem["value"]) == ("period", span)
    for address in (f"districts/{world.districts['zona', 'A'].pk}/profile", "coverage/weights", "need-map/hexagons"):
        assert reader.get(f"/api/v1/{address}", {"period": span}).status_code == 400
    named = reader.get("/api/v1/need-map", {"period": span, "layer": "zona"}).json()["allowed"]
    assert "2026-Q2" in named
    for period in named:
        assert reader.get("/api/v1/need-map", {"period": period, "layer": "zona"}).status_code == 200


def test_a_table_never_holds_both(quarter, reader):
    answer = reader.get("/api/v1/need-map/cells", {"period": "2026-04-01/2026-09-30", "layer": "zona"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/not-in-release")


def test_what_a_release_has_not_is_refused(quarter, reader):
    for address, params, parameter in [
        ("need-map", {"layer": "area"}, "period"),
        ("need-map", {"layer": "prossimita"}, "period"),
        ("need-map", {"layer": "zona", "theme": "health"}, "theme"),
        ("need-map", {"layer": "zona", "kind": "need"}, "kind"),
        ("need-map/trend", {"layer": "zona", "theme": "health"}, "theme"),
        ("need-map/cells", {"layer": "zona", "kind": "need"}, "kind"),
        ("need-map/cells", {"layer": "zona", "theme": "health"}, "theme"),
        ("need-map/cells", {"layer": "zona", "by": "month"}, "by"),
        ("need-map/hexagons", {}, "period"),
        ("tiles/density", {}, "period"),
        ("tiles/density/13/4353/2971.mvt", {}, "period"),
        ("coverage/representation", {"layer": "zona"}, "period"),
        ("coverage/weights", {}, "period"),
    ]:
        answer = reader.get(f"/api/v1/{address}", {"period": "2026-Q2", **params})
        assert answer.status_code == 400, answer.content
        assert (answer.json()["parameter"], address) == (parameter, address)


def test_a_live_quarter_is_not_compared_with_a_published_one(quarter, reader, monkeypatch):
    asked = {"period": LIVE, "layer": "zona", "theme": "rent", "geometry": "none"}
    for compare in ("year", "previous"):
        told = ask(reader, "need-map", compare=compare, **asked)
        assert told["provenance"]["counts"] == "live"
        assert {feature["properties"]["trend"] for feature in told["features"]} == {None}
        lines = ask(reader, "need-map/trend", compare=compare, layer="zona", theme="rent", period=LIVE)
        assert {line["trend"] for line in lines["trends"]} == {None}
    wholly = ask(reader, "need-map", **asked)["provenance"]
    assert wholly["missing"] == {}  # of the same quarter of last year nothing is published
    # Control: else the other quarter is told exactly.
    monkeypatch.setattr(tiers, "list_published", lambda layer: ())
    forget_kept_maps()
    told = ask(reader, "need-map", compare="previous", **asked)
    exact = {one["properties"]["code"]: one["properties"]["trend"] for one in told["features"]}
    rows = maps()["2026-Q2", "zona", "rent"]
    assert any(one["reference_mentioning"] != rows[code]["mentioning"] for code, one in exact.items())


@pytest.mark.parametrize("address", ["need-map", "need-map/trend", "need-map/clusters", "need-map/cells", "coverage"])
def test_no_tag_tells_that_something_came_late(quarter, tell, reader, client_of, address):
    """The answer stays; a new tag for it would tell how often people spoke about a quarter afterwards."""
    clients = {"planner": reader, "coordinator": client_of(person("carmen", "coordinator"))}

    def tags() -> dict[str, str]:
        asked = {"layer": "zona", "period": "2026-Q2"}
        return {who: client.get(f"/api/v1/{address}", asked)["ETag"] for who, client in clients.items()}

    before = tags()
    tell("2026-Q2", {1: 2}, seed=77)
    merge_deltas()
    after = tags()
    assert after["planner"] == before["planner"]
    assert after["coordinator"] != before["coordinator"]  # control: who counts sees it


def test_a_withdrawn_release_leaves_nothing_to_read(quarter, reader, steward, client):
    """Exact counts would tell how far off the figures were that everybody has kept."""
    withdraw(Release.objects.get(code="2026-Q2-r1"), by=steward, reason="Area 5 was counted twice")
    answer = reader.get("/api/v1/need-map", {"period": "2026-Q2", "layer": "zona"})
    assert answer.status_code == 400
    assert "2026-Q2 was withdrawn: Area 5 was counted twice." in answer.json()["detail"]
    assert "2026-Q2" not in answer.json()["allowed"]
    assert Client().get("/open/collections/need-map-2026-Q2-r1").status_code == 410


def test_who_reads_the_conversations_counts_them(quarter, client_of):
    client = client_of(person("carmen", "coordinator"))
    told = ask(client, "need-map", period="2026-Q2", layer="zona", theme="rent", geometry="none")
    assert told["provenance"] | {"method": ""} == {
        "release": "2026-Q2-r1", "counts": "live", "rounding_base": None, "method": "", "missing": {},
    }  # fmt: skip
    rows = maps()["2026-Q2", "zona", "rent"]
    exact = {one["properties"]["code"]: one["properties"]["conversations"] for one in told["features"]}
    assert exact == {
        zona: sum(AREAS[area] + 15 for area in range(first, first + 3))
        for zona, first in (("A", 1), ("B", 4), ("C", 7))
    }
    assert exact != {code: row["conversations"] for code, row in rows.items()}


class TestRagged:
    """Two spans that differ by a day tell what was said on it."""

    def spans(self, client: Any) -> list[Any]:
        return [
            client.get("/api/v1/need-map", {"layer": "area", "period": f"2026-07-01/2026-08-{day}", "geometry": "none"})
            for day in (10, 11)
        ]

    def test_they_are_refused(self, quarter, reader):
        for answer in self.spans(reader):
            assert answer.status_code == 400
            problem = answer.json()
            assert problem["type"] == "/problems/period-is-ragged"
            assert problem["allowed"] == [LIVE]
            assert f"The nearest is {LIVE}" in problem["detail"]

    def test_control_without_the_guard_they_tell_a_day(self, quarter, reader, monkeypatch):
        monkeypatch.setattr(tiers, "whole_quarters", lambda period: True)
        before, after = (answer.json()["city"]["conversations"] for answer in self.spans(reader))
        assert (before, after) == (0, sum(number + 18 for number in AREAS.values()))

    def test_the_nearest_whole_one_is_named_and_read(self, quarter, reader):
        for span, nearest in [
            ("2026-08", LIVE),
            ("2026-08-11", LIVE),
            ("2026-07-02/2026-09-30", LIVE),
            ("2024-02-01/2024-12-31", "2024"),
            ("2024-05-01/2024-08-31", "2024-04-01/2024-09-30"),
        ]:
            for address in ("need-map", "coverage", "coverage/representation", "need-map/trend", "need-map/cells"):
                answer = reader.get(f"/api/v1/{address}", {"layer": "area", "period": span})
                assert (answer.status_code, answer.json()["allowed"]) == (400, [nearest]), address
            assert reader.get("/api/v1/need-map", {"layer": "area", "period": nearest}).status_code == 200

    def test_weights_and_places_hold_to_it(self, quarter, reader):
        for address in ("coverage/weights", "need-map/hexagons", "tiles/density"):
            assert reader.get(f"/api/v1/{address}", {"period": "2026-08"}).status_code == 400
