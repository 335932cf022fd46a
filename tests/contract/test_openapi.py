"""The API keeps its written word: the schema is valid, whole, and true of what is answered to generated requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.wsgi import application
from listening.attachments.api.tus import CHUNK
from listening.capture.accept import accept_many
from listening.capture.api.filters import ConversationFilter
from listening.fieldwork.models import Session, Venue
from listening.fieldwork.roles import Role
from listening.fieldwork.tokens import issue
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

WRITTEN = SchemaGenerator().get_schema(request=None, public=True)
# What the schema calls the key of a record.
NAMES = {"pk": "id"}
# The transport of these tests does not unpack answers.
PLAIN = {"Accept-Encoding": "identity"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
schemathesis.openapi.media_type(CHUNK, strategies.binary(max_size=2_000))
schema = schemathesis.openapi.from_wsgi("/api/v1/schema", application)


def test_the_schema_is_valid_and_nothing_in_it_is_guessed(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def routes(patterns, prefix="") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def test_every_address_is_written_down():
    served = {
        "/" + re.sub(r"<\w+:(\w+)>", lambda converter: f"{{{NAMES.get(converter[1], converter[1])}}}", route)
        for route in routes(get_resolver().url_patterns)
        if route.startswith("api/v1/")
    }
    own = {"/api/v1/schema", "/api/v1/docs"}
    assert served - own == set(WRITTEN["paths"])


def test_every_operation_says_what_it_is_for():
    for path, operations in WRITTEN["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (path, method)
            assert {"400", "406"} <= set(operation["responses"]), (path, method)


def test_every_filter_is_written_down():
    written = {parameter["name"] for parameter in WRITTEN["paths"]["/api/v1/conversations"]["get"]["parameters"]}
    assert set(ConversationFilter.base_filters) | {"limit", "cursor"} <= written


@pytest.fixture
def tokens(city, themes) -> dict[str, str]:
    """One for each role, of a city in which something has been said."""
    people = {role: person(role, role) for role in Role.values}
    listener = people[Role.LISTENER]
    venue = Venue.objects.create(code="salaborsa", name="Salaborsa", kind="library")
    Session.objects.create(kind="desk", venue=venue, started_at=NOON, convener=listener)
    accept_many([conversation(listener, heard("need", themes["rent"], text="Affitto"), area=n) for n in range(1, 10)])
    return {role: issue(each) for role, each in people.items()}


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Requests of a test share its transaction; Django's own client sees to that, a plain WSGI client does not."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_one_connection")
@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_written(case, tokens):
    case.call_and_validate(headers={"Authorization": f"Bearer {tokens[Role.COORDINATOR]}", **PLAIN}, checks=CHECKS)


def test_every_role_is_answered_as_written(tokens):
    """Also nobody, and whoever has no role for it: by a status that the operation names."""
    for path, operations in WRITTEN["paths"].items():
        for method, operation in operations.items():
            number = "1" if "districts" in path else "01890000-0000-7000-8000-000000000000"
            for role in (None, *Role.values):
                headers = {"Authorization": f"Bearer {tokens[role]}"} if role else {}
                answer = Client().generic(
                    method, path.replace("{id}", number), b"{}", content_type="application/json", headers=headers
                )
                assert str(answer.status_code) in operation["responses"], (role, method, path)
