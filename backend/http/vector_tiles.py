"""Vector tiles over HTTP: addresses, answers and TileJSON, whatever is in the tiles.

References
----------
Mapbox Vector Tile Specification 2.1; TileJSON 3.0.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request

from backend.geo.bbox import BBox
from backend.geo.tile_matrix import Tile, TileError
from backend.http.renderers import MVT
from backend.problems import NotFound

ADDRESS = [
    OpenApiParameter(name, int, OpenApiParameter.PATH, description=description)
    for name, description in (
        ("z", "Zoom: a tile matrix of WebMercatorQuad."),
        ("x", "Column, from the west."),
        ("y", "Row, from the north."),
    )
]
ANSWERS: dict[Any, Any] = {
    (200, MVT): OpenApiTypes.BINARY,
    204: OpenApiResponse(description="The tile is empty."),
    304: OpenApiResponse(description="You have this tile."),
}


def tile_named(z: str, x: str, y: str, *, min_zoom: int, max_zoom: int) -> Tile:
    """The tile that an address names. Raises NotFound, naming what would be right."""
    try:
        return Tile.of(z, x, y, min_zoom=min_zoom, max_zoom=max_zoom)
    except TileError as error:
        raise NotFound(str(error)) from error


def tile_answer(body: bytes, headers: Mapping[str, str]) -> HttpResponse:
    """A tile; an empty one is 204, as map clients take it (OGC API - Tiles, OGC 20-057, permits it)."""
    if not body:
        return HttpResponse(status=204, headers=headers)
    return HttpResponse(body, content_type=MVT, headers=headers)


class VectorLayerSerializer(serializers.Serializer[Any]):
    """One layer of the tiles, and its properties by name."""

    id = serializers.CharField()
    description = serializers.CharField()
    minzoom = serializers.IntegerField()
    maxzoom = serializers.IntegerField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]  # a wire name, too


class TileJSONSerializer(serializers.Serializer[Any]):
    """What a map needs to know of tiles (TileJSON 3.0.0)."""

    tilejson = serializers.ChoiceField(choices=["3.0.0"])
    name = serializers.CharField()
    description = serializers.CharField()
    attribution = serializers.CharField()
    scheme = serializers.ChoiceField(choices=["xyz"])
    tiles = serializers.ListField(child=serializers.CharField())
    minzoom = serializers.IntegerField()
    maxzoom = serializers.IntegerField()
    bounds = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    center = serializers.ListField(child=serializers.FloatField(), min_length=3, max_length=3)
    vector_layers = VectorLayerSerializer(many=True)


def tilejson(
    request: Request,
    *,
    name: str,
    description: str,
    zooms: tuple[int, int],
    bounds: BBox,
    layers: Mapping[str, tuple[str, Mapping[str, str]]],
    params: Mapping[str, str],
    attribution: str = "",
) -> dict[str, Any]:
    """The TileJSON of the tiles below the address that was asked for. `layers`: description and properties by id."""
    query = f"?{urlencode(params)}" if params else ""
    low, high = zooms
    middle = [round((bounds.minx + bounds.maxx) / 2, 6), round((bounds.miny + bounds.maxy) / 2, 6)]
    return {
        "tilejson": "3.0.0",
        "name": name,
        "description": description,
        "attribution": attribution,
        "scheme": "xyz",
        # Built by hand: the braces must stay.
        "tiles": [f"{request.build_absolute_uri(request.path)}/{{z}}/{{x}}/{{y}}.mvt{query}"],
        "minzoom": low,
        "maxzoom": high,
        "bounds": [round(number, 6) for number in bounds],
        "center": [*middle, min(max(low, 12), high)],
        "vector_layers": [
            {"id": one, "description": told, "minzoom": low, "maxzoom": high, "fields": dict(fields)}
            for one, (told, fields) in layers.items()
        ],
    }
