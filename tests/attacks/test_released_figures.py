"""Attack 14: subtract what the world reads of a quarter from what a planner reads of it, by every address there is.

Exact counts beside rounded ones give the rounding away, and with it the small numbers that it hides. So of a quarter
that is published whoever reads counts alone is told what is published, or nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from districts.models import Population, ReferenceMargin
from listening.needmaps import tiers
from listening.opendata import reading
from listening.publishing.propose import publish_release, withdraw
from listening.releases.bulk import write
from listening.releases.models import Release
from listening.rollups.merge import merge_deltas
from tests.kept_maps import forget_kept_maps
from tests.listening.dashboard import spoken
from tests.listening.dashboard.reader import Page
from tests.listening.publishing.conftest import (  # noqa: F401 - fixtures
    releases_root,
    second_steward,
    steward,
    tell,
)
from tests.people import person
from tests.squareville import City

pytestmark = pytest.mark.django_db

LIVE = "2026-Q3"
PUBLISHED = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2")
AGES = {"0-13": 100, "14-17": 50, "18-34": 200, "35-64": 400, "65+": 250}
BANDS = {"n": "people", "share": "share", "ref_share": "reference_share", "rr": "ratio", "rr_low": "ratio_low",
         "rr_high": "ratio_high", "flag": "flag"}  # fmt: skip
AREAS = {1: 40, 2: 37, 3: 31, 4: 44, 5: 28, 6: 13, 7: 11, 8: 2, 9: 9}
RESIDENTS = {1: 4000, 2: 300, 3: 2500, 4: 900, 5: 120, 6: 3000, 7: 1000, 8: 1000, 9: 2000}
TOLD = ("conversations", "mentioning", "share", "share_low", "share_high", "share_eb", "n_eff", "reliability",
        "class_index")  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def rows_alone(monkeypatch):
    """/open/ reads within the transaction of the test; that its own role reads the same is tested with open data.

    Files for programs take half the time of a release, and nobody reads them here.
    """
    monkeypatch.setattr(reading, "ALIAS", "default")
    monkeypatch.setattr(write, "other_files", lambda content: ())


@pytest.fixture
def world(city, tell, steward, second_steward):  # noqa: F811
    """A year and two quarters are published, one is over and not; areas 2 and 5 are published with a neighbour."""
    Population.objects.bulk_create(
        Population(district=city.area(code), year=2025, source="test", residents=number)
        for code, number in RESIDENTS.items()
    )
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(
            district=city.districts["quartiere", "10"],
            variable="age",
            band=band,
            year=2025,
            source="test",
            people=number,
        )
        for band, number in AGES.items()
    )
    for seed, quarter in enumerate((*PUBLISHED, LIVE)):
        tell(quarter, {area: number + 3 * seed for area, number in AREAS.items()}, seed=seed)
    merge_deltas()
    for quarter in PUBLISHED:
        publish_release(quarter, proposed_by=steward, approved_by=second_steward)
    return city


@pytest.fixture
def quarter(city, tell, steward, second_steward):  # noqa: F811
    """One quarter is published, the next is over and not: enough to see what is refused."""
    for seed, name in ((5, "2026-Q2"), (6, LIVE)):
        tell(name, {area: number + 3 * seed for area, number in AREAS.items()}, seed=seed)
    merge_deltas()
    publish_release("2026-Q2", proposed_by=steward, approved_by=second_steward)
    return city


@pytest.fixture
def reader(city, client_of):
    return client_of(person("dario", "planner"))


def collection(name: str) -> Iterator[Row]:
    """Everything that the world reads of one kind, release by release."""
    for code in Release.objects.published().values_list("code", flat=True):
        answer = Client().get(f"/open/collections/{name}-{code}/items", {"f": "json", "limit": "10000"})
        assert answer.status_code == 200, answer.content
        document = answer.json()
        assert document["numberMatched"] == document["numberReturned"]
        yield from (feature["properties"] for feature in document["features"])


def open_needs() -> dict[tuple[str, str, str, str], Row]:
    return {(row["period"], row["layer"], row["theme"], row["place"]): row for row in collection("need-map")}


def maps() -> dict[tuple[str, str, str], dict[str, Row]]:
    """The world's rows, map by map."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for (period, layer, theme, place), row in open_needs().items():
        found.setdefault((period, layer, theme), {})[place] = row
    return found


def ask(client: Any, address: str, **params: str) -> Any:
    answer = client.get(f"/api/v1/{address}", params)
    assert answer.status_code == 200, (address, params, answer.content)
    return answer.json()


def same(told: Row, row: Row, names: tuple[str, ...] = TOLD) -> None:
    assert {name: told[name] for name in names} == {name: row[name] for name in names}
    if "trend" in told:
        trend = told["trend"] or {"label": None, "difference": None}
        assert (trend["label"], trend["difference"]) == (row["trend"], row["trend_difference"])


def test_every_map_is_that_of_the_world(world, client_of):
    for role in ("planner", "steward", "machine_reader"):
        every_map(client_of(person(role, role)))


def every_map(client: Any) -> None:
    seen = set()
    for (period, layer, theme), rows in maps().items():
        told = ask(client, "need-map", period=period, layer=layer, theme=theme, geometry="none")
        features = {one["properties"]["code"]: one["properties"] for one in told["features"]}
        assert features.keys() == rows.keys()
        for code, row in rows.items():
            same(features[code], row)
            assert features[code]["name"] == row["name"]
            assert (features[code]["mentions"], features[code]["share_severe"]) == (None, None)
        assert told["provenance"]["counts"] == "released"
        assert told["provenance"]["release"] == next(iter(rows.values()))["release"]
        assert told["city"]["conversations"] == sum(row["conversations"] for row in rows.values())
        assert told["unplaced"] is None
        seen.add((period, layer))
    assert {("2025", "area"), ("2025", "prossimita"), ("2025", "quartiere"), ("2026-Q2", "zona")} <= seen


def test_every_list_is_that_of_the_world(world, reader):
    client, rows = reader, open_needs()
    for period, layer, theme in maps():
        for line in ask(client, "need-map/trend", period=period, layer=layer, theme=theme)["trends"]:
            same(line, rows[period, layer, theme, line["code"]])
        for line in ask(client, "need-map/clusters", period=period, layer=layer, theme=theme)["places"]:
            same(line, rows[period, layer, theme, line["code"]])
    for (layer, code), district in world.districts.items():
        for period in ("2025", "2026-Q2"):
            if (period, layer, "rent", code) not in rows:
                continue
            for told in (
                ask(client, "themes/top", period=period, district=str(district.pk)),
                ask(client, f"districts/{district.pk}/profile", period=period),
            ):
                assert told["conversations"] == rows[period, layer, "rent", code]["conversations"]
                for line in told["themes"]:
                    same(line, rows[period, layer, line["theme"], code])
                assert told["provenance"]["counts"] == "released"


def test_every_table_is_that_of_the_world(world, reader):
    rows, read = open_needs(), 0
    asked = (("2025", "area", "year"), ("2025", "zona", "quarter"), ("2026-Q2", "quartiere", "quarter"))
    for period, layer, by in asked:
        answer = reader.get("/api/v1/need-map/cells", {"period": period, "layer": layer, "by": by})
        assert answer.status_code == 200, answer.content
        for line in csv.DictReader(io.StringIO(answer.content.decode())):
            row = rows[line["period"], layer, line["theme"], line["code"]]
            assert line["release"] == row["release"]
            for name in TOLD:
                value = row[name]
                assert line[name] == ("" if value is None else line[name])
                assert value is None or (line[name] == value if name == "reliability" else float(line[name]) == value)
            assert (line["mentions"], line["severe"], line["deff"]) == ("", "", "")
            read += 1
    assert read == 80


def test_coverage_is_that_of_the_world(world, reader):
    rows = {(one["period"], one["layer"], one["place"]): one for one in collection("coverage")}
    for period, layer in {key[:2] for key in rows}:
        told = ask(reader, "coverage", period=period, layer=layer)
        for place in told["places"]:
            row = rows[period, layer, place["code"]]
            assert (place["conversations"], place["residents"]) == (row["conversations"], row["residents"])
            assert place["people"] == (row["persons"] or 0)
            assert (place["sessions"], place["listeners"]) == (None, None)
        assert told["elsewhere"] is None


def test_representation_is_that_of_the_world(world, reader):
    items = Client().get("/open/collections/representation-2025-Q4-r1/items", {"f": "json", "limit": "1000"}).json()
    rows = {
        (row["place"], row["variable"], row["band"]): row
        for row in (feature["properties"] for feature in items["features"])
    }
    told = ask(reader, "coverage/representation", period="2025", layer="quartiere")
    (place,) = told["places"]
    read = {(place["code"], band["variable"], band["band"]): band for band in place["bands"]}
    assert {key: row for key, row in rows.items() if row["share"] is not None}.keys() == read.keys()
    for key, band in read.items():
        assert {name: band[name] for name in BANDS} == {name: rows[key][of] for name, of in BANDS.items()}
        assert (band["rr_least"], band["rr_most"]) == (None, None)
    assert {band for _, variable, band in read if variable == "age"} == {"0-17", "18-34", "35-64", "65+"}
    assert all(band["rr"] for key, band in read.items() if key[1] == "age")
    for variable in place["variables"]:
        of = [row for row in rows.values() if row["variable"] == variable["variable"]]
        assert variable["n"] == sum(row["people"] for row in of if row["band"] != "unknown")
        assert {variable["reason"]} == {row["reason"] for row in of}
        assert (variable["n_eff"], variable["dissimilarity"]) == (None, None)
    # One place is the whole city: its figures follow by the formulas of the release.
    assert told["city"]["bands"] == place["bands"]
    covered = {(one["period"], one["layer"]): one for one in collection("coverage")}["2025", "quartiere"]
    assert (place["conversations"], place["people"]) == (covered["conversations"], covered["persons"])
    assert told["provenance"]["counts"] == "released"
    assert ask(reader, "coverage/representation", period="2025", layer="quartiere", year="2025") == told


def test_representation_of_other_layers_quarters_and_residents_is_refused(world, reader):
    for params, parameter in (
        ({"period": "2025", "layer": "zona"}, "period"),
        ({"period": "2026-Q2", "layer": "quartiere"}, "period"),
        ({"period": "2025", "layer": "quartiere", "year": "1999"}, "year"),
        ({"period": "2025", "layer": "quartiere", "source": "elsewhere"}, "source"),
    ):
        answer = reader.get("/api/v1/coverage/representation", params)
        assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_the_page_is_that_of_the_world(world, client):
    client.force_login(person("dario", "planner"))
    for (period, layer, theme), rows in maps().items():
        if (period, theme) not in {("2025", "rent"), ("2026-Q2", "rent")}:
            continue
        answer = client.get("/dashboard/", {"layer": layer, "period": period, "theme": theme})
        assert answer.status_code == 200
        text = answer.content.decode()
        assert f"{next(iter(rows.values()))['release']}" in text
        for code, row in rows.items():
            line = re.search(rf'<tr id="place-{world.districts[layer, code].pk}"[^>]*>(.*?)</tr>', text)[1]
            _, _, mentioning, conversations = re.findall(r'<td class="n">(.*?)</td>', line)
            told = [int(number.replace(".", "")) for number in (mentioning, conversations)]
            assert told == [row["mentioning"], row["conversations"]]


@pytest.mark.parametrize("view", ["coverage", "change", "trend", "compare", "clusters"])
def test_the_file_of_a_view_says_what_the_page_says_and_the_world_reads(world, client, view):
    client.force_login(person("dario", "planner"))
    asked = {"layer": "zona", "period": "2026-Q2", "theme": "rent", "view": view}
    page = Page(client.get("/dashboard/", asked, headers={"accept-language": "en"}))
    lines = spoken.lines_of(client.get("/dashboard/", {**asked, "format": "csv"}))
    with translation.override("en"):
        assert [(line["name"], spoken.said(view, line)) for line in lines] == spoken.told(page)
    rows = {row["name"]: row for row in maps()["2026-Q2", "zona", "rent"].values()}
    assert rows.keys() == {line["name"] for line in lines}
    for line in lines:
        row = rows[line["name"]]
        for name in {"conversations", "mentioning"} & line.keys():
            assert int(line[name]) == row[name]
        value = line.get("share", line.get("2026-Q2"))
        assert value in {None, "", str(row["share_eb"])}
        if view == "change":
            assert line["difference"] in {"", str(row["trend_difference"])}
    # What a release does not carry has no column, and the page says once why.
    missing = {"sessions", "difference_low", "difference_high", "mentioning_then", "conversations_then"}
    assert not missing - {"conversations_then"} & lines[0].keys()
    assert ("conversations_then" in lines[0]) == (view == "compare")
    whys = ("its interval and the counts of then", "In how many sessions people were met is not published.")
    assert [why in page.said for why in whys] == [view == "change", view == "coverage"]


def test_where_nothing_is_compared_the_page_says_why(world, client):
    client.force_login(person("dario", "planner"))
    for period, why in (("2025", "no change since 2024 was published"), (LIVE, "3rd quarter 2025 is published")):
        asked = {"layer": "quartiere", "period": period, "theme": "rent", "view": "change"}
        assert why in Page(client.get("/dashboard/", asked, headers={"accept-language": "en"})).said


def test_the_page_leads_to_what_may_be_read(world, client):
    """Left out, the period is one of those; and none that is refused is offered."""
    client.force_login(person("dario", "planner"))
    for layer in ("area", "zona", "quartiere", "prossimita"):
        page = client.get("/dashboard/", {"layer": layer})
        assert page.status_code == 200
        offered = re.search(r'<select[^>]*name="period".*?</select>', page.content.decode(), re.DOTALL)[0]
        for period in re.findall(r'<option value="([^"]+)"', offered):
            assert client.get("/dashboard/", {"layer": layer, "period": period}).status_code == 200, (layer, period)
    assert client.get("/dashboard/", {"layer": "area", "period": "2026-Q2"}).status_code == 400


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


def test_places_published_as_one_are_read_as_one(world, reader):
    for address in (f"districts/{world.area(2).pk}/profile", f"themes/top?district={world.area(2).pk}"):
        sign = "&" if "?" in address else "?"
        answer = reader.get(f"/api/v1/{address}{sign}period=2025")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "district")
    told = ask(reader, "need-map", period="2025", layer="area", theme="rent")
    sides = {one["properties"]["code"]: one["geometry"] for one in told["features"]}
    assert sides.keys() == {"1", "3", "4", "6", "7", "8", "9"}
    west = min(x for x, _ in sides["3"]["coordinates"][0][0])
    assert west == pytest.approx(11.31)  # where area 2 begins


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
def test_no_tag_tells_that_something_came_late(quarter, tell, reader, client_of, address):  # noqa: F811
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


def test_a_withdrawn_release_leaves_nothing_to_read(quarter, reader, steward, client):  # noqa: F811
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


def test_who_reads_one_zona_reads_the_world_s_figures_of_it(quarter, client_of):
    client = client_of(person("dario", "planner", within=quarter.districts["zona", "A"]))
    told = ask(client, "need-map", period="2026-Q2", layer="zona", theme="rent", geometry="none")
    (feature,) = told["features"]
    same(feature["properties"], maps()["2026-Q2", "zona", "rent"]["A"])
    assert told["city"]["mentioning"] == feature["properties"]["mentioning"]
    answer = client.get("/api/v1/need-map", {"period": "2026-Q2", "layer": "quartiere", "theme": "rent"})
    assert answer.json()["features"] == []
    assert answer.json()["city"]["conversations"] == 0


def test_where_to_listen_next_is_told_by_what_is_published(world, reader):
    told = ask(reader, "coverage/next", layer="zona")
    assert (told["period"]["first"], told["period"]["until"]) == ("2025-07-01", "2026-07-01")
    rows = [one for one in collection("coverage") if one["layer"] == "zona" and one["period"] in PUBLISHED[2:]]
    for place in told["places"]:
        assert place["conversations"] == sum(one["conversations"] for one in rows if one["place"] == place["code"])
        assert place["priority_bands"] == []
    answer = reader.get("/api/v1/coverage/next", {"layer": "area"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "layer")


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
