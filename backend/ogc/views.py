"""The resources of OGC API - Features: each view reads its parameters, asks once, and answers.

References
----------
OGC API - Features, Part 1: Core (17-069r4), Part 2: Coordinate Reference Systems by Reference (18-058r1), Part 3:
Filtering (19-079r2).
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from backend.ogc import documents
from backend.ogc.collection import Collection, Link
from backend.ogc.conformance import CLASSES
from backend.ogc.cql2_text import CqlError
from backend.ogc.crs import CRS84
from backend.ogc.drawing import drawing_of
from backend.ogc.endpoint import Answer
from backend.ogc.items import CursorError, Page, Query, count_matches, read_feature, read_page
from backend.ogc.negotiation import GEOJSON, JSON, OPENAPI_JSON, SCHEMA_JSON
from backend.ogc.openapi import describe
from backend.ogc.parameters import OF_ITEM, bad_filter, parse_crs, parse_items, refuse_others
from backend.ogc.service import Call
from backend.problems import InvalidParameter, NotFound

PAGE_ROWS: Final = 25  # of a page for people, when no limit is asked for


def landing(call: Call) -> Answer:
    refuse_others(call.request.GET)
    shown = documents.landing_page(call)
    return _answer(call, "ogc/landing.html", shown, {"service": call.service})


def conformance(call: Call) -> Answer:
    refuse_others(call.request.GET)
    return _answer(call, "ogc/conformance.html", {"conformsTo": list(CLASSES)}, {"classes": CLASSES})


def collections(call: Call) -> Answer:
    refuse_others(call.request.GET)
    return _answer(
        call, "ogc/collections.html", documents.collections(call), {"collections": call.service.collections.values()}
    )


def collection(call: Call, name: str) -> Answer:
    refuse_others(call.request.GET)
    one = call.service.collection(name)
    return _answer(call, "ogc/collection.html", documents.collection(call, one), {"collection": one})


def queryables(call: Call, name: str) -> Answer:
    refuse_others(call.request.GET)
    one = call.service.collection(name)
    return _answer(
        call, "ogc/queryables.html", documents.queryables(call, one), {"collection": one}, media_type=SCHEMA_JSON
    )


def api(call: Call) -> Answer:
    refuse_others(call.request.GET)
    return _answer(call, "ogc/api.html", describe(call), {}, media_type=OPENAPI_JSON)


def items(call: Call, name: str) -> Answer:
    one = call.service.collection(name)
    query = parse_items(call.request.GET, one, call.service.systems)
    if call.format == "html" and "limit" not in call.request.GET:
        query = _with_limit(query, PAGE_ROWS)
    matched, page = _read(call, one, query)
    following = call.url_with(cursor=page.next) if page.next else ""
    if call.format == "html":
        features = [json.loads(feature) for feature in page.features]
        shown = {
            "collection": one,
            "rows": [(feature["id"], _cells(one, feature)) for feature in features],
            "drawing": drawing_of(features, one.shade, one.label) if query.crs == CRS84 else None,
            "matched": matched,
            "returned": len(features),
            "next": following,
            "first": call.url_with(cursor=None) if query.after else "",
            "asked": call.request.GET.get("filter", ""),
        }
        return _answer(call, "ogc/items.html", {}, shown)
    links = call.itself(GEOJSON)
    if following:
        links.append(Link(following, "next", GEOJSON, "The page that follows").as_json(call.root))
    links.append(Link(f"collections/{one.id}", "collection", JSON, one.title).as_json(call.root))
    headers = {"Content-Crs": f"<{query.crs.uri}>"}
    if following:
        headers["Link"] = f'<{following}>; rel="next"; type="{GEOJSON}"'
    return Answer(documents.feature_collection(call, page, matched, links), GEOJSON, headers=headers)


def item(call: Call, name: str, key: str) -> Answer:
    refuse_others(call.request.GET, OF_ITEM)
    one = call.service.collection(name)
    crs = parse_crs(call.request.GET, "crs", call.service.systems)
    number = int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else -1
    feature = read_feature(call.service.fetch, one, number, crs) if number >= 0 else None
    if feature is None:
        raise NotFound(f"There is no feature {key[:40]!r} in {one.id}.")
    if call.format == "html":
        read = json.loads(f"{feature}}}")
        drawing = drawing_of([read], one.shade, one.label) if crs == CRS84 else None
        shown = {"collection": one, "key": key, "members": _members(one, read), "drawing": drawing}
        return _answer(call, "ogc/item.html", {}, shown)
    links = [*call.itself(GEOJSON), Link(f"collections/{one.id}", "collection", JSON, one.title).as_json(call.root)]
    body = f'{feature}, "links": {json.dumps(links, ensure_ascii=False)}}}'
    return Answer(body, GEOJSON, headers={"Content-Crs": f"<{crs.uri}>"})


def _read(call: Call, one: Collection, query: Query) -> tuple[int, Page]:
    text = call.request.GET.get("filter", "")
    try:
        return _count(call, one, query), read_page(call.service.fetch, one, query)
    except CqlError as error:
        raise bad_filter(text, str(error)) from error
    except CursorError as error:
        raise InvalidParameter(
            f"The cursor leads nowhere: {error}.",
            parameter="cursor",
            value=query.after,
            allowed=["that of a link `next`"],
        ) from error


def _count(call: Call, one: Collection, query: Query) -> int:
    """How many match; counted once for all pages of a query and one state of the service."""
    narrowed = (query.boxes, query.bbox_crs, query.first, query.last, query.equals, query.filter, query.filter_crs)
    asked = (call.service.version, repr((one.id, narrowed)))
    if asked not in (held := _counts()):
        if len(held) > 5_000:
            held.clear()
        held[asked] = count_matches(call.service.fetch, one, query)
    return held[asked]


@lru_cache(maxsize=1)
def _counts() -> dict[tuple[str, ...], int]:
    return {}


def _with_limit(query: Query, limit: int) -> Query:
    return Query(**{name: getattr(query, name) for name in Query.__slots__} | {"limit": limit})


def _cells(one: Collection, feature: dict[str, Any]) -> list[Any]:
    """Values in the order of the columns; objects as JSON."""
    return [_plain(feature["properties"].get(each.name)) for each in one.properties]


def _members(one: Collection, feature: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [(each, _plain(feature["properties"].get(each.name))) for each in one.properties]


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value


def _answer(
    call: Call, template: str, document: dict[str, Any], shown: dict[str, Any], media_type: str = JSON
) -> Answer:
    if call.format != "html":
        return Answer(json.dumps(document, ensure_ascii=False), media_type)
    return Answer(template=template, shown={"call": call, "as_json": call.url_with(f="json"), **shown})
