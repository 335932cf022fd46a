"""What a client waits for who reads: one request at a time, over HTTP, beside the SQL that the answer needs."""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from backend.db import sql
from backend.db.prepared import prepared_cursor
from backend.geo.tile_matrix import Tile, tile_at
from listening.codelists.models import Theme
from listening.needmaps.build import build_need_map, parse_query
from listening.needmaps.density import density_tile
from listening.needmaps.places import parse_places_query
from listening.records.models import Conversation
from tests.benchmarks.table import REPEATS, p50, row, run
from tests.people import EVERYTHING


def over_http(port: int, token: str) -> None:
    """Need maps, records, tiles and districts, each as often as its median takes."""
    client = http.client.HTTPConnection("127.0.0.1", port)

    def get(path: str, **headers: str) -> tuple[int, bytes, str]:
        client.request("GET", path, headers={"Authorization": f"Bearer {token}", **headers})
        response = client.getresponse()
        return response.status, response.read(), response.headers.get("ETag", "")

    def timed(name: str, path: str, bare: Callable[[], Any] | None, expect: int = 200, **headers: str) -> None:
        status, body, _ = get(path, **headers)
        if status != expect:
            raise SystemExit(f"{path} answered {status}: {body[:300]!r}")
        for _ in range(8):  # warm both workers
            get(path, **headers)
        row(f"HTTP {name} ({len(body) / 1000:.0f} kB)", p50(lambda: get(path, **headers)), bare and p50(bare))

    query = parse_query({"layer": "area-statistica", "theme": "housing", "period": "2025"}, EVERYTHING)
    need_map = "/api/v1/need-map?layer=area-statistica&theme=housing&period=2025"
    timed("need map, no geometry", f"{need_map}&geometry=none", lambda: build_need_map(query))
    timed("need map, simplified", need_map, lambda: build_need_map(query))
    others = [
        f"{need_map.replace('housing', theme)}&geometry={geometry}"
        for theme in Theme.objects.exclude(code="housing").values_list("code", flat=True)[:20]
        for geometry in ("none", "full", "simplified")
    ]
    another = iter(others)
    row(
        "  of another theme, never asked for",
        p50(lambda: get(next(another)), min(REPEATS, len(others) - 1)),
        p50(lambda: build_need_map(query)),
    )

    def after_a_change(path: str, quarter: str) -> float:
        took = []
        for _ in range(REPEATS):
            run(f"INSERT INTO rollups_change (quarter, district_id) VALUES ('{quarter}', 0) RETURNING mark")
            started = time.perf_counter()
            get(path)
            took.append((time.perf_counter() - started) * 1000)
        return statistics.median(took)

    compared = after_a_change(f"{need_map}&geometry=none", "2025-04-01")
    row("  after a change, all compared anew", compared, p50(lambda: build_need_map(query)))
    # Of a quarter also what emerges is found.
    quarter = parse_query({"layer": "area-statistica", "theme": "housing", "period": "2026-Q2"}, EVERYTHING)
    compared = after_a_change(f"{need_map.replace('2025', '2026-Q2')}&geometry=none", "2026-04-01")
    row("  of a quarter, after a change", compared, p50(lambda: build_need_map(quarter)))
    keys = "SELECT id FROM records_conversation ORDER BY occurred_at DESC, id DESC LIMIT 101"
    documents = sql.read("listening.records", "conversations_as_json.sql")

    def bare_page() -> None:
        ids = [one[0] for one in run(keys)]
        with prepared_cursor() as cursor:  # as the product has it: planning is most of this statement
            cursor.execute(documents, {"ids": ids[:100]})
            cursor.fetchall()

    timed("need map, 304", need_map, lambda: build_need_map(query), 304, **{"If-None-Match": get(need_map)[2]})
    timed("page of 100", "/api/v1/conversations?limit=100", bare_page)
    for km in (1, 5):
        timed(f"page of 100, {km} km box", f"/api/v1/conversations?limit=100&bbox={box_of(km)}", None)
    timed("page of 100, theme and zona", "/api/v1/conversations?limit=100&theme=housing&district=zona:B", None)
    timed("page of 100, text", "/api/v1/conversations?limit=100&q=autobus", None)
    deep = json.loads(get("/api/v1/conversations?limit=100")[1])
    for _ in range(50):
        deep = json.loads(get(deep["next"].split(f"{port}")[1])[1])
    timed("page 51 of 100", deep["next"].split(f"{port}")[1], bare_page)
    districts = (
        "SELECT ST_AsGeoJSON(geometry, 6) FROM districts_district d JOIN districts_boundaryedition e ON "
        "e.id = d.edition_id JOIN districts_layer l ON l.id = e.layer_id WHERE l.rank = 0"
    )
    path = "/api/v1/districts?layer=area-statistica"
    squares = parse_places_query({"period": "2025"}, EVERYTHING)
    for zoom in (10, 12, 13):
        tile = tile_at(*place(), zoom)

        def bare_tile(tile: Tile = tile) -> None:
            density_tile(squares, tile)

        timed(f"density tile z{zoom}", f"/api/v1/tiles/density/{zoom}/{tile.x}/{tile.y}.mvt?period=2025", bare_tile)
    timed("district GeoJSON, simplified", path, lambda: run(districts))
    timed("district GeoJSON, 304", path, lambda: run(districts), 304, **{"If-None-Match": get(path)[2]})


def box_of(km: float) -> str:
    """A box with sides of about so many km around the place of the newest conversation that has one."""
    x, y = place()
    sides = (x - 0.006 * km, y - 0.0045 * km, x + 0.006 * km, y + 0.0045 * km)
    return ",".join(f"{part:.4f}" for part in sides)


def place() -> tuple[float, float]:
    """Where the newest conversation was that has a point: longitude, latitude."""
    at = Conversation.objects.filter(location__isnull=False).values_list("location", flat=True)[0]
    return at.x, at.y
