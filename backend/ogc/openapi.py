"""The OpenAPI 3.0 document of a service: its addresses, and every parameter that they know."""

from __future__ import annotations

from typing import Any, Final

from backend.geo.tile_matrix import WEB_MERCATOR_QUAD
from backend.ogc.items import DEFAULT_LIMIT, MOST
from backend.ogc.negotiation import GEOJSON, HTML, JSON, MVT, OPENAPI_JSON, SCHEMA_JSON
from backend.ogc.parameters import LANGUAGES, OF_ITEM, OF_ITEMS, OF_TILE
from backend.ogc.service import Call
from backend.openapi import PROBLEM
from backend.problems import MEDIA_TYPE

_PROBLEMS: Final = {
    "400": "A parameter is not valid, or there is none of that name.",
    "404": "There is nothing here.",
    "406": "No acceptable media type.",
    "410": "It was withdrawn; the problem says why.",
    "429": "Too many requests.",
    "503": "Not available at the moment.",
}


def describe(call: Call) -> dict[str, Any]:
    """The document, for the collections that there are now."""
    names = list(call.service.collections)
    tiled = [one.id for one in call.service.collections.values() if one.has_geometry]
    item = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
    matrix = _in_path("tileMatrixSetId", {"type": "string", "enum": [WEB_MERCATOR_QUAD]})
    numbers = [_in_path(name, {"type": "integer", "minimum": 0}) for name in ("tileMatrix", "tileRow", "tileCol")]
    collection = _ref("collectionId")
    tiles = _in_path("collectionId", {"type": "string", "enum": tiled} if tiled else {"type": "string"})
    paths = {
        "/": _get("getLandingPage", "The landing page", [], JSON),
        "/conformance": _get("getConformance", "The conformance classes", [], JSON),
        "/api": _get("getApi", "This document", [], OPENAPI_JSON),
        "/collections": _get("getCollections", "The collections", [], JSON),
        "/collections/{collectionId}": _get("getCollection", "One collection", [collection], JSON),
        "/collections/{collectionId}/queryables": _get(
            "getQueryables", "What features can be filtered by", [collection], SCHEMA_JSON
        ),
        "/collections/{collectionId}/items": _get(
            "getFeatures",
            "Features, a page at a time. Each queryable is a parameter as well: `theme=housing`",
            [collection, *map(_ref, OF_ITEMS), _ref("queryables")],
            GEOJSON,
        ),
        "/collections/{collectionId}/items/{featureId}": _get(
            "getFeature", "One feature", [collection, item, *map(_ref, OF_ITEM)], GEOJSON
        ),
        "/collections/{collectionId}/tiles": _get("getTileSets", "Sets of vector tiles", [tiles], JSON),
        "/collections/{collectionId}/tiles/{tileMatrixSetId}": _get(
            "getTileSet", "Metadata of a set, or TileJSON", [tiles, matrix], JSON, other={"tilejson": JSON}
        ),
        "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": _get(
            "getTile",
            "A vector tile",
            [tiles, matrix, *numbers, *map(_ref, OF_TILE), _ref("queryables")],
            MVT,
            other={},
        ),
        "/tileMatrixSets": _get("getTileMatrixSets", "The tile matrix sets", [], JSON),
        "/tileMatrixSets/{tileMatrixSetId}": _get(
            "getTileMatrixSet", "The definition of a tile matrix set", [matrix], JSON, other={}
        ),
    }
    return {
        "openapi": "3.0.3",
        "info": {
            "title": call.service.title,
            "description": call.service.description,
            "version": "1",
            "license": {"name": call.service.licence},
        },
        "servers": [{"url": call.root.rstrip("/")}],
        "paths": paths,
        "components": {
            "parameters": _parameters(names, list(call.service.systems)),
            "schemas": {"Problem": PROBLEM, **_SCHEMAS},
        },
    }


def _get(
    name: str, summary: str, parameters: list[dict[str, Any]], media_type: str, other: dict[str, str] | None = None
) -> dict[str, Any]:
    """A path that is read; beside its own media type there is HTML, unless `other` says otherwise."""
    others = {"html": HTML} if other is None else other
    content: dict[str, Any] = {media_type: {"schema": _schema(media_type)}}
    content |= {one: {"schema": {"type": "string" if one == HTML else "object"}} for one in others.values()}
    formats = {"name": "f", "in": "query", "schema": {"type": "string", "enum": ["json", *others]}}
    if media_type == MVT:
        formats["schema"] = {"type": "string", "enum": ["mvt"]}
    problems = {
        status: {
            "description": text,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in _PROBLEMS.items()
    }
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [*parameters, formats],
            "responses": {
                "200": {"description": summary, "content": content},
                "304": {"description": "You have this already."},
                **problems,
            },
        }
    }


def _schema(media_type: str) -> dict[str, Any]:
    if media_type == GEOJSON:
        return {"$ref": "#/components/schemas/GeoJSON"}
    return {"type": "string", "format": "binary"} if media_type == MVT else {"type": "object"}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/parameters/{name}"}


def _in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameters(collections: list[str], systems: list[str]) -> dict[str, Any]:
    crs = {"type": "string", "format": "uri", "enum": systems, "default": systems[0]}

    def query(name: str, description: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"name": name, "in": "query", "description": description, "schema": schema, **more}

    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    return {
        "collectionId": _in_path("collectionId", {"type": "string", "enum": collections} if collections else {}),
        "limit": query(
            "limit",
            f"Features in a page; more than {MOST} is {MOST}.",
            {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        ),
        "cursor": query("cursor", "Where the page begins; from a link `next`.", {"type": "string"}),
        "crs": query("crs", "Coordinate reference system of the answer.", crs),
        "bbox": query(
            "bbox", "Features that meet a box: minx,miny,maxx,maxy.", box, style="form", explode=False
        ),
        "bbox-crs": query("bbox-crs", "Coordinate reference system of `bbox`.", crs),
        "datetime": query("datetime", "Features of a day, or of an interval: first/last.", {"type": "string"}),
        "sortby": query(
            "sortby",
            "Queryables, with - before one for descending.",
            {"type": "array", "items": {"type": "string"}},
            style="form",
            explode=False,
        ),
        "filter": query("filter", "A condition in CQL2.", {"type": "string"}),
        "filter-lang": query(
            "filter-lang", "How the filter is written.", {"type": "string", "enum": list(LANGUAGES)}
        ),
        "filter-crs": query("filter-crs", "Coordinate reference system of geometries in `filter`.", crs),
        "queryables": query(
            "queryables",
            "Any queryable of the collection by its own name; features have this value.",
            {"type": "object", "additionalProperties": {"type": "string"}},
            style="form",
            explode=True,
        ),
    }  # fmt: skip


_SCHEMAS: Final[dict[str, Any]] = {
    "GeoJSON": {
        "type": "object",
        "description": "A Feature or FeatureCollection (RFC 7946).",
        "required": ["type"],
        "properties": {"type": {"type": "string", "enum": ["Feature", "FeatureCollection"]}},
        "additionalProperties": True,
    }
}
