"""Records as the API shows them: JSON text made by the database, one query for a page of any size."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from backend.db import sql
from backend.db.prepared import prepared_cursor
from backend.geo.tile_matrix import Tile
from listening.records.redacted import masked


@dataclass(frozen=True, slots=True)
class RenderedConversation:
    """One conversation: `document` is its JSON, `geometry` a GeoJSON geometry or "null"."""

    id: UUID
    version: int
    geometry: str
    document: str

    @property
    def feature(self) -> str:
        """The conversation as a GeoJSON feature (RFC 7946, section 3.2)."""
        return f'{{"type":"Feature","id":"{self.id}","geometry":{self.geometry},"properties":{self.document}}}'


def document_of(pk: UUID) -> dict[str, Any]:
    """A conversation as the API shows it. Raises ValueError when there is none."""
    (rendered,) = render_conversations([pk])
    document: dict[str, Any] = json.loads(rendered.document)
    return document


def render_findings(ids: Sequence[UUID]) -> list[str]:
    """Findings without the people behind them, and with what may name them masked, as JSON, in the order of their ids.

    One query.
    """
    with prepared_cursor() as cursor:
        cursor.execute(sql.read("listening.records", "findings_as_json.sql"), {"ids": list(ids)})
        return [_without_people(pk, document) for pk, document in cursor.fetchall()]


def _without_people(pk: UUID, document: str) -> str:
    told: dict[str, Any] = {"ref": reference(pk), **json.loads(document)}
    told["text"] = masked(told["text"])
    return json.dumps(told, ensure_ascii=False)


def reference(finding: UUID) -> str:
    """What a reader calls a finding by: 16 hexadecimal digits that say nothing of when and by whom it was logged."""
    return hmac.new(settings.SECRET_KEY.encode(), b"finding " + finding.bytes, hashlib.sha256).hexdigest()[:16]


def render_conversations(ids: Sequence[UUID]) -> list[RenderedConversation]:
    """Render conversations in the order of their ids; ids without a record are left out. One query."""
    with prepared_cursor() as cursor:
        cursor.execute(sql.read("listening.records", "conversations_as_json.sql"), {"ids": list(ids)})
        return [
            RenderedConversation(pk, version, geometry or "null", document)
            for pk, version, geometry, document in cursor.fetchall()
        ]


def conversation_tile(ids: Sequence[UUID], tile: Tile, *, truncated: bool) -> bytes:
    """Conversations with a point as Mapbox Vector Tile: id, day and channel; empty without any. One query."""
    if not ids:
        return b""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.records", "conversations_as_tile.sql"),
            {"z": tile.z, "x": tile.x, "y": tile.y, "ids": list(ids), "truncated": truncated},
        )
        return bytes(cursor.fetchone()[0])
