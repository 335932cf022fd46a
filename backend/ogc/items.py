"""Features of a collection, as the database writes them: pages by key, one feature, how many match.

Statements are made of the names of a declared collection and of parameters, nothing else.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from backend.geo.bbox import BBox
from backend.ogc.collection import GEOMETRY, KEY, Collection, Property
from backend.ogc.cql2_sql import Compiler, Parameters, in_wgs84
from backend.ogc.crs import CRS84, Crs

# Runs a statement and returns its rows.
Fetch = Callable[[sql.Composable, Mapping[str, Any]], list[tuple[Any, ...]]]
DEFAULT_LIMIT: Final = 100
MOST: Final = 1_000
_CASTS: Final = {
    "string": "text", "integer": "bigint", "number": "float8", "boolean": "boolean", "date": "date"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sort:
    by: Property
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a collection. `filter` is CQL2 JSON; `after` is a cursor of `Page.next`.

    Features meet one of the boxes, of which there are two across the antimeridian. `first` and `last`: they hold on a
    day from one to the other; None: no limit on that side.
    """

    limit: int = DEFAULT_LIMIT
    after: str = ""
    crs: Crs = CRS84
    boxes: tuple[BBox, ...] = ()
    bbox_crs: Crs = CRS84
    first: dt.date | None = None
    last: dt.date | None = None
    equals: tuple[tuple[Property, Any], ...] = ()
    filter: Any = None
    filter_crs: Crs = CRS84
    sorts: tuple[Sort, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`features` are GeoJSON texts; `next` is the cursor of the page that follows, empty at the end."""

    features: list[str]
    next: str


class CursorError(ValueError):
    """A cursor that no page gave, or one of another order."""


def read_page(fetch: Fetch, collection: Collection, query: Query) -> Page:
    """One page, in the order that was asked for and by key within it. One statement.

    The page that follows begins behind the last feature, however deep: nothing is counted off. Raises CqlError and
    CursorError.
    """
    params = Parameters()
    where = _where(collection, query, params)
    if query.after:
        where.append(_after(query, params))
    statement = sql.SQL("SELECT {}, {}{} FROM {} WHERE {} ORDER BY {} LIMIT {}").format(
        _feature(collection, query.crs),
        sql.Identifier(KEY),
        sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier(sort.by.name)) for sort in query.sorts),
        _relation(collection),
        sql.SQL(" AND ").join(where),
        sql.SQL(", ").join(
            [
                *(
                    sql.SQL("{} {} NULLS LAST").format(
                        sql.Identifier(sort.by.name), sql.SQL("DESC" if sort.is_descending else "ASC")
                    )
                    for sort in query.sorts
                ),
                sql.Identifier(KEY),
            ]
        ),
        params.add(query.limit + 1),
    )
    rows = fetch(statement, params)
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return Page([row[0] for row in rows], _cursor(query.sorts, rows[-1][1:]) if more else "")


def read_feature(fetch: Fetch, collection: Collection, key: int, crs: Crs) -> str | None:
    """One feature as a GeoJSON text, without its closing brace, so that links can be added; None: there is none."""
    params = Parameters()
    where = [*_rows(collection, params), sql.SQL("{} = {}").format(sql.Identifier(KEY), params.add(key))]
    rows = fetch(
        sql.SQL("SELECT {} FROM {} WHERE {}").format(
            _feature(collection, crs), _relation(collection), sql.SQL(" AND ").join(where)
        ),
        params,
    )
    return rows[0][0][:-1] if rows else None


def count_matches(fetch: Fetch, collection: Collection, query: Query) -> int:
    """How many features match, on all pages together. Raises CqlError."""
    params = Parameters()
    where = sql.SQL(" AND ").join(_where(collection, query, params))
    counted = fetch(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(_relation(collection), where), params)
    return int(counted[0][0])


def read_tile(
    fetch: Fetch,
    collection: Collection,
    query: Query,
    *,
    bounds_m: tuple[float, float, float, float],
    bbox: BBox,
    most: int,
) -> bytes:
    """A vector tile (Mapbox Vector Tile 2.1) of what lies in the bounds, in metres of EPSG:3857 and in degrees.

    At most so many features; the layer bears the id of the collection. Raises CqlError.
    """
    params = Parameters()
    where = _where(collection, query, params)
    where.append(_meets(bbox, CRS84, params))
    envelope = sql.SQL("ST_MakeEnvelope({}, 3857)").format(
        sql.SQL(", ").join(sql.SQL("{}::float8").format(params.add(one)) for one in bounds_m)
    )
    columns = [sql.Identifier(one.name) for one in collection.properties if one.kind != "object"]
    # Dates are no type of vector tiles.
    shown = [
        sql.SQL("{0}::text AS {0}").format(column) if one.kind == "date" else column
        for one, column in zip((p for p in collection.properties if p.kind != "object"), columns, strict=True)
    ]
    statement = sql.SQL(
        "SELECT coalesce(ST_AsMVT(tile, {layer}, 4096, 'shape', {key}), '') FROM ("
        "SELECT {id}, {columns}, ST_AsMVTGeom(ST_Transform({geometry}, 3857), {envelope}, 4096, 64, true) AS shape"
        " FROM {relation} WHERE {where} ORDER BY {id} LIMIT {most}) AS tile WHERE shape IS NOT NULL"
    ).format(
        layer=params.add(collection.id),
        key=params.add(KEY),
        id=sql.Identifier(KEY),
        columns=sql.SQL(", ").join(shown),
        geometry=sql.Identifier(GEOMETRY),
        envelope=envelope,
        relation=_relation(collection),
        where=sql.SQL(" AND ").join(where),
        most=params.add(most),
    )
    return bytes(fetch(statement, params)[0][0])


# --- the parts of a statement --------------------------------------------------------------------------
def _relation(collection: Collection) -> sql.Composable:
    return sql.SQL("({}) AS shown").format(sql.SQL(collection.source))


def _feature(collection: Collection, crs: Crs) -> sql.Composable:
    """GeoJSON written by the database: geometry and properties are never parsed on the way."""
    members = sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(one.name), sql.Identifier(one.name)) for one in collection.properties
    )
    geometry: sql.Composable = sql.SQL("'null'")
    if collection.has_geometry:
        geometry = sql.SQL("coalesce(ST_AsGeoJSON({}, {}, 0), 'null')").format(
            _written(sql.Identifier(GEOMETRY), crs), sql.Literal(crs.decimals)
        )
    return sql.SQL(
        """'{{"type":"Feature","id":' || {key} || ',"geometry":' || {geometry} || ',"properties":' """
        """|| json_build_object({members})::text || '}}'"""
    ).format(key=sql.Identifier(KEY), geometry=geometry, members=members)


def _written(geometry: sql.Composable, crs: Crs) -> sql.Composable:
    """As a system writes it; outer rings counter-clockwise in degrees, longitude first (RFC 7946, section 3.1.6)."""
    if crs.srid != 4326:
        geometry = sql.SQL("ST_Transform({}, {})").format(geometry, sql.Literal(crs.srid))
    geometry = sql.SQL("ST_ForcePolygonCCW({})").format(geometry)
    return sql.SQL("ST_FlipCoordinates({})").format(geometry) if crs.is_flipped else geometry


def _rows(collection: Collection, params: Parameters) -> list[sql.Composable]:
    conditions: list[sql.Composable] = [sql.SQL("TRUE")]
    for name, value in collection.rows.items():
        conditions.append(sql.SQL("{} = {}").format(sql.Identifier(name), params.add(value)))
    return conditions


def _where(collection: Collection, query: Query, params: Parameters) -> list[sql.Composable]:
    conditions = _rows(collection, params)
    if query.boxes and collection.has_geometry:
        meets = [_meets(box, query.bbox_crs, params) for box in query.boxes]
        conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(meets)))
    if collection.time is not None:
        starts, ends = map(sql.Identifier, collection.time)
        if query.last is not None:
            conditions.append(sql.SQL("{} <= {}").format(starts, params.add(query.last)))
        if query.first is not None:
            conditions.append(sql.SQL("coalesce({}, 'infinity') >= {}").format(ends, params.add(query.first)))
    for one, value in query.equals:
        conditions.append(sql.SQL("{} = {}").format(sql.Identifier(one.name), params.add(value)))
    if query.filter is not None:
        compiler = Compiler(
            collection.queryables, params, crs=query.filter_crs, has_geometry=collection.has_geometry
        )  # fmt: skip
        conditions.append(compiler.condition(query.filter))
    return conditions


def _meets(bbox: BBox, crs: Crs, params: Parameters) -> sql.Composable:
    corners = sql.SQL(", ").join(sql.SQL("{}::float8").format(params.add(one)) for one in bbox)
    box = in_wgs84(sql.SQL("ST_MakeEnvelope({})").format(corners), crs)
    return sql.SQL("ST_Intersects({}, {})").format(sql.Identifier(GEOMETRY), box)


# --- cursors -------------------------------------------------------------------------------------------
def _cursor(sorts: Sequence[Sort], row: Sequence[Any]) -> str:
    """Where a page ends: the order, the values that it sorts by, the key."""
    order = ",".join(f"{'-' if sort.is_descending else ''}{sort.by.name}" for sort in sorts)
    written = json.dumps([order, *row], default=str, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def _after(query: Query, params: Parameters) -> sql.Composable:
    """Behind the feature at which a page ended; nulls come last in either direction."""
    order = ",".join(f"{'-' if sort.is_descending else ''}{sort.by.name}" for sort in query.sorts)
    try:
        padded = query.after.encode("ascii") + b"=" * (-len(query.after) % 4)
        said = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        told, key, *values = said
    except (binascii.Error, UnicodeError, ValueError, TypeError, RecursionError):
        raise CursorError("it is none that a page gave") from None
    whole = isinstance(key, int) and not isinstance(key, bool) and abs(key) < 2**63
    if told != order or len(values) != len(query.sorts) or not whole:
        raise CursorError("it belongs to another order")
    condition: sql.Composable = sql.SQL("{} > {}").format(sql.Identifier(KEY), params.add(key))
    for sort, value in zip(reversed(query.sorts), reversed(values), strict=True):
        if value is not None and not isinstance(value, str | int | float):
            raise CursorError("it is none that a page gave")
        if not str(value).isprintable():
            raise CursorError("it is none that a page gave")
        column = sql.Identifier(sort.by.name)
        if value is None:
            condition = sql.SQL("({} IS NULL AND {})").format(column, condition)
            continue
        condition = sql.SQL("({0} {1} {2} OR {0} IS NULL OR ({0} = {2} AND {3}))").format(
            column,
            sql.SQL("<" if sort.is_descending else ">"),
            sql.SQL("{}::{}").format(params.add(str(value)), sql.SQL(_CASTS[sort.by.kind])),
            condition,
        )
    return condition
