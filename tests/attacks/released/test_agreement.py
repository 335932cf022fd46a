"""Of what is published, a planner reads what the world reads: in maps, lists, tables, files and on the page."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from tests.attacks.released.world import (
    LIVE,
    PUBLISHED,
    TOLD,
    ask,
    collection,
    maps,
    open_needs,
    same,
)
from tests.listening.dashboard import spoken
from tests.listening.dashboard.reader import Page
from tests.people import person

pytestmark = pytest.mark.django_db

BANDS = {"n": "people", "share": "share", "ref_share": "reference_share", "rr": "ratio", "rr_low": "ratio_low",
         "rr_high": "ratio_high", "flag": "flag"}  # fmt: skip


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
