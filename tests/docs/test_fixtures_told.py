"""fixtures/README.md tells the provenance and seed of every file."""

import csv
import json
import re

import pytest
import yaml

from fixtures.bologna.build import HERE, build
from listening.demo.load import CONVERSATIONS
from listening.demo.people import PEOPLE
from tests.docs.pages import ROOT, codes, page

README = page("fixtures/README.md")


def test_every_file_has_a_row() -> None:
    files = {
        path.relative_to(ROOT / "fixtures").as_posix()
        for path in (ROOT / "fixtures").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name not in {"__init__.py", "README.md"}
    }
    rows = README.table("Fixtures", "file")
    named = {codes(row[0])[0] for row in rows}
    folders = {name for name in named if name.endswith("/")}
    untold = {file for file in files - named if not any(file.startswith(folder) for folder in folders)}
    assert untold == set()
    assert all((ROOT / "fixtures" / name).exists() for name in named)
    assert all(row[2] and row[3] for row in rows)


@pytest.mark.parametrize(("file", "number"), [("aree", 90), ("zone", 18), ("prossimita", 25), ("quartieri", 6)])
def test_numbers_of_features(file: str, number: int) -> None:
    features = json.loads((HERE / f"{file}.geojson").read_text(encoding="utf-8"))["features"]
    (row,) = [row for row in README.table("Fixtures", "file") if row[0] == f"`bologna/{file}.geojson`"]
    assert len(features) == number == int(re.findall(r"\d+", row[1])[0])


def test_numbers_of_venues_themes_and_listeners() -> None:
    venues = yaml.safe_load((HERE / "venues.yaml").read_text(encoding="utf-8"))
    assert f"{len(venues['libraries'])} public libraries and {len(venues['invented'])} other venues" in README.text
    themes = re.findall(r"code: \w+", (ROOT / "fixtures" / "themes.yaml").read_text(encoding="utf-8"))
    assert f"{len(themes)} themes" in README.text
    assert f"{CONVERSATIONS:,} over three years" in README.text
    assert f"{CONVERSATIONS:,} invented conversations" in page("README.md").text
    assert sum("listener" in roles for roles in PEOPLE.values()) == 7
    assert "seven invented listeners" in README.text


def test_measures_of_the_schematic_city(tmp_path) -> None:
    fit = build(tmp_path)
    told = {row[0]: row[1] for row in README.table("The geography is schematic", "measure")}
    with (HERE / "areas.csv").open(encoding="utf-8") as file:
        areas = len(list(csv.DictReader(file)))
    assert told["median error of an area's size"] == f"{fit['median_area_error'] * 100:.0f} %"
    assert told["points inside their own cell"] == f"{fit['points_in_own_cell']} of {areas}"
