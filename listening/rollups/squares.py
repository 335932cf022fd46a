"""Squares and hexagons: where conversations with a point were held, on a grid in the tiles of web maps and in H3."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import h3.api.basic_int as h3
from django.db.backends.utils import CursorWrapper

from backend.db import sql
from backend.geo.tile_matrix import Tile

# Of the tiles that have squares. The finest squares are 54 m wide at 44.5 degrees north.
ZOOMS: Final = (10, 11, 12, 13)
RESOLUTIONS: Final = (7, 8, 9)
SPOT_ZOOM: Final = 24
LOG_ROWS_PER_MERGE: Final = 50_000


def merge_squares(cursor: CursorWrapper, most: int) -> int:
    """Merge so much of the log of places; returns its rows. The caller holds the lock of the rollups, in a transaction.

    H3 is known to Python alone, so each place goes through it once, when it comes; all counting is SQL.
    """
    cursor.execute("SELECT id, conversation_id FROM rollups_square_delta ORDER BY id LIMIT %s", [most])
    rows = cursor.fetchall()
    if not rows:
        return 0
    keep_hexagons(cursor, list({conversation for _, conversation in rows}))
    cursor.execute(sql.read("listening.rollups", "merge_squares.sql"), {"ids": [pk for pk, _ in rows]})
    return len(rows)


def keep_hexagons(cursor: CursorWrapper, conversations: list[UUID]) -> None:
    """Write which hexagons some conversations lie in, by their tallies of this moment."""
    cursor.execute(
        "SELECT conversation_id, spot FROM rollups_tally WHERE conversation_id = ANY (%s) AND spot IS NOT NULL",
        [conversations],
    )
    placed = cursor.fetchall()
    of = {spot: hexagons_of(spot) for spot in {spot for _, spot in placed}}
    cursor.execute(
        sql.read("listening.rollups", "keep_hexagons.sql"),
        {
            "conversations": conversations,
            "placed": [conversation for conversation, _ in placed],
            "spots": [spot for _, spot in placed],
            **{f"r{one}": [of[spot][at] for _, spot in placed] for at, one in enumerate(RESOLUTIONS)},
        },
    )


def hexagons_of(spot: int) -> tuple[int, ...]:
    """The H3 cells of the middle of a spot, at each of RESOLUTIONS. A spot is column << 24 | row at zoom 24."""
    box = Tile(SPOT_ZOOM, spot >> SPOT_ZOOM, spot & (1 << SPOT_ZOOM) - 1).bbox
    middle = (box.miny + box.maxy) / 2, (box.minx + box.maxx) / 2
    return tuple(h3.latlng_to_cell(*middle, resolution) for resolution in RESOLUTIONS)
