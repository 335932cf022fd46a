"""Problem details: each kind documented and in use, each mistake with its place, each answer well formed."""

import ast
import json
import re
from pathlib import Path

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError
from django.test import Client, override_settings
from django.urls import path
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import exceptions as drf
from rest_framework import serializers

from backend import urls
from backend.policy import Public, access
from backend.problems import (
    InternalError,
    InvalidParameter,
    InvalidRequest,
    Problem,
    TooManyRequests,
    as_problem,
    catalogue,
)

ROOT = Path(__file__).resolve().parents[2]
KINDS = catalogue()  # complete, since the addresses and so all views are imported above


@access(Public)
def broken(request):
    raise RuntimeError("what a resident said")


@access(Public)
def malformed(request):
    from django.core.exceptions import SuspiciousOperation

    raise SuspiciousOperation("odd")


@access(Public)
def forbidden(request):
    from django.core.exceptions import PermissionDenied

    raise PermissionDenied


urlpatterns = urls.urlpatterns + [
    path(f"{prefix}{view.__name__}", view)
    for view in (broken, malformed, forbidden)
    for prefix in ("api/v1/", "pages/")
]
handler400 = "backend.errors.bad_request"
handler403 = "backend.errors.permission_denied"
handler404 = "backend.errors.page_not_found"
handler500 = "backend.errors.server_error"


def named_in_source() -> set[str]:
    """Names that the product refers to, apart from where classes are defined and imported."""
    names = set()
    for package in ("backend", "districts", "listening"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call | ast.Raise | ast.Tuple):
                    names |= {inner.id for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.Name)}
    return names


NAMED = named_in_source()


class TestCatalogue:
    def test_it_holds_those_of_the_capabilities(self):
        assert {"invalid-request", "not-found", "same-id-other-content", "record-deleted"} <= set(KINDS)

    def test_each_slug_is_one_kind(self):
        pending, kinds = [Problem], []
        while pending:
            below = pending.pop().__subclasses__()
            kinds += below
            pending += below
        assert len({kind.slug for kind in kinds}) == len(kinds)

    @pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
    def test_each_is_documented(self, kind):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
        assert kind.__doc__ != Problem.__doc__
        assert len((kind.__dict__["__doc__"] or "").strip()) > 20
        assert kind.title
        assert 400 <= kind.status <= 599

    @pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
    def test_each_has_a_page(self, client, kind):
        response = client.get(f"/problems/{kind.slug}")
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/html")
        page = response.content.decode()
        assert escape(kind.title) in page
        assert escape(kind.__doc__.strip().split("\n")[0][:40]) in page
        assert str(kind.status) in page

    @pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
    def test_each_is_raised_somewhere(self, kind):
        """Itself, or as the finer kinds below it."""
        assert kind.__subclasses__() or kind.__name__ in NAMED

    def test_an_unknown_kind_has_no_page(self, client):
        assert client.get("/problems/unheard-of").status_code == 404


class TestRendering:
    def test_the_members(self):
        problem = InvalidParameter("No.", parameter="q", value="x" * 500, allowed=["a"])
        response = problem.as_response("/api/v1/x")
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        assert response["Cache-Control"] == "no-store"
        assert json.loads(response.content) == {
            "type": "/problems/invalid-parameter",
            "title": "A parameter is not valid",
            "status": 400,
            "detail": "No.",
            "instance": "/api/v1/x",
            "parameter": "q",
            "value": "x" * 200,
            "allowed": ["a"],
        }

    @given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
    def test_odd_characters_stay_valid_utf_8(self, detail, value):
        body = InvalidParameter(detail, parameter="p", value=value).as_response(value).content
        shown = json.loads(body.decode("utf-8"))
        assert (shown["detail"], shown["value"]) == (detail, value[:200])

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
    def test_what_is_not_json_does_not_get_in(self, number):
        with pytest.raises(ValueError, match="JSON"):
            InvalidRequest("x", value=number).as_response()


class TestFieldErrors:
    def pointers(self, detail):
        return [(error["pointer"], error["code"]) for error in as_problem(drf.ValidationError(detail)).errors]

    def test_one_of_the_body_itself(self):
        assert self.pointers(["no"]) == [("", "invalid")]
        assert self.pointers({"non_field_errors": ["no"]}) == [("", "invalid")]

    def test_names_are_escaped(self):
        assert self.pointers({"a/b": {"c~d": ["x"], "~1": ["y"]}, "": ["z"]}) == [
            ("/a~1b/c~0d", "invalid"),
            ("/a~1b/~01", "invalid"),
            ("/", "invalid"),
        ]

    def test_items_of_lists_have_their_index(self):
        detail = {"findings": [{}, {"kind": [drf.ErrorDetail("no", code="unknown")]}, {"themes": {3: ["no"]}}]}
        assert self.pointers(detail) == [("/findings/1/kind", "unknown"), ("/findings/2/themes/3", "invalid")]

    def test_one_mistake_is_the_detail_and_several_are_counted(self):
        assert as_problem(drf.ValidationError({"a": ["so"]})).detail == "so"
        assert as_problem(drf.ValidationError({"a": ["so", "so"]})).detail == "2 mistakes were found."

    def test_as_a_serializer_says_them(self):
        class Inner(serializers.Serializer):
            number = serializers.IntegerField()

        class Outer(serializers.Serializer):
            rows = Inner(many=True)
            words = serializers.ListField(child=serializers.CharField(max_length=2))

        told = Outer(data={"rows": [{"number": 1}, {"number": "x"}, {}], "words": ["ok", "long"]})
        assert not told.is_valid()
        assert self.pointers(told.errors) == [
            ("/rows/1/number", "invalid"),
            ("/rows/2/number", "required"),
            ("/words/1", "max_length"),
        ]


class TestFrameworkErrors:
    @pytest.mark.parametrize(
        ("error", "slug"),
        [
            (drf.ParseError(), "invalid-request"),
            (drf.NotAuthenticated(), "unauthenticated"),
            (drf.PermissionDenied(), "forbidden"),
            (drf.NotFound(), "not-found"),
            (drf.MethodNotAllowed("PUT"), "method-not-allowed"),
            (drf.NotAcceptable(), "not-acceptable"),
            (drf.UnsupportedMediaType("text/plain"), "unsupported-media-type"),
            (drf.Throttled(wait=1.5), "too-many-requests"),
        ],
    )
    def test_each_is_one_of_ours(self, error, slug):
        problem = as_problem(error)
        assert problem.slug == slug
        assert problem.status == error.status_code

    def test_a_throttled_client_is_told_when_to_come_back(self):
        response = as_problem(drf.Throttled(wait=1.5)).as_response()
        assert isinstance(as_problem(drf.Throttled(wait=1.5)), TooManyRequests)
        assert int(response["Retry-After"]) >= 2

    @pytest.mark.parametrize("error", [RuntimeError("x"), drf.APIException(), IntegrityError("x")])
    def test_a_fault_of_ours_is_not_dressed_up(self, error):
        assert as_problem(error) is None


class TestDatabaseAway:
    @pytest.mark.parametrize("error", [OperationalError("row (what a resident said)"), InterfaceError("closed")])
    def test_it_is_503_with_when_to_come_back(self, client, error, monkeypatch):
        def fail(self, request):
            raise error

        monkeypatch.setattr("listening.codelists.api.views.ThemesView.get", fail)
        response = client.get("/api/v1/themes")
        assert response.status_code == 503
        assert response.json()["type"] == "/problems/service-unavailable"
        assert int(response["Retry-After"]) > 0
        assert b"resident" not in response.content

    def test_it_is_logged(self, client, monkeypatch, caplog):
        def fail(self, request):
            raise OperationalError("gone")

        monkeypatch.setattr("listening.codelists.api.views.ThemesView.get", fail)
        client.get("/api/v1/themes")
        assert [record.exc_info[0] for record in caplog.records if record.name == "backend.problems"] == [
            OperationalError
        ]


class TestNoView:
    @pytest.mark.parametrize(
        ("view", "status"), [("nothing-here", 404), ("malformed", 400), ("forbidden", 403), ("broken", 500)]
    )
    @override_settings(ROOT_URLCONF=__name__)
    def test_problems_under_api_and_pages_elsewhere(self, view, status):
        client = Client(raise_request_exception=False)
        api, page = client.get(f"/api/v1/{view}"), client.get(f"/pages/{view}")
        assert api.status_code == page.status_code == status
        assert api["Content-Type"] == "application/problem+json"
        assert api.json()["status"] == status
        assert api.json()["instance"] == f"/api/v1/{view}"
        assert page["Content-Type"].startswith("text/html")
        assert b"resident" not in api.content + page.content

    @override_settings(ROOT_URLCONF=__name__)
    def test_a_fault_names_the_request(self):
        """So that the person who reports it can be helped: the id is in the log."""
        client = Client(raise_request_exception=False, headers={"X-Request-ID": "request-0001"})
        response = client.get("/api/v1/broken")
        assert response.json()["type"] == f"/problems/{InternalError.slug}"
        assert response["X-Request-ID"] == "request-0001"

    @pytest.mark.parametrize("language", ["it", "en", "fr", ""])
    def test_the_api_speaks_english(self, client, language):
        """A program compares words that a person's browser must not change."""
        asked = {"headers": {"Accept-Language": language}} if language else {}
        refusals = [
            client.put("/api/v1/themes", "{}", content_type="application/json", **asked),
            client.get("/api/v1/conversations", **asked),
            client.get("/api/v1/themes", headers={"Accept": "image/png", **asked.get("headers", {})}),
        ]
        details = [response.json()["detail"] for response in refusals]
        assert 'Method "PUT" not allowed.' in details[0]
        assert "credentials" in details[1].lower() or "sign in" in details[1].lower()
        assert "Accept" in details[2]

    def test_another_method(self, client):
        response = client.put("/api/v1/themes", "{}", content_type="application/json")
        assert response.status_code == 405
        assert response["Content-Type"] == "application/problem+json"
        assert "GET" in response["Allow"]

    @pytest.mark.parametrize(
        "address", ["/api/v1/themes/%00", "/api/v1/%ff%fe", "/api/v1/%ed%a0%80", "/api/v1/%0d%0aX:1"]
    )
    def test_odd_addresses_are_echoed_safely(self, client, address):
        response = client.get(address)
        assert response.status_code == 404
        response.content.decode("utf-8")
        assert response.json()["instance"].startswith("/api/v1/")
