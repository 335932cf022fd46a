"""The files for programs: GeoPackage, FlatGeobuf, GeoParquet, PMTiles, XLSX.

They hold the values of the canonical files. Their bytes also depend on the versions of GDAL, Arrow and XlsxWriter; with
the same versions they are the same, for no writer is told the time.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from listening.releases.bulk import columns
from listening.releases.bulk.columns import Column
from listening.releases.bulk.style import style_qml
from listening.releases.values import Content

# What files say instead of the time at which they were written.
NO_TIME: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
DTYPES: Final = {"string": "string", "integer": "Int64", "number": "Float64"}
TILES: Final = {"MINZOOM": 0, "MAXZOOM": 13}


def frame(content: Content, layer: str) -> gpd.GeoDataFrame:
    """The need map of a layer: the columns of NEED and the boundary, EPSG:4326."""
    names = [column.name for column in columns.NEED]
    told = pd.DataFrame(list(columns.need_rows(content, layer)), columns=names)
    told = told.astype({column.name: DTYPES[column.datatype] for column in columns.NEED})
    drawn = {place.code: shapely.from_wkb(place.geometry) for place in content.places if place.layer == layer}
    return gpd.GeoDataFrame(told, geometry=[drawn[code] for code in told["place"]], crs="EPSG:4326")


def wide_frame(content: Content, layer: str, period: str) -> gpd.GeoDataFrame:
    """One row per place, for tiles: of each theme the share that maps show, and its class, as `housing_class`."""
    drawn = {place.code: place for place in content.places if place.layer == layer}
    rows: dict[str, dict[str, Any]] = {
        code: {"place": code, "name": place.name, "conversations": 0} for code, place in drawn.items()
    }
    for need in content.needs:
        if (need.layer, need.period) == (layer, period):
            rows[need.place] |= {
                "conversations": need.conversations, need.theme: need.share_eb,
                f"{need.theme}_class": need.class_index,
            }  # fmt: skip
    return gpd.GeoDataFrame(
        pd.DataFrame(list(rows.values())),
        geometry=[shapely.from_wkb(drawn[code].geometry) for code in rows],
        crs="EPSG:4326",
    )


def write_geopackage(content: Content, path: Path) -> None:
    """One layer per layer of the city, each with the style that QGIS shows it in."""
    with _without_time():
        for number, layer in enumerate(content.layers):
            pyogrio.write_dataframe(
                frame(content, layer), path, driver="GPKG", layer=f"need_map_{layer}".replace("-", "_"),
                append=number > 0, FID="fid", GEOMETRY_NAME="geometry",
            )  # fmt: skip
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT,"
            " f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT,"
            " styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"
        )
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            [_stamp()],
        )
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner, update_time)"
            " VALUES ('', '', ?, 'geometry', 'need map', ?, '', 1, '', '', ?)",
            [(f"need_map_{layer}".replace("-", "_"), style_qml(), _stamp()) for layer in content.layers],
        )


def write_flatgeobuf(content: Content, layer: str, path: Path) -> None:
    with _without_time():
        pyogrio.write_dataframe(frame(content, layer), path, driver="FlatGeobuf", layer=f"need-map-{layer}")


def write_geoparquet(content: Content, layer: str, path: Path) -> None:
    frame(content, layer).to_parquet(path, index=False, compression="zstd", schema_version="1.1.0")


def write_pmtiles(content: Content, layer: str, path: Path) -> None:
    """A layer as an archive of vector tiles: of the quarter where the layer has it, else of the year."""
    periods = {need.period for need in content.needs if need.layer == layer}
    with _without_time():
        pyogrio.write_dataframe(
            wide_frame(content, layer, max(periods, key=len)), path, driver="PMTiles", layer=layer,
            dataset_options={**TILES, "NAME": content.head.code},
        )  # fmt: skip


def write_workbook(content: Content, path: Path) -> None:
    """The tables as sheets, with the meaning of their columns. A text is written as text, never as a formula."""
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    ) as book:
        head = content.head
        book.set_properties(
            {"title": f"Need map of {head.city}, {head.quarter}", "comments": head.code, "created": NO_TIME}
        )
        tables: list[tuple[str, Sequence[Column], Callable[[Content], Iterator[Sequence[columns.Value]]]]] = [
            ("need map", columns.NEED, columns.need_rows),
            ("cells", columns.CELL, columns.cell_rows),
            ("places", columns.PLACE, columns.place_rows),
            ("themes", columns.THEME, columns.theme_rows),
        ]
        if content.bands:
            tables.append(("representation", columns.BAND, columns.band_rows))
        for name, table, rows in tables:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(table):
                sheet.write_string(0, at, column.name)
            for number, row in enumerate(rows(content), start=1):
                _write_row(sheet, number, row)
        sheet = book.add_worksheet("columns")
        for number, row in enumerate(
            [("table", "column", "en", "it")]
            + [(name, column.name, column.en, column.it) for name, table, _ in tables for column in table]
        ):
            _write_row(sheet, number, row)


def _write_row(sheet: Any, number: int, row: Sequence[columns.Value]) -> None:
    for at, value in enumerate(row):
        if isinstance(value, str):
            sheet.write_string(number, at, value)
        elif value is not None:
            sheet.write_number(number, at, value)


@contextmanager
def _without_time() -> Iterator[None]:
    """GDAL writes an instant of ours where a format wants one."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _stamp()})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _stamp() -> str:
    return NO_TIME.strftime("%Y-%m-%dT%H:%M:%S.000Z")
