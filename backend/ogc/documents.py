"""The JSON of OGC API: landing page, collections, queryables, pages of features."""

from __future__ import annotations

import json
from typing import Any

from backend import clock
from backend.ogc.collection import GEOMETRY, Collection, Kind, Link, Property
from backend.ogc.crs import CRS84_URI
from backend.ogc.items import Page
from backend.ogc.negotiation import GEOJSON, HTML, JSON, OPENAPI_JSON, SCHEMA_JSON
from backend.ogc.service import REL, Call

GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
_SCHEMAS: dict[Kind, dict[str, str]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "object": {"type": "object"},
}


def landing_page(call: Call) -> dict[str, Any]:
    service = call.service
    links = [
        Link("api?f=json", "service-desc", OPENAPI_JSON, "API (OpenAPI 3.0)"),
        Link("api?f=html", "service-doc", HTML, "API, to read and try"),
        Link("conformance", "conformance", JSON, "Conformance classes"),
        Link("collections", "data", JSON, "Collections"),
        Link("tileMatrixSets", f"{REL}tiling-schemes", JSON, "Tile matrix sets"),
        *service.links,
    ]
    return {
        "title": service.title,
        "description": service.description,
        "links": [*call.itself(JSON), *(link.as_json(call.root) for link in links)],
    }


def collections(call: Call) -> dict[str, Any]:
    return {
        "links": call.itself(JSON),
        "crs": list(call.service.systems),
        "collections": [collection(call, one, alone=False) for one in call.service.collections.values()],
    }


def collection(call: Call, one: Collection, *, alone: bool = True) -> dict[str, Any]:
    """The description of a collection; in the list of all, the systems are those of the list (`#/crs`)."""
    path = f"collections/{one.id}"
    links = [
        Link(f"{path}/items?f=json", "items", GEOJSON, "Features as GeoJSON"),
        Link(f"{path}/items?f=html", "items", HTML, "Features as a page"),
        Link(f"{path}/queryables", f"{REL}queryables", SCHEMA_JSON, "What features can be filtered by"),
    ]
    if one.has_geometry:
        links.append(Link(f"{path}/tiles", f"{REL}tilesets-vector", JSON, "Vector tiles"))
    own = (
        call.itself(JSON)
        if alone
        else [Link(path, "self", JSON).as_json(call.root), Link(f"{path}?f=html", "alternate", HTML).as_json(call.root)]
    )
    extent: dict[str, Any] = {}
    if one.bbox is not None:
        extent["spatial"] = {"bbox": [list(one.bbox)], "crs": CRS84_URI}
    if one.time is not None:
        days = [day and f"{day.isoformat()}T00:00:00Z" for day in one.interval]
        extent["temporal"] = {"interval": [days], "trs": GREGORIAN}
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "itemType": "feature",
        **({"extent": extent} if extent else {}),
        "crs": list(call.service.systems) if alone else ["#/crs"],
        "storageCrs": call.service.storage_crs.uri,
        "links": [*own, *(link.as_json(call.root) for link in [*links, *one.links])],
    }


def queryables(call: Call, one: Collection) -> dict[str, Any]:
    """What features can be filtered by, as JSON Schema (OGC 19-079r2, section 6)."""
    properties: dict[str, Any] = {each.name: property_schema(each) for each in one.queryables.values()}
    if one.has_geometry:
        properties[GEOMETRY] = {"title": "Geometry", "format": "geometry-any", "x-ogc-role": "primary-geometry"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": call.url,
        "type": "object",
        "title": one.title,
        "properties": properties,
        "additionalProperties": False,
    }


def property_schema(one: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": one.title, **_SCHEMAS[one.kind]}
    if one.description:
        schema["description"] = one.description
    if one.allowed:
        schema["enum"] = list(one.allowed)
    return schema


def feature_collection(call: Call, page: Page, matched: int, links: list[dict[str, object]]) -> str:
    """A page of features; those are GeoJSON already and are put together as they are."""
    head = json.dumps(
        {
            "type": "FeatureCollection",
            "timeStamp": clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "numberMatched": matched,
            "numberReturned": len(page.features),
            "links": links,
        },
        ensure_ascii=False,
    )
    return f'{head[:-1]}, "features": [{",".join(page.features)}]}}'
