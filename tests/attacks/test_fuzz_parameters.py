"""Whatever stands in a query string or a body: an answer, or a named mistake; never a fault of ours."""

from __future__ import annotations

import json
import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from districts.api.parameters import PARAMETERS as DISTRICTS
from listening.capture.api.filters import ConversationFilter
from listening.consent.codes import ALPHABET
from listening.desk.narrowing import PARAMETERS as DESK
from listening.needmaps.query import PARAMETERS as NEED_MAP
from tests.listening.submissions import document
from tests.people import person

ADDRESSES = {
    "/api/v1/districts": [*DISTRICTS],
    "/api/v1/districts/crosswalk": ["layer", "from", "to"],
    "/api/v1/conversations": [*ConversationFilter.base_filters, "limit", "cursor"],
    "/api/v1/need-map": [*NEED_MAP, "compare", "geometry"],
    "/api/v1/need-map/hexagons": ["period", "theme", "kind", "resolution"],
    "/api/v1/tiles/districts/area": ["edition", "date"],
    "/api/v1/tiles/districts/area/12/2177/1481.mvt": ["edition", "date"],
    "/api/v1/tiles/density": ["period", "theme"],
    "/api/v1/tiles/density/13/4354/2963.mvt": ["period", "theme"],
    "/api/v1/tiles/conversations": [*ConversationFilter.base_filters],
    "/api/v1/tiles/conversations/14/8708/5926.mvt": [*ConversationFilter.base_filters],
    "/api/v1/need-map/trend": [*NEED_MAP, "compare"],
    "/api/v1/need-map/clusters": NEED_MAP,
    "/api/v1/need-map/cells": [*NEED_MAP, "by", "geometry"],
    "/api/v1/coverage": ["layer", "edition", "period"],
    "/api/v1/coverage/next": ["layer", "conversations", "sessions"],
    "/api/v1/coverage/representation": ["layer", "period", "year", "source"],
    "/api/v1/coverage/weights": ["district", "period", "theme", "variables", "year", "source"],
    "/api/v1/coverage/targets": [],
    "/api/v1/themes/top": ["district", "period", "kind", "compare"],
    "/dashboard/": [*NEED_MAP, "sort", "view", "place", "with", "shading"],
    "/desk/": DESK,
    "/desk/next/": ["layer", "conversations", "sessions", "purpose"],
}
ODD_NUMBERS = st.sampled_from(["-0", "1e400", "1_0", "0x1", "\N{ARABIC-INDIC DIGIT THREE}", " 1 ", "9" * 400])
NUMBERS = st.floats().map(str) | st.integers().map(str) | ODD_NUMBERS
BOXES = st.lists(NUMBERS, max_size=6).map(",".join)
ODD_DAYS = st.sampled_from(["0000-00-00", "9999-12-31", "2026-02-30", "2026-W53-7", "10000-01-01", "now"])
DAYS = st.dates().map(str) | ODD_DAYS
PERIODS = st.lists(DAYS | st.from_regex(r"\d{4}(-Q?\d{1,2})?", fullmatch=True), min_size=1, max_size=3).map("/".join)
CURSORS = st.text(string.ascii_letters + string.digits + "-_=+/.", max_size=120)
SQL = st.sampled_from(
    ["'", "';--", "\\", "%", "%s", "%(x)s", "{}", "a:b:c", "zona:'", "\x00", "\ud800", "*", "pg_sleep(9)"]
)
VALUES = st.text(max_size=60) | NUMBERS | BOXES | DAYS | PERIODS | CURSORS | SQL | st.uuids().map(str)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


CODES = st.text(max_size=70) | st.text(ALPHABET + "-", min_size=20, max_size=40) | SQL


def fuzzed(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture
def coordinator_client(city, themes, client):
    coordinator = person("coordinator", "coordinator")
    client.force_login(coordinator)
    return client


@pytest.mark.parametrize("address", ADDRESSES)
@fuzzed(80)
@given(drawn=st.data())
def test_query_strings(coordinator_client, address, drawn):
    names = st.sampled_from([*ADDRESSES[address], "format"]) | st.text(max_size=5)
    query = drawn.draw(st.dictionaries(names, VALUES, min_size=1, max_size=3))
    encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    answer = coordinator_client.get(address, encoded)
    # 409: nobody is there whom weights could speak for.
    assert answer.status_code in {200, 204, 400, 404, *([409] if address.endswith("weights") else [])}, query
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("tiles", ["districts/area", "districts/{}", "density", "conversations"])
@fuzzed(60)
@given(drawn=st.data())
def test_addresses_of_tiles(coordinator_client, tiles, drawn):
    parts = [quote(drawn.draw(VALUES).encode("utf-8", "surrogatepass"), safe="") for _ in range(4)]
    z = drawn.draw(st.sampled_from(["0", "10", "13", "14", "16", parts[0]]))
    answer = coordinator_client.get(f"/api/v1/tiles/{tiles.format(parts[3])}/{z}/{parts[1]}/{parts[2]}.mvt")
    assert answer.status_code in {200, 204, 400, 404}, parts


@fuzzed(40)
@given(path=st.sampled_from(sorted([*document(), "consents", "receipt"])), value=JSON, inner=JSON)
@example(path="place", value={"kind": "point", "point": {"type": "Point", "coordinates": [1e308, 1e308]}}, inner=None)
@example(path="place", value={"kind": "point", "point": {"type": "Point", "coordinates": [[]]}}, inner=None)
@example(path="findings", value=[[]], inner=None)
def test_bodies(coordinator_client, path, value, inner):
    for sent in ({**document(), path: value}, {**document(), path: {"kind": value, "point": inner}}, value):
        answer = coordinator_client.post("/api/v1/conversations", json.dumps(sent), content_type="application/json")
        assert answer.status_code in {201, 400, 409, 410}, sent


@fuzzed(40)
@given(value=JSON | CODES | st.fixed_dictionaries({"code": CODES | JSON}))
def test_codes_of_cards(client, db, value):
    for path in ("copy", "withdrawal"):
        answer = client.post(f"/api/v1/receipts/{path}", json.dumps(value), content_type="application/json")
        assert answer.status_code in {202, 400, 404}, value
    typed = value["code"] if isinstance(value, dict) and isinstance(value.get("code"), str) else str(value)
    form = {"code": typed.encode("utf-8", "surrogatepass"), "wish": "copy"}
    assert client.post("/receipt/", form).status_code in {400, 404}


FORMS = {
    "/desk/sessions/add/": ["id", "kind", "title", "venue", "started_at", "ended_at", "read"],
    "/desk/venues/add/": ["code", "name", "kind", "latitude", "longitude", "read"],
    "/desk/conflicts/1/settle/": ["take", "version", "purpose"],
    "/desk/waiting/0198c0de-0000-7000-8000-000000000001/dismiss/": ["why", "purpose"],
    "/desk/findings/0198c0de-0000-7000-8000-000000000001/themes/": ["themes", "version", "back", "purpose"],
}


@pytest.mark.parametrize("address", FORMS)
@fuzzed(60)
@given(drawn=st.data())
def test_forms_of_the_desk(coordinator_client, address, drawn):
    form = drawn.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(FORMS[address], VALUES)))
    encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
    answer = coordinator_client.post(address, encoded)
    assert answer.status_code in {302, 400, 404}, form


@fuzzed(15)
@given(value=JSON)
def test_changes(coordinator_client, value):
    body = document()
    stored = coordinator_client.post("/api/v1/conversations", json.dumps(body), content_type="application/json")
    assert stored.status_code == 201
    for sent in (value, *({name: value} for name in ("place", "findings", "bands", "id", "listener", "version"))):
        answer = coordinator_client.patch(
            f"/api/v1/conversations/{body['id']}",
            json.dumps(sent),
            content_type="application/merge-patch+json",
            headers={"If-Match": "*"},
        )
        assert answer.status_code in {200, 400, 409}, sent
