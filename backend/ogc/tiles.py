"""The resources of OGC API - Tiles: vector tiles of a collection, in the tile matrix set of web maps.

References
----------
OGC API - Tiles, Part 1: Core (20-057); Two Dimensional Tile Matrix Set and Tile Set Metadata (17-083r4); TileJSON
3.0.0; Mapbox Vector Tile 2.1.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

from backend.geo.tile_matrix import CRS, HALF_WORLD_M, URI, WEB_MERCATOR_QUAD, Tile, TileError
from backend.ogc.collection import Collection, Link
from backend.ogc.cql2_text import CqlError
from backend.ogc.endpoint import Answer
from backend.ogc.items import read_tile
from backend.ogc.negotiation import JSON, MVT
from backend.ogc.parameters import bad_filter, parse_tile, refuse_others
from backend.ogc.service import REL, Call
from backend.problems import NotFound

MAX_ZOOM: Final = 18
MOST_FEATURES: Final = 10_000
TILE_PIXELS: Final = 256
# The pixel of 0.28 mm that scale denominators are of (17-083r4, section 6.2).
PIXEL_M: Final = 0.00028
_TILEJSON: Final = "application/vnd.mapbox.tilejson+json"


def matrix_sets(call: Call) -> Answer:
    """The tile matrix sets that are used here: one."""
    refuse_others(call.request.GET)
    path = f"tileMatrixSets/{WEB_MERCATOR_QUAD}"
    link = Link(path, "self", JSON, "Definition").as_json(call.root)
    body = {"tileMatrixSets": [{"id": WEB_MERCATOR_QUAD, "title": WEB_MERCATOR_QUAD, "uri": URI, "links": [link]}]}
    return _shown(call, body, "ogc/tile_matrix_sets.html", {"name": WEB_MERCATOR_QUAD, "uri": URI})


def matrix_set(call: Call, matrix: str) -> Answer:
    refuse_others(call.request.GET)
    _known(matrix)
    side = 2 * HALF_WORLD_M
    matrices = [
        {
            "id": str(zoom),
            "scaleDenominator": side / TILE_PIXELS / 2**zoom / PIXEL_M,
            "cellSize": side / TILE_PIXELS / 2**zoom,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
            "tileWidth": TILE_PIXELS,
            "tileHeight": TILE_PIXELS,
            "matrixWidth": 2**zoom,
            "matrixHeight": 2**zoom,
        }
        for zoom in range(MAX_ZOOM + 1)
    ]
    body = {
        "id": WEB_MERCATOR_QUAD,
        "title": WEB_MERCATOR_QUAD,
        "uri": URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    }
    return Answer(json.dumps(body), JSON)


def tilesets(call: Call, name: str) -> Answer:
    refuse_others(call.request.GET)
    one = _with_geometry(call, name)
    body = {"links": call.itself(JSON), "tilesets": [_tileset(call, one, whole=False)]}
    return _shown(call, body, "ogc/tilesets.html", {"collection": one, "matrix": WEB_MERCATOR_QUAD})


def tileset(call: Call, name: str, matrix: str) -> Answer:
    """Metadata of a tileset, or the same as TileJSON, which may name filters for the tiles."""
    one = _with_geometry(call, name)
    _known(matrix)
    if call.format != "tilejson":
        refuse_others(call.request.GET)
        return Answer(json.dumps(_tileset(call, one), ensure_ascii=False), JSON)
    _check(call, one)
    kept = call.request.GET.copy()
    kept.pop("f", None)
    template = f"{call.root}collections/{one.id}/tiles/{matrix}/{{z}}/{{y}}/{{x}}"
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": one.title,
        "description": one.description,
        "attribution": call.service.licence,
        "tiles": [f"{template}?{kept.urlencode()}" if kept else template],
        "minzoom": 0,
        "maxzoom": MAX_ZOOM,
        "vector_layers": [
            {
                "id": one.id,
                "description": one.description,
                "minzoom": 0,
                "maxzoom": MAX_ZOOM,
                "fields": {each.name: each.title for each in one.properties if each.is_queryable},
            }
        ],
    }
    if one.bbox is not None:
        body["bounds"] = list(one.bbox)
    return Answer(json.dumps(body, ensure_ascii=False), JSON)


def tile(call: Call, name: str, matrix: str, z: str, row: str, column: str) -> Answer:
    one = _with_geometry(call, name)
    _known(matrix)
    try:
        place = Tile.of(z, column, row, max_zoom=MAX_ZOOM)
    except TileError as error:
        raise NotFound(str(error)) from error
    query = parse_tile(call.request.GET, one, call.service.systems)
    try:
        body = read_tile(
            call.service.fetch, one, query, bounds_m=place.bounds_m, bbox=place.bbox, most=MOST_FEATURES
        )  # fmt: skip
    except CqlError as error:
        raise bad_filter(call.request.GET.get("filter", ""), str(error)) from error
    return Answer(body, MVT)


def _check(call: Call, one: Collection) -> None:
    parse_tile(call.request.GET, one, call.service.systems)


def _known(matrix: str) -> None:
    if matrix != WEB_MERCATOR_QUAD:
        raise NotFound(f"There is no tile matrix set {matrix[:40]!r} here, only {WEB_MERCATOR_QUAD}.")


def _with_geometry(call: Call, name: str) -> Collection:
    one = call.service.collection(name)
    if not one.has_geometry:
        raise NotFound(f"The collection {one.id} is a table without geometry: it has no tiles.")
    return one


def _tileset(call: Call, one: Collection, *, whole: bool = True) -> dict[str, Any]:
    path = f"collections/{one.id}/tiles/{WEB_MERCATOR_QUAD}"
    links = [
        Link(f"{path}?f=json", "self", JSON, "Metadata"),
        Link(f"{path}?f=tilejson", "alternate", _TILEJSON, "TileJSON"),
        Link(
            f"{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f=mvt", "item", MVT, "Tiles", is_templated=True
        ),
        Link(f"tileMatrixSets/{WEB_MERCATOR_QUAD}", f"{REL}tiling-scheme", JSON, WEB_MERCATOR_QUAD),
        Link(f"collections/{one.id}", f"{REL}geodata", JSON, one.title),
    ]  # fmt: skip
    described: dict[str, Any] = {
        "title": one.title,
        "dataType": "vector",
        "crs": CRS,
        "tileMatrixSetURI": URI,
        "links": [link.as_json(call.root) for link in links],
    }
    if one.bbox is not None:
        west, south, east, north = one.bbox
        described["boundingBox"] = {
            "lowerLeft": in_web_mercator(west, south), "upperRight": in_web_mercator(east, north), "crs": CRS
        }  # fmt: skip
    if whole:
        described["layers"] = [
            {
                "id": one.id,
                "title": one.title,
                "dataType": "vector",
                "geometryDimension": 2,
                "minTileMatrix": "0",
                "maxTileMatrix": str(MAX_ZOOM),
            }
        ]
    return described


def in_web_mercator(lon: float, lat: float) -> tuple[float, float]:
    """Metres of EPSG:3857 of a place in degrees, to the centimetre (EPSG Guidance Note 7-2, method 1024)."""
    north = math.atanh(math.sin(math.radians(lat))) / math.pi * HALF_WORLD_M
    return round(lon / 180 * HALF_WORLD_M, 2), round(north, 2)


def _shown(call: Call, body: dict[str, Any], template: str, shown: dict[str, Any]) -> Answer:
    if call.format == "html":
        return Answer(template=template, shown={"call": call, "as_json": call.url_with(f="json"), **shown})
    return Answer(json.dumps(body, ensure_ascii=False), JSON)
