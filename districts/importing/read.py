"""From a source file to rows of districts in EPSG:4326, with what had to be assumed or mended on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from districts.importing.config import ImportConfig
from districts.importing.report import Flaw
from districts.names import slug

WGS84 = "EPSG:4326"
TABLES = {".csv", ".tsv", ".txt"}


class UnreadableSource(ValueError):
    """The file cannot be read at all; the message says why and what would be right."""


def checksum(config: ImportConfig, source: Path) -> str:
    """SHA-256 (hex) of the source, with the files that belong to a shapefile, and of the mapping."""
    digest = hashlib.sha256(repr(replace(config, expected=None)).encode())
    parts = sorted(source.parent.glob(f"{source.stem}.*")) if source.suffix.lower() == ".shp" else [source]
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()


def read_table(config: ImportConfig, source: Path) -> gpd.GeoDataFrame | pd.DataFrame:
    """The source as it is. Raises UnreadableSource."""
    if not source.exists():
        raise UnreadableSource(f"There is no file {source}.")
    try:
        if source.suffix.lower() in TABLES:
            return pd.read_csv(source, encoding=config.encoding or "utf-8-sig", dtype=str, sep=None, engine="python")
        address = f"/vsizip/{source.resolve()}" if source.suffix.lower() == ".zip" else str(source)
        options = {} if config.encoding is None else {"encoding": config.encoding}
        return gpd.read_file(address, engine="pyogrio", **options)
    except (pyogrio.errors.DataSourceError, UnicodeDecodeError, pd.errors.ParserError, ValueError) as error:
        raise UnreadableSource(
            f"{source.name} cannot be read: {error} Give GeoJSON, GeoPackage, a shapefile (also zipped) or CSV, and "
            "set `encoding` when its text is not UTF-8."
        ) from None


def missing_fields(config: ImportConfig, columns: list[str]) -> Iterator[Flaw]:
    """Fields that the mapping names and the file lacks."""
    named = [
        config.code_field, config.name_field, *config.alias_fields, config.exclude_field,
        config.population and config.population.field,
        *dict.fromkeys(column for margin in config.margins for column in margin.columns),
    ]  # fmt: skip
    for name in named:
        if name and name not in columns:
            yield Flaw(
                "error", "missing-field", name, "the file has no such field;", f"it has {', '.join(map(str, columns))}."
            )


def with_geometry(config: ImportConfig, table: Any, source: Path) -> gpd.GeoDataFrame:
    """A table whose WKT column is its geometry becomes a layer. Raises UnreadableSource without one."""
    if isinstance(table, gpd.GeoDataFrame):
        return table
    column = next((name for name in table.columns if name.lower() == config.geometry_field.lower()), None)
    if column is None:
        raise UnreadableSource(
            f"{source.name} has no geometry: name its column of WKT in `geometry_field`, or say `attributes_of: LAYER` "
            f"for a file that only brings figures. It has {', '.join(map(str, table.columns))}."
        )
    geometry = shapely.from_wkt(table[column].to_numpy(dtype=object), on_invalid="ignore")
    return gpd.GeoDataFrame(table, geometry=geometry, crs=config.crs)


def to_wgs84(config: ImportConfig, layer: gpd.GeoDataFrame, flaws: list[Flaw]) -> gpd.GeoDataFrame:
    """The layer in longitude and latitude; what the file does not say is taken from the mapping, or is WGS 84."""
    try:
        told = CRS.from_user_input(config.crs) if config.crs else layer.crs
    except CRSError:
        flaws.append(Flaw("error", "unknown-crs", str(config.crs), "is not a CRS;", "write e.g. EPSG:32632."))
        return layer
    if told is None:
        told = CRS.from_user_input(WGS84)
        flaws.append(
            Flaw(
                "warning",
                "no-crs",
                "(layer)",
                "the file names no CRS; taken for WGS 84.",
                "Set `crs` if it is another.",
            )
        )
    layer = layer.set_crs(told, allow_override=True)
    bounds = layer.total_bounds
    if (
        told.is_geographic
        and np.isfinite(bounds).all()
        and (np.abs(bounds[[0, 2]]).max() > 180 or np.abs(bounds[[1, 3]]).max() > 90)
    ):
        flaws.append(
            Flaw(
                "error",
                "wrong-crs",
                "(layer)",
                f"coordinates run from {bounds[0]:.0f}, {bounds[1]:.0f} to {bounds[2]:.0f}, {bounds[3]:.0f}: "
                "they are not degrees.",
                "Set `crs` to the projected CRS of the source, e.g. EPSG:32632 for UTM 32N.",
            )
        )
        return layer
    return layer.to_crs(WGS84)


def texts(layer: pd.DataFrame, column: str, flaws: list[Flaw], what: str) -> list[str]:
    """A column as clean texts: numbers without ".0", no newline or blank around, missing as ""."""
    clean = []
    for index, value in enumerate(layer[column]):
        if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
            clean.append("")
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = str(value)
        tidy = " ".join(text.split())
        if tidy != text:
            flaws.append(
                Flaw(
                    "repaired", "blank-in-text", f"row {index + 1}", f"the {what} was {text!r}.", f"Taken as {tidy!r}."
                )
            )
        clean.append(tidy)
    return clean


def codes(config: ImportConfig, layer: pd.DataFrame, names: list[str], flaws: list[Flaw]) -> list[str]:
    """Codes from their field; a source without one gets codes made from names."""
    if config.code_field:
        return texts(layer, config.code_field, flaws, "code")
    return [slug(name) for name in names]


def is_blank(value: Any) -> bool:
    return bool(pd.isna(value)) or value == ""


def whole_numbers(table: pd.DataFrame, column: str, flaws: list[Flaw]) -> list[int | None]:
    """A column of counts, None where it is blank; what is no whole number of 0 or more is an error."""
    numbers: list[int | None] = []
    for row, value in enumerate(table[column], start=1):
        number = pd.to_numeric(value, errors="coerce")
        if is_blank(value):
            numbers.append(None)
        elif not np.isfinite(number) or number < 0 or number != int(number):
            flaws.append(
                Flaw(
                    "error",
                    "not-a-number",
                    f"row {row}",
                    f"{column} is {value!r}.",
                    "Write a whole number of residents.",
                )
            )
            numbers.append(None)
        else:
            numbers.append(int(number))
    return numbers
