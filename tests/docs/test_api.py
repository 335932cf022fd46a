"""reference/api.md lists every address, parameter, member and limit of the API."""

import re
from functools import cache
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.generators import SchemaGenerator

from backend.health import CHECKS
from backend.http.rate_limit import DEFAULTS, PEOPLE_PER_ADDRESS, parse_limits
from backend.http.strict_json import DEEPEST
from backend.urls import urlpatterns
from districts.api import parameters
from listening.attachments import limits
from listening.attachments.api.serializers import AnnouncementSerializer
from listening.capture import rules
from listening.capture.api import pages as record_pages
from listening.capture.api.filters import ConversationFilter, FindingFilter
from listening.capture.api.serializers import ConversationSerializer, FindingSerializer
from listening.dashboard.ranking import Sort
from listening.fieldwork.api.devices import MOST_DEVICES
from listening.fieldwork.api.views import MOST_SESSIONS
from listening.needmaps.query import PARAMETERS as NEED_MAP_PARAMETERS
from listening.sync.api.serializers import MOST_LOOKED_UP, MOST_OPS, MOST_ROWS
from listening.sync.ops import MOST_BYTES
from tests.docs.pages import codes, page

API = page("docs/reference/api.md")
NEGOTIATED = {"format"}  # told once for all


@cache
def operations() -> dict[tuple[str, str], dict[str, Any]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {
        (method.upper(), path): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_is_told() -> None:
    told = [(row[0], codes(row[1])[0]) for row in API.table("Addresses", "method")]
    assert len(told) == len(set(told))
    assert set(told) == set(operations())


def test_who_may_call_is_told() -> None:
    for method, address, who, _does in API.table("Addresses", "method"):
        security = operations()[method, codes(address)[0]].get("security")
        is_open = not security or {} in security
        assert (who == "anyone") == is_open, address


def test_every_query_parameter_is_told() -> None:
    expected = {
        "/api/v1/districts": {*parameters.PARAMETERS},
        "/api/v1/districts/crosswalk": {"layer", "from", "to"},
        "/api/v1/districts/{id}": {"geometry", "tolerance_m"},
        "/api/v1/conversations": {*ConversationFilter.base_filters, *record_pages.PARAMETERS},
        "/api/v1/findings": {*FindingFilter.base_filters, *record_pages.PARAMETERS},
        "/api/v1/need-map": {*NEED_MAP_PARAMETERS, "compare", "geometry"},
        "/api/v1/need-map/hexagons": {"period", "theme", "kind", "resolution"},
        "/api/v1/tiles/districts/{layer}": {"edition", "date"},
        "/api/v1/tiles/districts/{layer}/{z}/{x}/{y}.mvt": {"edition", "date"},
        "/api/v1/tiles/density": {"period", "theme"},
        "/api/v1/tiles/density/{z}/{x}/{y}.mvt": {"period", "theme"},
        "/api/v1/tiles/conversations": {*ConversationFilter.base_filters},
        "/api/v1/tiles/conversations/{z}/{x}/{y}.mvt": {*ConversationFilter.base_filters},
        "/api/v1/need-map/trend": {*NEED_MAP_PARAMETERS, "compare"},
        "/api/v1/need-map/clusters": {*NEED_MAP_PARAMETERS},
        "/api/v1/need-map/cells": {*NEED_MAP_PARAMETERS, "by", "geometry"},
        "/api/v1/coverage": {"layer", "edition", "period"},
        "/api/v1/coverage/next": {"layer", "conversations", "sessions"},
        "/api/v1/coverage/representation": {"layer", "period", "year", "source"},
        "/api/v1/coverage/weights": {"district", "period", "theme", "variables", "year", "source"},
        "/api/v1/themes/top": {"district", "period", "kind", "compare"},
        "/api/v1/districts/{id}/profile": {"period", "compare"},
        "/api/v1/attachments": {"conversation"},
        "/api/v1/devices/{id}": {"forget"},
    }
    told = {codes(row[0])[0]: set(codes(row[1])) for row in API.table("Query parameters", "address")}
    assert told == expected
    for (_, path), operation in operations().items():
        described = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"} - NEGOTIATED
        assert described <= told.get(path, set()), path


def test_parameters_that_are_explained_exist() -> None:
    known = {name for row in API.table("Query parameters", "address") for name in codes(row[1])}
    explained = {name for row in API.table("Query parameters", "parameter") for name in codes(row[0])}
    assert explained <= known
    # The others are called what a conversation calls them.
    assert known - explained <= {"code", "channel", "language", "listener", "session", "venue"}


@pytest.mark.parametrize(
    ("header", "serializer"), [("member", ConversationSerializer), ("member of a finding", FindingSerializer)]
)
def test_members_are_told_with_what_is_required(header: str, serializer: Any) -> None:
    fields = {name: field.required for name, field in serializer().fields.items() if not field.read_only}
    told = {
        name: row[1] == "yes" for row in API.table("Log a conversation", header) for name in codes(row[0])
    }  # fmt: skip
    assert told == fields


def test_members_of_an_announcement() -> None:
    told = [codes(row[0])[0] for row in API.table("Attachments", "member of an announcement")]
    assert told == list(AnnouncementSerializer().fields)


def test_members_that_the_server_adds() -> None:
    added = [name for name, field in ConversationSerializer().fields.items() if field.read_only]
    (sentence,) = re.findall(r"The server adds (.*?)\. You", API.section("Log a conversation"), re.DOTALL)
    assert sorted(codes(sentence)) == sorted(added)


def test_limits_are_those_of_the_code() -> None:
    told = {row[0]: row[1] for row in API.table("Limits", "limit")}
    assert told == {
        "body": f"{settings.BODY_LIMIT_BYTES} bytes, with `Content-Length`",
        "query string": f"{settings.QUERY_LIMIT_BYTES} bytes",
        "nesting of a body": f"{DEEPEST} levels",
        "people in a conversation": str(rules.MOST_PEOPLE),
        "findings in a conversation": str(rules.MOST_FINDINGS),
        "themes of a finding": str(rules.MOST_THEMES),
        "a text": f"{rules.LONGEST_TEXT} characters",
        "a clock ahead of the server's": f"{rules.CLOCK_TOLERANCE.seconds // 60} minutes",
        "conversations in a page": str(record_pages.MOST),
        "sessions in a list": str(MOST_SESSIONS),
        "phones, clashes or waiting ops in a list": str(MOST_DEVICES),
        "ops in a push": str(MOST_OPS),
        "one op": f"{MOST_BYTES} bytes",
        "ops in a lookup": str(MOST_LOOKED_UP),
        "rows in a pull": str(MOST_ROWS),
        "an attachment": f"{limits.MOST_BYTES} bytes",
        "pixels of a photo": str(limits.MOST_PIXELS),
        "attachments of a conversation": str(limits.MOST_ATTACHMENTS),
        "an attachment waits for its rest, and for its conversation": f"{limits.KEPT_WAITING.days} days",
    }


def test_rate_limits_are_those_of_the_code() -> None:
    rows = {codes(row[0])[0]: row for row in API.table("Rate limits", "limit")}
    told = ",".join(f"{name}={row[1]}" for name, row in rows.items())
    assert list(rows) == list(DEFAULTS)
    assert parse_limits(told) == DEFAULTS
    assert f"from one address {PEOPLE_PER_ADDRESS} times as many" in rows["login"][2]


def test_headers_of_every_answer(client: Client) -> None:
    headers = client.get("/health/live", secure=True).headers
    for names, where, values in API.table("Pages of other origins", "header"):
        for name, value in zip(codes(names), codes(values) * 2, strict=False):
            if where == "every answer":
                assert value in headers[name], name


def test_defaults_of_parameters_are_those_of_the_code() -> None:
    told = {codes(row[0])[0]: row[1] for row in API.table("Query parameters", "parameter")}
    assert f"1 to {record_pages.MOST}; {record_pages.DEFAULT_LIMIT} when left out" in told["limit"]
    assert (
        f"0 to {parameters.LARGEST_TOLERANCE_M:.0f}; {parameters.DEFAULT_TOLERANCE_M:.0f} when" in told["tolerance_m"]
    )


def test_every_other_address_is_told() -> None:
    told = {code.replace("<slug>", "<slug:slug>") for code in codes(API.section("Pages") + API.section("Health"))}
    told |= set(codes(API.text.partition("## ")[0]))
    served = {f"/{p.pattern}" for p in urlpatterns if isinstance(p, URLPattern)} | {"/admin/"}
    assert served - told == set()


def test_what_readiness_asks_is_told() -> None:
    (row,) = [row for row in API.table("Health", "address") if "ready" in row[0]]
    assert row[1].rpartition(": ")[2].split(", ") == sorted(CHECKS, key=list(CHECKS).index)


def test_parameters_of_the_dashboard() -> None:
    (row,) = [row for row in API.table("Pages", "address") if "dashboard" in row[0]]
    assert codes(row[1]) == [*NEED_MAP_PARAMETERS, "sort", "view", "place", "with", "shading", "format"]
    assert Sort.parse("-share") is not None
