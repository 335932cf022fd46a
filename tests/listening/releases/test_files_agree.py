"""The same release in each format, read by the programs of those who use it: they agree to the last value."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
from contextlib import closing

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from listening.publishing.propose import publish_release
from listening.releases.bulk.columns import CELL, NEED
from listening.releases.bulk.write import write_files
from listening.releases.content import content_of
from listening.releases.files import folder_of
from tests.listening.publishing.conftest import (  # noqa: F401 - fixtures
    releases_root,
    second_steward,
    steward,
    tell,
    told_quarter,
)

pytestmark = pytest.mark.django_db
KEYS = ["period", "layer", "place", "theme"]


@pytest.fixture
def release(told_quarter, steward, second_steward):  # noqa: F811
    return publish_release(told_quarter, proposed_by=steward, approved_by=second_steward)


@pytest.fixture
def folder(release):
    return folder_of(release.code)


def values(frame):
    """Rows as plain values by their key, without the boundary; NaN and NA are None."""
    names = [column.name for column in NEED]
    kinds = {column.name: column.datatype for column in NEED}

    def plain(name, value):
        if pd.isna(value) or value == "":
            return None
        return {"string": str, "integer": int, "number": float}[kinds[name]](value)

    rows = frame[names].to_dict("records")
    return {tuple(str(row[key]) for key in KEYS): [plain(name, row[name]) for name in names] for row in rows}


def shapes(frame):
    return {str(row.place): shapely.normalize(row.geometry) for row in frame.itertuples()}


@pytest.fixture
def told(folder):
    """The CSV file, which is the measure for the others."""
    return values(pd.read_csv(folder / "need-map.csv", dtype=str, keep_default_na=False))


@pytest.mark.parametrize("ending", ["geojson", "geojsonl", "fgb", "parquet", "gpkg"])
def test_geopandas_reads_each(folder, told, ending, city):
    for layer in ("zona", "quartiere"):
        if ending == "gpkg":
            frame = gpd.read_file(folder / "need-map.gpkg", layer=f"need_map_{layer}")
        elif ending == "parquet":
            frame = gpd.read_parquet(folder / f"need-map-{layer}.parquet")
        else:
            frame = gpd.read_file(folder / f"need-map-{layer}.{ending}")
        assert frame.crs == "EPSG:4326"
        assert values(frame) == {key: row for key, row in told.items() if key[1] == layer}
        for code, shape in shapes(frame).items():
            district = shapely.from_wkb(bytes(city.districts[layer, code].geometry.wkb))
            assert shape.equals(shapely.normalize(district)) or shape.symmetric_difference(district).area < 1e-12


def test_spreadsheets_read_the_workbook(folder, told):
    book = openpyxl.load_workbook(folder / "need-map.xlsx", read_only=True)
    header, *rows = book["need map"].iter_rows(values_only=True)
    assert values(pd.DataFrame(rows, columns=header)) == told
    _, *cells = book["cells"].iter_rows(values_only=True)
    listed = list(csv.reader(io.StringIO((folder / "cells.csv").read_text(), newline="")))
    assert [[("" if value is None else str(value)) for value in row] for row in cells] == listed[1:]


def test_tiles_hold_the_classes(folder, told):
    """As far as a map is zoomed in, each place is there with what the table says of it."""
    frame = pyogrio.read_dataframe(folder / "need-map-zona.pmtiles", layer="zona")
    assert set(frame["place"]) == {"A", "B", "C"}
    for row in frame.itertuples():
        need = dict(zip([column.name for column in NEED], told["2026-Q2", "zona", row.place, "housing"], strict=True))
        share = None if pd.isna(row.housing) else float(row.housing)
        assert (share, None if pd.isna(row.housing_class) else int(row.housing_class)) == (
            need["share_eb"], need["class_index"],
        )  # fmt: skip


def test_qgis_finds_a_style(folder):
    with closing(sqlite3.connect(folder / "need-map.gpkg")) as file:
        styles = dict(file.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1"))
        assert set(styles) == {"need_map_zona", "need_map_quartiere"}
        assert all("class_index" in style for style in styles.values())
        assert {one[0][:4] for one in file.execute("SELECT last_change FROM gpkg_contents")} == {"2000"}


def test_rings_are_right_handed_and_no_member_is_beyond_the_list(folder):
    """RFC 7946, sections 3.1.6 and 7."""
    document = json.loads((folder / "need-map-zona.geojson").read_text())
    assert set(document) == {"features", "licence", "name", "release", "type"}
    for feature in document["features"]:
        assert set(feature) == {"geometry", "properties", "type"}
        assert list(feature["properties"]) == sorted(column.name for column in NEED)
        for polygon in feature["geometry"]["coordinates"]:
            assert shapely.LinearRing(polygon[0]).is_ccw


def test_metadata_describe_the_tables(folder):
    told = json.loads((folder / "csv-metadata.json").read_text())
    for table in told["tables"]:
        header = next(csv.reader(io.StringIO((folder / table["url"]).read_text(), newline="")))
        assert header == [column["name"] for column in table["tableSchema"]["columns"]]
    dictionary = pd.read_csv(folder / "data-dictionary.csv")
    assert list(dictionary[dictionary["table"] == "cells.csv"]["column"]) == [column.name for column in CELL]
    assert not dictionary[["en", "it"]].isna().any().any()


def test_sums_are_what_sha256sum_reckons(folder):
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=folder, check=True)


def test_every_file_is_written_the_same_twice(release, folder, tmp_path):
    """Those of GDAL, Arrow and XlsxWriter too, with the same versions."""
    write_files(content_of(release), tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
