"""The table for analysts over HTTP: CSV or GeoParquet, and its data dictionary."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import shapely
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from backend.http.csv_text import csv_of_frame
from backend.http.query_parameters import refuse_unknown
from backend.http.renderers import CSV, CSVRenderer
from backend.problems import InvalidParameter
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.api.documents import METHOD, NOTES
from listening.needmaps.api.parameters import EDITION, KIND, LAYER, PERIOD, THEME
from listening.needmaps.api.serializers import CellColumnsSerializer
from listening.needmaps.api.tagged import Tagged
from listening.needmaps.api.views import TOLERANCES
from listening.needmaps.cell_table import BUCKETS, COLUMNS, CellTable, build_cell_table, parse_bucket
from listening.needmaps.outlines import geometries
from listening.needmaps.query import PARAMETERS, parse_query, readable_themes

PARQUET: Final = "application/vnd.apache.parquet"  # registered with IANA
GEOMETRIES = ("full", "simplified", "none")
# All boundaries of a city, once: beyond its limit a dictionary is given up, and each row holds its polygon anew.
DICTIONARY_BYTES: Final = 64 * 2**20


class ParquetRenderer(BaseRenderer):
    """Takes part in content negotiation; the view writes the bytes itself."""

    media_type = PARQUET
    format = "parquet"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        return data


class NeedMapCellsView(APIView):
    """Need maps of all themes in many periods, as one table."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes: list[type[BaseRenderer]] = [CSVRenderer, ParquetRenderer]

    @extend_schema(
        operation_id="need_map_cells",
        parameters=[
            LAYER,
            EDITION,
            PERIOD,
            OpenApiParameter("by", str, enum=list(BUCKETS), description="Into what the period is cut; quarters."),
            THEME,
            KIND,
            OpenApiParameter(
                "geometry", str, enum=list(GEOMETRIES), description="Of GeoParquet; full when left out. CSV has none."
            ),
        ],
        responses={
            (200, CSV): OpenApiResponse(str, description="One row per district, theme and bucket."),
            (200, PARQUET): OpenApiResponse(bytes, description="The same as GeoParquet 1.1."),
            304: OpenApiResponse(description="You have this table."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """A table with a row per district, theme and month, quarter or year; see its columns."""
        refuse_unknown(request.GET, (*PARAMETERS, "by", "geometry"))
        params = request.GET.dict()
        geometry = params.get("geometry", GEOMETRIES[0])
        if geometry not in GEOMETRIES:
            raise InvalidParameter(
                f"There is no geometry {geometry!r}.", parameter="geometry", value=geometry, allowed=list(GEOMETRIES)
            )
        tagged = Tagged.of(request)
        if (ready := tagged.ready()) is not None:
            return ready
        scope = person_of(request).scope
        query = parse_query(params, scope, in_parts=True)
        themes = [query.theme] if query.theme else list(readable_themes(scope))
        table = build_cell_table(query, themes, parse_bucket(params, query.period))
        kind = str(request.accepted_renderer.media_type)
        body = as_csv(table) if kind == CSV else as_parquet(table, geometry)
        headers = {
            # CSV on the Web, 5.2: where the columns are described.
            "Link": f'<{reverse("need-map-cells-columns")}>; rel="describedby"; type="application/csvm+json"',
        }
        ending = "csv" if kind == CSV else "parquet"
        period = query.period.label.replace("/", "_")
        headers["Content-Disposition"] = f'attachment; filename="cells-{query.layer.code}-{period}.{ending}"'
        content_type = f"{CSV}; charset=utf-8; header=present" if kind == CSV else PARQUET
        return tagged.answer(body, content_type=content_type, headers=headers)


class NeedMapCellColumnsView(APIView):
    """The data dictionary of the table."""

    permission_classes = [ReadsCounts]
    key_scopes = {"GET": KeyScope.READ_NEED_MAPS}
    renderer_classes = [JSONRenderer]

    @extend_schema(operation_id="need_map_cell_columns", responses={200: CellColumnsSerializer})
    def get(self, request: Request) -> HttpResponse:
        """What each column says, as metadata of CSV on the Web (W3C Recommendation, 2015)."""
        refuse_unknown(request.GET, ())
        return HttpResponse(
            json.dumps(data_dictionary(request.build_absolute_uri(reverse("need-map-cells"))), ensure_ascii=False),
            content_type="application/json",
            headers={"Cache-Control": "private, no-cache"},
        )


def data_dictionary(url: str) -> dict[str, Any]:
    """Metadata of the table at `url`, as CSV on the Web writes them."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:title": "Cells of need maps",
        "dc:description": " ".join(NOTES),
        "tableSchema": {
            "columns": [
                {
                    "name": column.name,
                    "titles": column.name,
                    "datatype": column.datatype,
                    "dc:description": column.description,
                    "required": column.is_required,
                }
                for column in COLUMNS
            ],
            "primaryKey": ["code", "period", "theme"],
        },
    }


def as_csv(table: CellTable) -> str:
    """One line per row; what is not said is an empty cell."""
    return csv_of_frame(table.frame, texts=[column.name for column in COLUMNS if column.datatype == "string"])


def as_parquet(table: CellTable, geometry: str) -> bytes:
    """GeoParquet 1.1, without a geometry plain Parquet. A polygon is written once, however many rows speak of it."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"string": pa.string(), "date": pa.date32(), "integer": pa.int64(), "double": pa.float64()}
    arrays = {
        column.name: pa.Array.from_pandas(table.frame[column.name]).cast(kinds[column.datatype]) for column in COLUMNS
    }
    metadata = {"data_dictionary": json.dumps(data_dictionary("."), ensure_ascii=False), "method": METHOD}
    if geometry != "none":
        drawn = geometries(table.query.edition, {"full": 0.0, **TOLERANCES}[geometry], table.merged)
        shapes = shapely.from_geojson([drawn[pk] for pk, _, _ in table.places])
        rows = pa.array(np.resize(np.arange(len(shapes), dtype=np.int32), len(table.frame)))
        arrays["geometry"] = pa.DictionaryArray.from_arrays(rows, pa.array(shapely.to_wkb(shapes), pa.binary()))
        metadata["geo"] = json.dumps(_geo(shapes))
    table_of_arrays, out = pa.table(arrays), io.BytesIO()
    # Readers get texts and geometries as such: a dictionary is how they are written, not what they are.
    settings = {"store_schema": False, "dictionary_pagesize_limit": DICTIONARY_BYTES, "compression": "zstd"}
    with parquet.ParquetWriter(out, table_of_arrays.schema, **settings) as writer:
        writer.write_table(table_of_arrays)
        writer.add_key_value_metadata(metadata)
    return out.getvalue()


def _geo(shapes: Any) -> dict[str, Any]:
    """File metadata of GeoParquet 1.1; no CRS is OGC:CRS84, longitude before latitude."""
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {
            "geometry": {
                "encoding": "WKB",
                "geometry_types": sorted({shape.geom_type for shape in shapes}),
                "orientation": "counterclockwise",
                "bbox": shapely.total_bounds(shapes).tolist(),
            }
        },
    }
