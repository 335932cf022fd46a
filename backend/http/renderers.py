"""Media types beside JSON. Views write the bytes themselves; these only take part in content negotiation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer

GEOJSON = "application/geo+json"  # RFC 7946, section 12
CSV = "text/csv"  # RFC 4180
MVT = "application/vnd.mapbox-vector-tile"  # registered with IANA


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON
    format = "geojson"


class CSVRenderer(BaseRenderer):
    media_type = CSV
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        return data


class MVTRenderer(BaseRenderer):
    media_type = MVT
    format = "mvt"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        return data
