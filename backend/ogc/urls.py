"""The addresses of a service of OGC API; whoever mounts them says which service."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from backend.ogc import tiles, views
from backend.ogc.endpoint import View, endpoint
from backend.ogc.service import ServiceOf


def addresses(service_of: ServiceOf, home: str) -> list[URLPattern]:
    """`home` is the path under which they are mounted, such as /open/."""

    def at(route: str, view: View, name: str, **more: Any) -> URLPattern:
        return path(route, endpoint(service_of, home, view, **more), name=f"open-{name}")

    one = "collections/<str:name>"
    tiled = f"{one}/tiles/<str:matrix>"
    return [
        at("", views.landing, "landing"),
        at("conformance", views.conformance, "conformance"),
        at("api", views.api, "api"),
        at("collections", views.collections, "collections"),
        at(one, views.collection, "collection"),
        at(f"{one}/queryables", views.queryables, "queryables"),
        at(f"{one}/items", views.items, "items"),
        at(f"{one}/items/<str:key>", views.item, "item"),
        at(f"{one}/tiles", tiles.tilesets, "tilesets"),
        at(tiled, tiles.tileset, "tileset", formats=("json", "tilejson")),
        at(f"{tiled}/<str:z>/<str:row>/<str:column>", tiles.tile, "tile", formats=("mvt",)),
        at("tileMatrixSets", tiles.matrix_sets, "tile-matrix-sets"),
        at("tileMatrixSets/<str:matrix>", tiles.matrix_set, "tile-matrix-set", formats=("json",)),
    ]
