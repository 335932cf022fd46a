"""The product beside tipg and a plain djangorestframework-gis project: the same rows, cores, connections and minutes.

The peers get what favours them: an environment and server of their own, tables with the columns asked for and their
indexes, no sign-in. The product does all that it always does: who asks, what they may see, the audit, the limits.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from django.db import connection

from backend.db import sql
from tests.benchmarks.load import Load, free_port, hammer, stop, wait_for
from tests.benchmarks.peers.environment import ENVIRONMENT, ROOT

WORKERS = str(os.cpu_count() or 1)
SCHEMA = """
CREATE SCHEMA peer;
CREATE VIEW peer.conversations AS
    SELECT id, occurred_at, occurred_on, channel, language, people_count, summary, district_id, location
    FROM records_conversation;
CREATE TABLE peer.need_map AS {needs};
ALTER TABLE peer.need_map ADD PRIMARY KEY (id);
CREATE INDEX ON peer.need_map USING gist (geometry);
CREATE INDEX ON peer.need_map (theme, layer);
ANALYZE peer.need_map;
"""


class Peer(NamedTuple):
    """Where a server listens, and what it is asked with."""

    name: str
    port: int


@contextlib.contextmanager
def peers() -> Iterator[tuple[Peer, Peer]]:
    """tipg and the plain project, each with as many workers as there are cores, over the database of the run."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA.format(needs=sql.read("listening.opendata", "needs.sql")))
    named = connection.settings_dict
    host, port, user = named["HOST"] or "127.0.0.1", str(named["PORT"] or 5432), named["USER"]
    password = named["PASSWORD"] or ""
    shared = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}
    tipg_port, plain_port = free_port(), free_port()
    where = f"{quote(host, safe='')}:{port}/{named['NAME']}"  # a socket's folder too
    tipg = _start(
        "uvicorn", "tipg.main:app", "--port", str(tipg_port), "--workers", WORKERS, "--log-level", "error",
        env=shared | {
            "DATABASE_URL": f"postgresql://{user}:{quote(password, safe='')}@{where}",
            "TIPG_DB_SCHEMAS": '["peer"]',
            "TIPG_CATALOG_TTL": "0",
        },
    )  # fmt: skip
    plain = _start(
        "granian", "--interface", "wsgi", "plain:application", "--host", "127.0.0.1",
        "--port", str(plain_port), "--workers", WORKERS, "--no-access-log", "--log-level", "error",
        env=shared | {
            "PEER_HOST": host, "PEER_PORT": port, "PEER_NAME": named["NAME"], "PEER_USER": user,
            "PEER_PASSWORD": password,
        },
    )  # fmt: skip
    try:
        wait_for(tipg_port, "/healthz")
        wait_for(plain_port, "/conversations/?page_size=1&in_bbox=0,0,0.001,0.001")
        yield Peer("tipg", tipg_port), Peer("plain DRF-GIS", plain_port)
    finally:
        stop(tipg)
        stop(plain)
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA peer CASCADE")


def _start(module: str, *arguments: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    python = ENVIRONMENT / "bin" / "python"
    return subprocess.Popen(
        [str(python), "-m", module, *arguments], env=env, stdout=subprocess.DEVNULL, stderr=sys.stderr, cwd=Path("/")
    )


class Question(NamedTuple):
    """The same thing asked of each: paths, `None` where a server has no such thing."""

    name: str
    product: str
    tipg: str | None
    plain: str | None
    seconds: float = 4.0


def questions(box_1km: str, box_5km: str, tile: str, release_file: str) -> list[Question]:
    """What is compared. `tile` is z/x/y, `release_file` the path of a bulk file of the newest release."""

    def page(box: str) -> tuple[str, str, str]:
        return (
            f"/api/v1/conversations?format=geojson&limit=100&bbox={box}",
            f"/collections/peer.conversations/items?limit=100&bbox={box}",
            f"/conversations/?page_size=100&in_bbox={box}",
        )

    return [
        Question("100 conversations, 1 km box", *page(box_1km)),
        Question("100 conversations, 5 km box", *page(box_5km)),
        Question(
            "need map, 1 theme, 1 year",
            "/api/v1/need-map?layer=area-statistica&theme=housing&period=2025&geometry=none", None,
            "/need-map/?theme=housing&first=2025-01-01&until=2026-01-01",
        ),
        Question(
            "density tile z12", f"/api/v1/tiles/density/{tile}.mvt",
            f"/collections/peer.conversations/tiles/WebMercatorQuad/{tile}", None,
        ),
        Question(
            "/open/ 100 features", "/open/collections/need-map-latest/items?f=json&limit=100",
            "/collections/peer.need_map/items?f=geojson&limit=100", None,
        ),
        Question(
            "/open/ one theme of a layer",
            "/open/collections/need-map-latest/items?f=json&limit=1000&theme=housing&layer=zona",
            "/collections/peer.need_map/items?f=geojson&limit=1000&theme=housing&layer=zona", None,
        ),
        Question(
            "zones of a release, one file", release_file,
            "/collections/peer.need_map/items?f=geojson&limit=10000&layer=zona", None, 8.0,
        ),
    ]  # fmt: skip


def measure(port: int, token: str, asked: list[Question]) -> Iterator[tuple[Question, dict[str, Load]]]:
    """Each question to each server in turn: one connection for the median, then eight for the requests a second."""
    with peers() as (tipg, plain):
        for question in asked:
            told: dict[str, Load] = {}
            for name, where, path in (
                ("product", port, question.product),
                (tipg.name, tipg.port, question.tipg),
                (plain.name, plain.port, question.plain),
            ):
                if path is not None:
                    headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
                    told[name] = hammer(where, path, headers, question.seconds)
                    time.sleep(0.3)
            yield question, told
