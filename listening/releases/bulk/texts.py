"""The canonical files: text whose bytes depend on the release alone, wherever they are written. Pure.

GeoJSON (RFC 7946), newline-delimited GeoJSON, CSV (RFC 4180) with CSV on the Web metadata and a data dictionary. Rows
and properties are sorted, numbers are the shortest that read back the same, and no instant stands anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import shapely

from backend.http.csv_text import csv_text
from listening.releases.bulk import columns
from listening.releases.bulk.columns import Column
from listening.releases.licences import licence_url
from listening.releases.values import Content, PlaceValue

CSV_TABLES = {
    "need-map.csv": columns.NEED,
    "cells.csv": columns.CELL,
    "places.csv": columns.PLACE,
    "themes.csv": columns.THEME,
}
REPRESENTATION = "representation.csv"


def csv_tables(content: Content) -> dict[str, tuple[Column, ...]]:
    """The tables of a release with their columns: bands of people where it has any."""
    return CSV_TABLES | ({REPRESENTATION: columns.BAND} if content.bands else {})


def canonical_json(value: object) -> bytes:
    """Sorted keys, no blanks, UTF-8, a newline at the end."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (text + "\n").encode()


def geojson(content: Content, layer: str) -> bytes:
    """The need map of a layer as a FeatureCollection: one feature per place, theme and period."""
    about = {
        "type": "FeatureCollection",
        "name": f"need-map-{layer}",
        "release": content.head.code,
        "licence": content.head.licence,
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    return (text[:-1] + ',"features":[\n' + ",\n".join(_features(content, layer)) + "\n]}\n").encode()


def geojson_lines(content: Content, layer: str) -> bytes:
    """The same features, one a line."""
    return ("\n".join(_features(content, layer)) + "\n").encode()


def _features(content: Content, layer: str) -> Iterator[str]:
    names = [column.name for column in columns.NEED]
    drawn = {place.code: geometry_json(place) for place in content.places if place.layer == layer}
    at = names.index("place")
    for row in columns.need_rows(content, layer):
        properties = json.dumps(
            dict(zip(names, row, strict=True)), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )
        # `type` first: GDAL knows a file of features, one a line, by it.
        yield f'{{"type":"Feature","properties":{properties},"geometry":{drawn[str(row[at])]}}}'


def geometry_json(place: PlaceValue) -> str:
    """The boundary as GeoJSON: longitude and latitude, exterior rings counterclockwise, as it was stored."""
    polygons = [
        [[list(position) for position in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in shapely.from_wkb(place.geometry).geoms
    ]
    return json.dumps({"type": "MultiPolygon", "coordinates": polygons}, separators=(",", ":"))


def csv_files(content: Content) -> Iterator[tuple[str, bytes]]:
    """The tables, the dictionary of their columns, and their CSVW metadata."""
    rows: dict[str, Iterable[Sequence[columns.Value]]] = {
        "need-map.csv": columns.need_rows(content),
        "cells.csv": columns.cell_rows(content),
        "places.csv": columns.place_rows(content),
        "themes.csv": columns.theme_rows(content),
        REPRESENTATION: columns.band_rows(content),
    }
    for name, table in csv_tables(content).items():
        yield name, csv_text([column.name for column in table], rows[name]).encode()
    yield "data-dictionary.csv", dictionary_csv(content).encode()
    yield "csv-metadata.json", canonical_json(csvw(content))


def dictionary_csv(content: Content) -> str:
    """What each column of each table means, in English and Italian."""
    return csv_text(
        ["table", "column", "datatype", "required", "en", "it"],
        (
            (name, column.name, column.datatype, "yes" if column.required else "no", column.en, column.it)
            for name, table in csv_tables(content).items()
            for column in table
        ),
    )


def csvw(content: Content) -> dict[str, Any]:
    """Metadata of the CSV files (W3C, *Metadata Vocabulary for Tabular Data*, 2015)."""
    keys = {
        "need-map.csv": ["period", "layer", "place", "theme"],
        "cells.csv": ["product", "period", "layer", "place", "theme", "variable", "band"],
        "places.csv": ["layer", "place"],
        "themes.csv": ["theme", "language"],
        REPRESENTATION: ["period", "layer", "place", "variable", "band"],
    }
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": f"Need map of {content.head.city}, {content.head.quarter}",
        "dc:license": {"@id": licence_url(content.head.licence)},
        "dc:identifier": content.head.code,
        "dialect": {"lineTerminators": ["\r\n"], "header": True, "encoding": "utf-8"},
        "tables": [
            {
                "url": name,
                "tableSchema": {"columns": [_csvw_column(column) for column in table], "primaryKey": keys[name]},
            }
            for name, table in csv_tables(content).items()
        ],
    }


def _csvw_column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "titles": column.name,
        "dc:description": [{"@value": column.en, "@language": "en"}, {"@value": column.it, "@language": "it"}],
        "datatype": column.datatype,
        "required": column.required,
    }
