"""A JSON parser that takes what RFC 8259 and I-JSON (RFC 7493) allow, and names what it refuses.

What the standard library lets through would fail later, as a 500 or as silent loss: duplicate members (the last wins),
NaN and Infinity, NUL and lone surrogates (PostgreSQL refuses them), integers beyond 64 bits, nesting that exhausts the
stack.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser

from backend.problems import BodyTooLarge, InvalidRequest

DEEPEST = 20  # levels of nesting
LARGEST_INTEGER = 2**63 - 1
LONGEST_INTEGER = 19  # digits of it

# A text that never ends runs to the end of the body: looking for its end once more from each quote in it would take
# time by the square of the length.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class StrictJSONParser(BaseParser):
    """REST framework's parser for application/json."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit: int = settings.BODY_LIMIT_BYTES
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(f"The body is larger than {limit} bytes.", limit_bytes=limit)
        return parse_json(body)


def parse_json(body: bytes) -> Any:
    """Parse UTF-8 encoded JSON. Raises InvalidRequest, which says what was wrong and where."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8: byte {error.start} cannot be decoded.") from None
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    _check_strings(value)
    return value


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the recursive parser sees it."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                raise InvalidRequest(
                    f"The body is nested more than {DEEPEST} levels deep at character {match.start()}."
                )
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise InvalidRequest(f"The member {_shown(name)} occurs twice in one object.")
        members[name] = value
    return members


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_INTEGER or abs(int(digits)) > LARGEST_INTEGER:
        raise InvalidRequest(f"The number {_shown(digits)} does not fit into 64 bits.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise InvalidRequest(f"The number {_shown(digits)} is too large.")
    return value


def _constant(name: str) -> NoReturn:
    raise InvalidRequest(f"{name} is not a JSON value; leave the member out or write a number.")


# Where a value is: the trail of what holds it, and its own name or index there. Written out for a message alone: one
# text per value would cost the length of the names times the number of values.
_Trail = tuple["_Trail", str | int] | None


def _check_strings(value: Any) -> None:
    """Refuse NUL and lone surrogates, which are legal in JSON and not in any text we could store."""
    pending: list[tuple[_Trail, Any]] = [(None, value)]
    while pending:
        trail, one = pending.pop()
        match one:
            case str():
                _check_text(trail, one)
            case dict():
                for name, inner in one.items():
                    _check_text(trail, name)
                    pending.append(((trail, name), inner))
            case list():
                pending.extend(((trail, index), inner) for index, inner in enumerate(one))


def _check_text(trail: _Trail, text: str) -> None:
    if "\x00" in text:
        raise InvalidRequest(f"The text at {_pointer(trail)} holds a NUL character.")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidRequest(f"The text at {_pointer(trail)} holds half a surrogate pair.") from None


def _pointer(trail: _Trail) -> str:
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        steps.append(f"/{step}")
    return _shown("".join(reversed(steps)) or "/")


def _shown(text: str) -> str:
    """A value as a message shows it: short, escaped."""
    return ascii(text if len(text) <= 60 else f"{text[:57]}...")
