"""A view as a file: the rows of its table, with the figures that it tells and no others."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from backend.http.csv_text import csv_text
from backend.http.renderers import CSV, GEOJSON
from listening.dashboard.frame import Frame
from listening.drawing.table import Row


def file_of(frame: Frame, kind: str) -> HttpResponse | None:
    """The file of a view by the name of its kind; None where the view has no such file."""
    if kind not in frame.files:
        return None
    if kind == "csv":
        content, media_type = as_csv(frame), f"{CSV}; charset=utf-8; header=present"
    else:
        content, media_type = as_geojson(frame), GEOJSON
    saved_as = f'attachment; filename="{file_name(frame)}.{kind}"'
    return HttpResponse(content, content_type=media_type, headers={"Content-Disposition": saved_as})


def file_name(frame: Frame) -> str:
    """View, places, period and theme, in the letters of their codes: a table has no other place to say so."""
    query = frame.need_map.query
    parts = [
        frame.view,
        query.layer.code,
        query.period.label.replace("/", "_"),
        frame.held_against.replace("/", "_"),
        query.theme.code if query.theme and frame.needs_theme else "",
        query.kind if query.kind and frame.needs_theme else "",
        "schematic" if frame.is_schematic else "",
    ]
    return "-".join(part for part in parts if part)


def as_csv(frame: Frame) -> str:
    """A line for each row; what the table does not say is empty."""
    rows = [[row.area.code, row.area.name, *row.figures] for row in frame.file_rows]
    return csv_text(["code", "name", *_names(frame)], rows)


def as_geojson(frame: Frame) -> str:
    """The same as a FeatureCollection (RFC 7946); what holds for the whole view stands beside the features."""
    query, edition = frame.need_map.query, frame.edition
    head = {
        "view": frame.view,
        "layer": query.layer.code,
        "edition": edition.code,
        "is_schematic": edition.is_schematic,
        "source": edition.source,
        "licence": edition.licence,
        "period": query.period.label,
        "theme": query.theme.code if query.theme and frame.needs_theme else None,
        "kind": query.kind if frame.needs_theme else None,
        "release": frame.release or None,
    }
    geometries = frame.geometries()
    features = ",".join(
        f'{{"type":"Feature","id":{json.dumps(row.area.code)},"geometry":{geometries.get(int(row.area.id), "null")},'
        f'"properties":{json.dumps(_properties(frame, row), ensure_ascii=False, allow_nan=False)}}}'
        for row in frame.file_rows
    )
    beside = json.dumps(head, ensure_ascii=False)
    return f'{{"type":"FeatureCollection",{beside[1:-1]},"features":[{features}]}}'


def _names(frame: Frame) -> list[str]:
    return [name for heading in frame.headings for name in heading.names]


def _properties(frame: Frame, row: Row) -> dict[str, Any]:
    """Complete in themselves: a feature may travel without its collection."""
    figures = zip(_names(frame), row.figures, strict=True)
    return {"code": row.area.code, "name": row.area.name, "period": frame.need_map.query.period.label, **dict(figures)}
