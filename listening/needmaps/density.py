"""Where people were listened to, as tiles of squares: kept counts, so a tile costs the same however much was heard."""

from __future__ import annotations

from typing import Final

from django.db import connection

from backend.db import sql
from backend.geo.tile_matrix import Tile
from listening.needmaps.places import PlacesQuery
from listening.rollups.squares import ZOOMS

MIN_ZOOM: Final = ZOOMS[0]
MAX_ZOOM: Final = ZOOMS[-1]


def tile_version(tile: Tile) -> int:
    """When the squares of a tile last changed: a number that only grows, 0 for a tile that was always empty. One query.

    Read before the tile: a merge between the two gives a tile that is newer than its version, never an older one.
    """
    finer = MAX_ZOOM - tile.z
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(version), 0) FROM rollups_square_version"
            " WHERE tile_x >= %s AND tile_x < %s AND tile_y >= %s AND tile_y < %s",
            [tile.x << finer, (tile.x + 1) << finer, tile.y << finer, (tile.y + 1) << finer],
        )
        version: int = cursor.fetchone()[0]
    return version


def density_tile(query: PlacesQuery, tile: Tile) -> bytes:
    """The squares of a tile as Mapbox Vector Tile, as of the last merge; empty without any. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "squares_as_tile.sql"),
            {
                "z": tile.z,
                "x": tile.x,
                "y": tile.y,
                "theme": query.theme.pk if query.theme else 0,
                "first": query.period.first,
                "until": query.period.until,
                **query.sight.as_params(),
            },
        )
        return bytes(cursor.fetchone()[0])
