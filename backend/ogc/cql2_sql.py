"""CQL2 JSON as a condition of SQL: columns by the queryables alone, every value a parameter.

A comparison with null is neither true nor false, as in SQL.

References
----------
Common Query Language (CQL2), OGC 21-065r2: requirements classes Basic CQL2, Advanced Comparison Operators,
Case-insensitive Comparison, (Basic) Spatial Functions, Property-Property Comparisons.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from backend.ogc.collection import GEOMETRY, Property
from backend.ogc.cql2_text import DEEPEST, CqlError
from backend.ogc.crs import Crs

_COMPARISONS: Final = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SPATIAL: Final = {
    "s_intersects": "ST_Intersects", "s_disjoint": "ST_Disjoint", "s_contains": "ST_Contains",
    "s_within": "ST_Within", "s_equals": "ST_Equals", "s_touches": "ST_Touches", "s_crosses": "ST_Crosses",
    "s_overlaps": "ST_Overlaps",
}  # fmt: skip
# Levels of lists around the positions of each geometry; rings have four positions at least.
_DEPTHS: Final = {
    "Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3
}  # fmt: skip
_LEAST: Final = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}
MOST_ARGUMENTS: Final = 1_000


class Parameters(dict[str, Any]):
    """The values of a statement; each gets a name as it is added."""

    def add(self, value: Any) -> sql.Placeholder:
        name = f"p{len(self)}"
        self[name] = value
        return sql.Placeholder(name)


@dataclass(frozen=True, slots=True)
class _Term:
    """A value in SQL and what it is: string, number, boolean, date or geometry."""

    sql: sql.Composable
    kind: str


class Compiler:
    """Reads one filter for the queryables of a collection; `crs` is that of geometries in the filter."""

    def __init__(
        self, queryables: Mapping[str, Property], params: Parameters, *, crs: Crs, has_geometry: bool = True
    ) -> None:
        self.queryables, self.params, self.crs, self.has_geometry = queryables, params, crs, has_geometry
        self.read = 0

    def condition(self, tree: Any, depth: int = 0) -> sql.Composable:
        """The condition that a tree stands for. Raises CqlError."""
        if depth > DEEPEST:
            raise CqlError(f"the filter is nested more than {DEEPEST} levels deep")
        if isinstance(tree, bool):
            return sql.SQL("TRUE" if tree else "FALSE")
        if not isinstance(tree, dict) or not isinstance(tree.get("op"), str) or not isinstance(tree.get("args"), list):
            raise CqlError(f'{_shown(tree)} is no condition: write {{"op": ..., "args": [...]}}')
        op, args = tree["op"], tree["args"]
        self.read += len(args)
        if self.read > MOST_ARGUMENTS:
            raise CqlError(f"the filter has more than {MOST_ARGUMENTS} parts")
        match op:
            case "and" | "or":
                _expect(op, args, 2, most=MOST_ARGUMENTS)
                inner = [self.condition(one, depth + 1) for one in args]
                return sql.SQL("({})").format(sql.SQL(f" {op.upper()} ").join(inner))
            case "not":
                _expect(op, args, 1)
                return sql.SQL("(NOT {})").format(self.condition(args[0], depth + 1))
            case "isNull":
                _expect(op, args, 1)
                return sql.SQL("({} IS NULL)").format(self.term(args[0]).sql)
            case "like":
                return self._like(args)
            case "between":
                _expect(op, args, 3)
                value, low, high = (self.term(one) for one in args)
                _alike(op, value, low, high)
                return sql.SQL("({} BETWEEN {} AND {})").format(value.sql, low.sql, high.sql)
            case "in":
                _expect(op, args, 2)
                if not isinstance(args[1], list) or not 1 <= len(args[1]) <= MOST_ARGUMENTS:
                    raise CqlError(f"the second part of in is a list of 1 to {MOST_ARGUMENTS} values")
                value, options = self.term(args[0]), [self.term(one) for one in args[1]]
                _alike(op, value, *options)
                return sql.SQL("({} IN ({}))").format(value.sql, sql.SQL(", ").join(one.sql for one in options))
        if op in _COMPARISONS:
            _expect(op, args, 2)
            left, right = self.term(args[0]), self.term(args[1])
            _alike(op, left, right)
            return sql.SQL("({} {} {})").format(left.sql, sql.SQL(_COMPARISONS[op]), right.sql)
        if op in _SPATIAL:
            _expect(op, args, 2)
            left, right = self.term(args[0]), self.term(args[1])
            if left.kind != "geometry" or right.kind != "geometry":
                raise CqlError(f"{op} compares geometries")
            return sql.SQL("{}({}, {})").format(sql.SQL(_SPATIAL[op]), left.sql, right.sql)
        known = ", ".join(["and", "or", "not", "isNull", "like", "between", "in", *_COMPARISONS, *_SPATIAL])
        raise CqlError(f"{op[:40]!r} is no operator here; there are {known}")

    def _like(self, args: list[Any]) -> sql.Composable:
        _expect("like", args, 2)
        value, pattern = self.term(args[0]), self.term(args[1])
        if (value.kind, pattern.kind) != ("string", "string") or _is_property(args[1]):
            raise CqlError("like compares a text with a pattern")
        written = args[1]["args"][0] if isinstance(args[1], dict) else args[1]
        if isinstance(written, str) and (len(written) - len(written.rstrip("\\"))) % 2:
            raise CqlError("the pattern of like ends with \\, which stands for the next character")
        return sql.SQL("({} LIKE {})").format(value.sql, pattern.sql)

    # --- values ----------------------------------------------------------------------------------------
    def term(self, tree: Any, depth: int = 0) -> _Term:
        match tree:
            case bool():
                return _Term(self._cast(tree, "boolean"), "boolean")
            case int() | float():
                if not math.isfinite(tree):
                    raise CqlError("a number is too large")
                return _Term(self._cast(str(tree), "numeric"), "number")
            case str():
                return _Term(self._cast(_text(tree), "text"), "string")
            case {"property": str(name)}:
                return self._property(name)
            case {"date": str(text)}:
                return _Term(self._cast(_day(text), "date"), "date")
            case {"timestamp": str(text)}:
                return _Term(self._cast(_instant(text), "timestamptz"), "date")
            case {"op": "casei", "args": [inner]} if depth < DEEPEST:
                value = self.term(inner, depth + 1)
                if value.kind != "string":
                    raise CqlError("casei takes a text")
                return _Term(sql.SQL("lower({})").format(value.sql), "string")
            case {"bbox": list(corners)}:
                return self._box(corners)
            case {"type": str(name), "coordinates": positions} if name in _DEPTHS:
                _check_positions(name, positions)
                return _Term(self._geometry({"type": name, "coordinates": positions}), "geometry")
        raise CqlError(f"{_shown(tree)} is neither a property nor a value")

    def _property(self, name: str) -> _Term:
        if name == GEOMETRY and self.has_geometry:
            return _Term(sql.Identifier(GEOMETRY), "geometry")
        found = self.queryables.get(name)
        if found is None:
            known = [*self.queryables, *([GEOMETRY] if self.has_geometry else [])]
            raise CqlError(f"there is no property {name[:60]!r}; there are {', '.join(known)}")
        return _Term(sql.Identifier(found.name), "number" if found.kind == "integer" else found.kind)

    def _cast(self, value: Any, name: str) -> sql.Composable:
        return sql.SQL("{}::{}").format(self.params.add(value), sql.SQL(name))

    def _box(self, corners: list[Any]) -> _Term:
        if len(corners) != 4 or not all(_is_number(one) for one in corners):
            raise CqlError(f"{_shown(corners)} is no box of four numbers")
        west, south, east, north = corners
        if west > east or south > north:
            raise CqlError(f"{_shown(corners)} has its corners swapped")
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return _Term(self._geometry({"type": "Polygon", "coordinates": [ring]}), "geometry")

    def _geometry(self, shape: dict[str, Any]) -> sql.Composable:
        return in_wgs84(
            sql.SQL("ST_GeomFromGeoJSON({})").format(self.params.add(json.dumps(shape))), self.crs
        )  # fmt: skip


def in_wgs84(geometry: sql.Composable, crs: Crs) -> sql.Composable:
    """A geometry whose coordinates are written in a system, as the database keeps them."""
    placed = sql.SQL("ST_SetSRID({}, {})").format(geometry, sql.Literal(crs.srid))
    if crs.is_flipped:
        placed = sql.SQL("ST_FlipCoordinates({})").format(placed)
    return placed if crs.srid == 4326 else sql.SQL("ST_Transform({}, 4326)").format(placed)


def _expect(op: str, args: list[Any], least: int, most: int | None = None) -> None:
    if not least <= len(args) <= (most or least):
        raise CqlError(f"{op} has {len(args)} parts; it takes {least}{' or more' if most else ''}")


def _alike(op: str, first: _Term, *others: _Term) -> None:
    for other in others:
        if other.kind != first.kind or first.kind == "geometry":
            raise CqlError(f"{op} cannot compare a {first.kind} with a {other.kind}")


def _is_property(tree: Any) -> bool:
    return isinstance(tree, dict) and ("property" in tree or any(map(_is_property, tree.get("args", ()))))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_positions(name: str, value: Any) -> None:
    """Lists as deep as the geometry wants, positions of two numbers, rings that close."""
    rings: list[Any] = [value]
    for _ in range(max(_DEPTHS[name] - 1, 0)):
        if not all(isinstance(one, list) and one for one in rings):
            raise CqlError(f"the coordinates of the {name} are not nested as they should be")
        rings = [inner for one in rings for inner in one]
    for ring in rings if _DEPTHS[name] else [[value]]:
        is_line = isinstance(ring, list) and all(
            isinstance(position, list) and len(position) == 2 and all(map(_is_number, position)) for position in ring
        )
        if not is_line or len(ring) < _LEAST.get(name, 1):
            raise CqlError(f"the coordinates of the {name} are not positions of two numbers, nested as they should be")
        if "Polygon" in name and ring[0] != ring[-1]:
            raise CqlError(f"a ring of the {name} does not end where it begins")


def _text(value: str) -> str:
    if "\x00" in value or not _is_encodable(value):
        raise CqlError(f"the text {value[:40]!a} holds what no text may hold")
    return value


def _is_encodable(value: str) -> bool:
    return not any("\ud800" <= mark <= "\udfff" for mark in value)


def _parsed(read: Callable[[str], Any], text: str, example: str) -> Any:
    try:
        return read(text)
    except (ValueError, OverflowError):
        raise CqlError(f"{text[:40]!r} is not written as {example}") from None


def _day(text: str) -> dt.date:
    if len(text) != 10:
        raise CqlError(f"{text[:40]!r} is not written as 2026-06-30")
    return _parsed(dt.date.fromisoformat, text, "2026-06-30")  # type: ignore[no-any-return]


def _instant(text: str) -> dt.datetime:
    found: dt.datetime = _parsed(dt.datetime.fromisoformat, text, "2026-06-30T00:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _shown(tree: Any) -> str:
    text = ascii(tree)
    return text if len(text) <= 60 else f"{text[:57]}..."
