"""Query parameters of OGC API read into values; every refusal names what would be right."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import QueryDict

from backend.geo.bbox import BBox
from backend.http.query_parameters import refuse_unknown
from backend.http.strict_json import parse_json
from backend.ogc.collection import Collection, Property
from backend.ogc.cql2_text import CqlError, parse_text
from backend.ogc.crs import CRS84, Crs
from backend.ogc.items import DEFAULT_LIMIT, MOST, Query, Sort
from backend.problems import InvalidParameter, InvalidRequest

FORMAT: Final = "f"
OF_ITEM: Final = ("crs",)
OF_TILE: Final = ("datetime", "filter", "filter-lang", "filter-crs")
OF_ITEMS: Final = ("limit", "cursor", "crs", "bbox", "bbox-crs", "sortby", *OF_TILE)
LANGUAGES: Final = ("cql2-text", "cql2-json")
_BOUNDS = 2**63


def refuse_others(params: QueryDict, known: tuple[str, ...] = ()) -> None:
    """Refuse what is not known, given twice, or holds NUL. Raises InvalidParameter (OGC 17-069r4, section 7.1.2)."""
    refuse_unknown(params, known, negotiates=FORMAT)


def parse_crs(params: QueryDict, name: str, offered: Mapping[str, Crs]) -> Crs:
    """The system that a parameter names by its URI; CRS84 when it is left out."""
    uri = params.get(name)
    if uri is None:
        return CRS84
    if uri not in offered:
        raise InvalidParameter(
            f"{uri[:80]!r} is no coordinate reference system of this service.",
            parameter=name,
            value=uri,
            allowed=list(offered),
        )
    return offered[uri]


def parse_items(params: QueryDict, collection: Collection, systems: Mapping[str, Crs]) -> Query:
    """What a page of features is asked for. Raises InvalidParameter."""
    refuse_others(params, (*OF_ITEMS, *collection.queryables))
    bbox_crs = parse_crs(params, "bbox-crs", systems)
    first, last = _interval(params.get("datetime"))
    return Query(
        limit=_limit(params.get("limit")),
        after=params.get("cursor", ""),
        crs=parse_crs(params, "crs", systems),
        boxes=_boxes(params.get("bbox"), bbox_crs),
        bbox_crs=bbox_crs,
        first=first,
        last=last,
        equals=_equals(params, collection),
        filter=_filter(params),
        filter_crs=parse_crs(params, "filter-crs", systems),
        sorts=_sorts(params.get("sortby"), collection),
    )


def parse_tile(params: QueryDict, collection: Collection, systems: Mapping[str, Crs]) -> Query:
    """Which features a tile is to hold. Raises InvalidParameter."""
    refuse_others(params, (*OF_TILE, *collection.queryables))
    first, last = _interval(params.get("datetime"))
    return Query(
        first=first,
        last=last,
        equals=_equals(params, collection),
        filter=_filter(params),
        filter_crs=parse_crs(params, "filter-crs", systems),
    )


def _limit(text: str | None) -> int:
    """More than the most is the most (requirement /req/core/fc-limit-response-1)."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0):
        raise InvalidParameter(f"{text[:40]!r} is no limit.", parameter="limit", value=text, allowed=[f"1 to {MOST}"])
    return min(int(text), MOST)


def _boxes(text: str | None, crs: Crs) -> tuple[BBox, ...]:
    """The boxes of a `bbox`: heights are passed over, and what crosses the antimeridian is two."""
    if text is None:
        return ()
    numbers = [_finite(part) for part in text.split(",")]
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4 or None in numbers:
        raise _bad_box(text, "is not a box of four or six numbers")
    minx, miny, maxx, maxy = (float(number or 0) for number in numbers)
    if crs.srid == 4326:
        (west, south), (east, north) = ((miny, minx), (maxy, maxx)) if crs.is_flipped else ((minx, miny), (maxx, maxy))
        if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
            raise _bad_box(text, "is not on earth")
        if south > north:
            raise _bad_box(text, "has its corners swapped")
        if west > east:
            halves = (BBox(west, south, 180.0, north), BBox(-180.0, south, east, north))
            return tuple(BBox(b.miny, b.minx, b.maxy, b.maxx) if crs.is_flipped else b for b in halves)
    elif minx > maxx or miny > maxy:
        raise _bad_box(text, "has its corners swapped")
    return (BBox(minx, miny, maxx, maxy),)


def _bad_box(text: str, what: str) -> InvalidParameter:
    return InvalidParameter(
        f"{text[:80]!r} {what}.", parameter="bbox", value=text, allowed=["minx,miny,maxx,maxy in the order of bbox-crs"]
    )


def _finite(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _interval(text: str | None) -> tuple[dt.date | None, dt.date | None]:
    """An instant, or an interval that `..` or nothing leaves open, by days (OGC 17-069r4, section 7.15.4)."""
    if text is None:
        return None, None
    ends = text.split("/")
    if len(ends) > 2 or (len(ends) == 1 and ends[0] in {"", ".."}):
        raise _bad_time(text)
    first, last = (None if end in {"", ".."} else _day(end, text) for end in (ends[0], ends[-1]))
    if first is not None and last is not None and first > last:
        raise _bad_time(text)
    return first, last


def _day(text: str, whole: str) -> dt.date:
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text)
        if "T" in text.upper() and len(text) >= 19:
            return dt.datetime.fromisoformat(text.upper()).date()
    except ValueError:
        pass
    raise _bad_time(whole)


def _bad_time(text: str) -> InvalidParameter:
    return InvalidParameter(
        f"{text[:80]!r} is no day and no interval.",
        parameter="datetime",
        value=text,
        allowed=["2026-06-30", "2026-06-30T12:00:00Z", "2026-04-01/2026-06-30", "../2026-06-30"],
    )


def _sorts(text: str | None, collection: Collection) -> tuple[Sort, ...]:
    if text is None:
        return ()
    found: dict[str, Sort] = {}
    for part in text.split(","):
        name = part[1:] if part[:1] in {"+", "-", " "} else part  # a plus of an address is a blank
        known = collection.queryables.get(name)
        if known is None or name in found:
            raise InvalidParameter(
                f"Features cannot be sorted by {part[:60]!r}.",
                parameter="sortby",
                value=text,
                allowed=[*collection.queryables, "each once, with - before it for descending"],
            )
        found[name] = Sort(known, part.startswith("-"))
    return tuple(found.values())


def _equals(params: QueryDict, collection: Collection) -> tuple[tuple[Property, Any], ...]:
    return tuple(
        (one, _value(one, str(params[name]))) for name, one in collection.queryables.items() if name in params
    )  # fmt: skip


def _value(one: Property, text: str) -> Any:
    read, wanted = _READERS[one.kind]
    try:
        return read(text)
    except (ValueError, KeyError):
        raise InvalidParameter(
            f"{text[:60]!r} is no value of {one.name!r}.", parameter=one.name, value=text, allowed=[wanted]
        ) from None


def _integer(text: str) -> int:
    if len(text) > 20 or not -_BOUNDS <= int(text) < _BOUNDS:
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    found = _finite(text)
    if found is None:
        raise ValueError
    return found


def _string(text: str) -> str:
    text.encode()  # half a surrogate pair is no text
    return text


_READERS: Final[Mapping[str, tuple[Callable[[str], Any], str]]] = {
    "string": (_string, "a text"),
    "integer": (_integer, "a whole number"),
    "number": (_number, "a number"),
    "boolean": ({"true": True, "false": False}.__getitem__, "true or false"),
    "date": (dt.date.fromisoformat, "2026-06-30"),
}


def _filter(params: QueryDict) -> Any:
    """The filter as CQL2 JSON, None without one; what it says of the collection is looked at later."""
    text, language = params.get("filter"), params.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise InvalidParameter(
            f"There is no filter language {language[:40]!r}.",
            parameter="filter-lang",
            value=language,
            allowed=LANGUAGES,
        )
    if text is None:
        return None
    try:
        return parse_text(text) if language == LANGUAGES[0] else parse_json(text.encode("utf-8", "surrogatepass"))
    except (CqlError, InvalidRequest) as error:
        raise bad_filter(text, str(error)) from error


def bad_filter(text: str, why: str) -> InvalidParameter:
    return InvalidParameter(
        f"The filter cannot be read: {why}.",
        parameter="filter",
        value=text,
        allowed=["theme = 'housing' AND share > 0.2", '{"op": "=", "args": [{"property": "theme"}, "housing"]}'],
    )
