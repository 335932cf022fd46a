"""The same bytes whoever asks, kept by whoever likes, read under a role that sees no records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import DatabaseError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend import clock
from backend.http import local_limit
from backend.http.anonymous import EXPOSED
from backend.ogc.endpoint import KEPT
from districts.models import BoundaryEdition
from listening.opendata.reading import fetch
from tests.listening.opendata.world import NEWEST

ADDRESSES = [
    "", "conformance", "api", "collections", "collections/need-map-latest", "collections/need-map-latest/queryables",
    "collections/need-map-latest/items", "collections/need-map-latest/items?filter=share>0.5&sortby=-share",
    "collections/need-map-latest/tiles", "collections/need-map-latest/tiles/WebMercatorQuad",
    "collections/need-map-latest/tiles/WebMercatorQuad/12/1481/2176", "tileMatrixSets", "need-map.geojson", "releases/",
    "feed.xml", "catalogue.jsonld", f"releases/{NEWEST}/", "collections/need-map-2026-Q1-r1", "nowhere",
]  # fmt: skip
# Who signs in with it does not matter: it is not looked at.
CREDENTIALS = {"HTTP_COOKIE": "sessionid=abc; csrftoken=def; django_language=it", "HTTP_AUTHORIZATION": "Bearer abc"}


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    instant = clock.now()
    monkeypatch.setattr(clock, "now", lambda: instant)


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_credentials_change_nothing(read: Client, address: str, accept: str) -> None:
    plain = read.get(f"/open/{address}", headers={"Accept": accept})
    KEPT.forget()
    known = read.get(f"/open/{address}", headers={"Accept": accept}, **CREDENTIALS)
    assert (known.status_code, known.content) == (plain.status_code, plain.content)
    for answer in (plain, known):
        assert "Set-Cookie" not in answer.headers
        assert not answer.cookies
        assert "cookie" not in answer.headers["Vary"].lower()
        assert "authorization" not in answer.headers["Vary"].lower()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("address", ADDRESSES[:-2])
def test_what_was_kept_is_not_sent_again(read: Client, address: str) -> None:
    first = read.get(f"/open/{address}")
    assert first.headers["Cache-Control"].startswith("public, max-age=")
    again = read.get(f"/open/{address}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_where_a_right_is_missing_it_says_that_it_cannot_answer(read: Client) -> None:
    """As after a migration when nobody gave the rights anew: no page of a fault, and no word of what is missing."""
    with connection.cursor() as cursor:
        cursor.execute("REVOKE SELECT ON releases_release FROM listening_open_reader")
    try:
        answer = read.get("/open/collections")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/service-unavailable")
        assert "releases_release" not in answer.content.decode()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("GRANT SELECT ON releases_release TO listening_open_reader")
    assert read.get("/open/collections").status_code == 200


@pytest.mark.parametrize("address", ["need-map.geojson", "collections/need-map-latest/items?limit=5"])
def test_what_is_asked_again_costs_one_query(read: Client, address: str) -> None:
    """That of the version: the answer itself is kept, byte for byte, until something changes."""
    KEPT.forget()
    with CaptureQueriesContext(connections["open"]) as first:
        told = read.get(f"/open/{address}")
    with CaptureQueriesContext(connections["open"]) as asked:
        again = read.get(f"/open/{address}")
    headers = [dict(one.headers) | {"X-Request-ID": ""} for one in (told, again)]
    assert (again.status_code, again.content, headers[1]) == (200, told.content, headers[0])
    assert (len(first.captured_queries) > 1, len(asked.captured_queries)) == (True, 1)
    assert read.get(f"/open/{address}&theme=rent".replace("geojson&", "geojson?")).content != told.content


def test_what_is_kept_is_not_told_after_a_change(read: Client) -> None:
    """A boundary edition is withdrawn from use: the tag is another, and so is the answer."""
    before = read.get("/open/collections?f=json")
    edition = BoundaryEdition.objects.get(layer__code="prossimita")
    try:
        BoundaryEdition.objects.filter(pk=edition.pk).update(status=BoundaryEdition.Status.DRAFT)
        after = read.get("/open/collections?f=json")
    finally:
        BoundaryEdition.objects.filter(pk=edition.pk).update(status=edition.status)
    assert before.headers["ETag"] != after.headers["ETag"]
    assert "districts-prossimita-first" in before.content.decode()
    assert "districts-prossimita-first" not in after.content.decode()


def test_an_entity_tag_is_of_one_representation(read: Client) -> None:
    address = "/open/collections/need-map-latest/items"
    tags = {
        read.get(f"{address}{query}", headers=headers).headers["ETag"]
        for query in ("", "?limit=5", "?f=html")
        for headers in ({"Accept-Language": "it"}, {"Accept-Language": "en"}, {"Accept-Language": "ar"})
    }
    assert len(tags) == 5  # pages in three languages, what is for programs in one


def test_problems_are_not_kept(read: Client) -> None:
    for address in ADDRESSES[-2:]:
        assert read.get(f"/open/{address}").headers["Cache-Control"] == "no-store"


def test_nothing_asks_the_connection_that_reads_records(read: Client) -> None:
    for address in ADDRESSES:
        for accept in ("application/json", "text/html"):
            with CaptureQueriesContext(connection) as asked:
                KEPT.forget()
                read.get(f"/open/{address}", headers={"Accept": accept}, **CREDENTIALS)
            assert not asked.captured_queries, address


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("", 1), ("collections", 1), ("collections/need-map-latest", 1), ("api", 1), ("releases/", 2),
        ("collections/need-map-latest/items?limit=50", 2), ("collections/need-map-latest/items?limit=1", 2),
        ("collections/need-map-latest/tiles/WebMercatorQuad/12/1481/2176", 2), ("need-map.geojson", 3),
    ],
)  # fmt: skip
def test_as_many_queries_whatever_the_size(read: Client, address: str, number: int) -> None:
    read.get(f"/open/{address}")  # what is made once, such as the number of matches, is there
    KEPT.forget()
    with CaptureQueriesContext(connections["open"]) as asked:
        assert read.get(f"/open/{address}").status_code == 200
    assert len(asked) == number


def test_only_reading(read: Client) -> None:
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(read, method)("/open/collections")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    asked = read.options("/open/collections", headers={"Origin": "https://maps.example.org"})
    assert asked.status_code == 204
    assert "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
    assert "Content-Crs" in EXPOSED
    assert read.head("/open/collections").status_code == 200


def test_a_wrong_accept_is_told_what_there_is(read: Client) -> None:
    answer = read.get("/open/collections", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/html" in answer.json()["detail"]
    weighed = read.get("/open/collections", headers={"Accept": "text/html;q=0.4, application/json;q=0.5"})
    assert weighed.headers["Content-Type"] == "application/json"


@pytest.fixture
def limited(read: Client, settings: Any) -> Iterator[Client]:
    settings.RATE_LIMITS = "open=3/m"
    local_limit._spent_until.clear()
    yield read
    local_limit._spent_until.clear()


def test_one_address_cannot_take_all(limited: Client) -> None:
    statuses = [limited.get("/open/conformance").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = limited.get("/open/conformance")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert limited.get("/open/conformance", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_callers_are_forgotten(limited: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_limit, "MOST_CALLERS", 2)
    for last in range(5):
        limited.get("/open/conformance", REMOTE_ADDR=f"192.0.2.{last}")
    assert list(local_limit._spent_until) == ["192.0.2.3", "192.0.2.4"]


# --- the role ------------------------------------------------------------------------------------------
has_roles = pytest.mark.skipif(
    not configured.OPEN_DATABASE_URL, reason="DATABASE_URL names a server whose roles have other passwords."
)
OPEN = ("releases_release", "districts_")


@has_roles
def test_the_connection_is_refused_on_every_table_of_records(read: Client) -> None:
    tables = sorted(set(connection.introspection.table_names()) - {"spatial_ref_sys", "geometry_columns"})
    raw = [table for table in tables if not table.startswith(OPEN)]
    assert {"records_conversation", "records_finding", "rollups_cell", "fieldwork_user", "audit_entry"} <= set(raw)
    for table in raw:
        with pytest.raises(DatabaseError, match="permission denied"):
            fetch(f'SELECT count(*) FROM "{table}"')


@has_roles
def test_the_connection_writes_nothing(read: Client) -> None:
    for statement in (
        "DELETE FROM releases_release RETURNING code",
        "UPDATE districts_layer SET rank = rank RETURNING id",
        "CREATE TABLE here (x int)",
    ):
        with pytest.raises(DatabaseError, match=r"permission denied|read-only"):
            fetch(statement)
    assert fetch("SELECT current_setting('statement_timeout'), current_setting('default_transaction_read_only')") == [
        ("5s", "on")
    ]
