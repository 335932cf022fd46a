"""CQL2 text read into CQL2 JSON: one form for all that follows.

References
----------
Common Query Language (CQL2), OGC 21-065r2, annex B (BNF). `AND` binds tighter than `OR`, `NOT` tighter than both.
"""

from __future__ import annotations

import re
from typing import Any, Final

DEEPEST: Final = 20  # levels of brackets and NOT
LONGEST: Final = 4_000  # characters

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|'(?P<text>(?:[^']|'')*)'"
    r'|"(?P<quoted>[^"]+)"'
    r"|(?P<word>[^\W\d][\w.:]*)"
    r"|(?P<mark><>|<=|>=|[=<>(),+*/-]))"
)
_SPATIAL = frozenset(
    {"S_INTERSECTS", "S_DISJOINT", "S_CONTAINS", "S_WITHIN", "S_EQUALS", "S_TOUCHES", "S_CROSSES", "S_OVERLAPS"}
)
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_RESERVED = frozenset({"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "DATE", "TIMESTAMP"})
# Levels of brackets around the positions of each geometry.
_DEPTHS: Final = {"POINT": 0, "LINESTRING": 1, "MULTIPOINT": 1, "POLYGON": 2, "MULTILINESTRING": 2, "MULTIPOLYGON": 3}
_NAMES: Final = {
    "POINT": "Point", "LINESTRING": "LineString", "MULTIPOINT": "MultiPoint", "POLYGON": "Polygon",
    "MULTILINESTRING": "MultiLineString", "MULTIPOLYGON": "MultiPolygon",
}  # fmt: skip


class CqlError(ValueError):
    """A filter that cannot be understood, or that compares what cannot be compared; the message says where."""


def parse_text(text: str) -> Any:
    """A filter in CQL2 text as CQL2 JSON. Raises CqlError."""
    if len(text) > LONGEST:
        raise CqlError(f"the filter is longer than {LONGEST} characters")
    reader = _Reader(text)
    tree = reader.either(0)
    if reader.kind != "end":
        raise reader.error("the end, AND or OR")
    return tree


class _Reader:
    """Recursive descent: one method per rule, each leaves the reader behind what it read."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.begin = text, 0, 0
        self.kind, self.value = "", ""
        self.step()

    def step(self) -> None:
        rest = self.text[self.at :]
        if not rest.strip():
            self.kind, self.value, self.begin = "end", "", len(self.text)
            return
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            at = self.at + len(rest) - len(rest.lstrip())
            raise CqlError(f"{self.text[at : at + 20]!r} at character {at + 1} is not understood")
        self.kind = str(found.lastgroup)
        self.value = found[self.kind]
        self.begin, self.at = found.start(self.kind), found.end()
        if self.kind == "word" and self.value.upper() in _RESERVED:
            self.kind, self.value = "keyword", self.value.upper()

    def error(self, wanted: str) -> CqlError:
        found = "the end" if self.kind == "end" else f"{self.value[:40]!r} at character {self.begin + 1}"
        return CqlError(f"{found} stands where {wanted} is expected")

    def takes(self, *values: str) -> bool:
        """Step over a mark or keyword when it is next."""
        if self.kind in {"mark", "keyword"} and self.value in values:
            self.step()
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.takes(mark):
            raise self.error(repr(mark))

    # --- conditions ------------------------------------------------------------------------------------
    def either(self, depth: int) -> Any:
        parts = [self.both(depth)]
        while self.takes("OR"):
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    def both(self, depth: int) -> Any:
        parts = [self.term(depth)]
        while self.takes("AND"):
            parts.append(self.term(depth))
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def term(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise CqlError(f"the filter is nested more than {DEEPEST} levels deep")
        if self.takes("NOT"):
            return {"op": "not", "args": [self.term(depth + 1)]}
        if self.kind == "mark" and self.value == "(":
            # A bracket may hold a condition, or the left side of a comparison.
            held = (self.at, self.begin, self.kind, self.value)
            try:
                return self.comparison(depth + 1)
            except CqlError:
                self.at, self.begin, self.kind, self.value = held
            self.step()
            inner = self.either(depth + 1)
            self.expect(")")
            return inner
        return self.comparison(depth + 1)

    def comparison(self, depth: int) -> Any:
        if self.kind == "word" and self.value.upper() in _SPATIAL:
            name = self.value.lower()
            self.step()
            return {"op": name, "args": self.arguments(depth)}
        if self.kind == "keyword" and self.value in {"TRUE", "FALSE"}:
            value = self.value == "TRUE"
            self.step()
            if self.kind != "mark" or self.value not in _COMPARISONS:
                return value
            left: Any = value
        else:
            left = self.operand(depth)
        if self.kind == "mark" and self.value in _COMPARISONS:
            op = self.value
            self.step()
            return {"op": op, "args": [left, self.operand(depth)]}
        if self.takes("IS"):
            negated = self.takes("NOT")
            self.expect("NULL")
            return _negated({"op": "isNull", "args": [left]}, negated)
        negated = self.takes("NOT")
        if self.takes("LIKE"):
            return _negated({"op": "like", "args": [left, self.operand(depth)]}, negated)
        if self.takes("BETWEEN"):
            low = self.operand(depth)
            self.expect("AND")
            return _negated({"op": "between", "args": [left, low, self.operand(depth)]}, negated)
        if self.takes("IN"):
            return _negated({"op": "in", "args": [left, self.arguments(depth)]}, negated)
        raise self.error("a comparison")

    # --- values ----------------------------------------------------------------------------------------
    def arguments(self, depth: int) -> list[Any]:
        self.expect("(")
        found = [self.operand(depth + 1)]
        while self.takes(","):
            found.append(self.operand(depth + 1))
        self.expect(")")
        return found

    def operand(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise CqlError(f"the filter is nested more than {DEEPEST} levels deep")
        kind, value = self.kind, self.value
        if kind == "mark" and value in {"-", "+"}:
            self.step()
            if self.kind != "number":
                raise self.error("a number")
            number = _number(self.value)
            self.step()
            return -number if value == "-" else number
        if kind == "mark" and value == "(":
            self.step()
            inner = self.operand(depth + 1)
            self.expect(")")
            return inner
        if kind not in {"number", "text", "quoted", "word", "keyword"}:
            raise self.error("a property or a value")
        self.step()
        if kind == "number":
            return _number(value)
        if kind == "text":
            return value.replace("''", "'")
        if kind == "quoted":
            return {"property": value}
        if kind == "keyword":
            return self.keyword(value)
        upper = value.upper()
        if upper == "BBOX":
            return {"bbox": self.arguments(depth)}
        if upper in _DEPTHS:
            return {"type": _NAMES[upper], "coordinates": self.coordinates(_DEPTHS[upper], upper == "MULTIPOINT")}
        if upper == "CASEI" and self.kind == "mark" and self.value == "(":
            return {"op": upper.lower(), "args": self.arguments(depth)}
        return {"property": value}

    def keyword(self, value: str) -> Any:
        if value in {"TRUE", "FALSE"}:
            return value == "TRUE"
        if value in {"DATE", "TIMESTAMP"}:
            self.expect("(")
            if self.kind != "text":
                raise self.error("a day or an instant in quotes")
            found = {value.lower(): self.value}
            self.step()
            self.expect(")")
            return found
        raise CqlError(f"{value} stands where a property or a value is expected")

    def coordinates(self, depth: int, may_be_bare: bool = False) -> Any:
        """Positions in as many brackets; a multipoint may leave out those around each position."""
        self.expect("(")
        if depth == 0:
            found = self.position()
        else:
            found = [self.inner(depth, may_be_bare)]
            while self.takes(","):
                found.append(self.inner(depth, may_be_bare))
        self.expect(")")
        return found

    def inner(self, depth: int, may_be_bare: bool) -> Any:
        if depth > 1:
            return self.coordinates(depth - 1)
        if may_be_bare and self.kind == "mark" and self.value == "(":
            return self.coordinates(0)
        return self.position()

    def position(self) -> list[float]:
        return [self.ordinate(), self.ordinate()]

    def ordinate(self) -> float:
        sign = -1 if self.takes("-") else 1
        if self.kind != "number":
            raise self.error("a number")
        value = _number(self.value)
        self.step()
        return sign * value


def _negated(tree: Any, negated: bool) -> Any:
    return {"op": "not", "args": [tree]} if negated else tree


def _number(text: str) -> float:
    """A number of at most 40 characters: Python hesitates before integers of thousands of digits."""
    if len(text) > 40:
        raise CqlError(f"the number {text[:40]}... is too long")
    return int(text) if text.isdecimal() else float(text)
