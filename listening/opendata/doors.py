"""The simple door: one theme of one period as one GeoJSON file, for whoever wants a map and no protocol."""

from __future__ import annotations

import json
from typing import Any

from backend.db import sql
from backend.ogc.collection import Collection, Link
from backend.ogc.endpoint import Answer
from backend.ogc.items import Query, read_page
from backend.ogc.negotiation import GEOJSON, JSON
from backend.ogc.parameters import refuse_others
from backend.ogc.service import Call
from backend.problems import InvalidParameter, NotFound
from listening.opendata.catalogue import LATEST
from listening.opendata.reading import fetch

PARAMETERS = ("theme", "period", "layer", "release")
# More places than any layer of a city has.
MOST_PLACES = 10_000


def simple_need_map(call: Call) -> Answer:
    """Places of a layer with what was heard there about a theme, of the newest release or of one that is named."""
    asked = call.request.GET
    refuse_others(asked, PARAMETERS)
    name = f"need-map-{asked.get('release', LATEST)}"
    if name == f"need-map-{LATEST}" and name not in call.service.collections:
        raise NotFound("Nothing has been published yet.")
    one = call.service.collection(name)
    chosen = _choose(one, {name: asked[name] for name in PARAMETERS[:3] if name in asked})
    equals = tuple((one.queryables[name], value) for name, value in chosen.items())
    page = read_page(fetch, one, Query(limit=MOST_PLACES, equals=equals))
    release = str(one.rows["release"])
    head = {
        "type": "FeatureCollection",
        **chosen,
        "release": release,
        "licence": call.service.licence,
        "links": [
            Link(call.url, "self", GEOJSON).as_json(call.root),
            Link(f"collections/need-map-{release}", "collection", JSON, one.title).as_json(call.root),
        ],
    }
    body = f'{json.dumps(head, ensure_ascii=False)[:-1]}, "features": [{",".join(page.features)}]}}'
    headers = {"Content-Disposition": f'inline; filename="need-map-{release}.geojson"'}
    return Answer(body, GEOJSON, headers=headers)


def nothing(call: Call) -> Answer:
    raise NotFound("There is nothing at this address; /open/ leads to what there is.")


def _choose(one: Collection, asked: dict[str, str]) -> dict[str, str]:
    """The theme, period and layer of the map: as asked, else the usual ones. Raises InvalidParameter."""
    (found,) = fetch(sql.read("listening.opendata", "choices.sql"), {"release": one.rows["release"]})[0]
    offers: dict[str, Any] = found
    chosen: dict[str, str] = {}
    for name in PARAMETERS[:3]:
        offered: list[str] = offers[name]
        value = asked.get(name, offered[0] if offered else "")
        if value not in offered:
            raise InvalidParameter(
                f"The release has no {name} {value[:60]!r}.", parameter=name, value=value, allowed=offered
            )
        chosen[name] = value
    return chosen
