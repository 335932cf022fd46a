"""Odd requests against the real server: each gets an answer of the right kind, none a 5xx."""

from __future__ import annotations

import json

import pytest

from listening.fieldwork.tokens import issue
from tests.attacks.conftest import HOST, Served, sign_in
from tests.listening.submissions import document
from tests.people import PASSWORD, person

PROBLEM = "application/problem+json"
DECLARED = {
    "/api/v1/themes": {"GET", "HEAD", "OPTIONS"},
    "/api/v1/conversations": {"GET", "HEAD", "OPTIONS", "POST"},
    "/api/v1/conversations/01890000-0000-7000-8000-000000000000": {"GET", "HEAD", "OPTIONS", "PATCH", "DELETE"},
    "/api/v1/need-map": {"GET", "HEAD", "OPTIONS"},
}
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW"]
HEAD_OF_RAW = f"Host: {HOST}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n".encode()


@pytest.fixture
def bearer(transactional_db) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(person('coordinator', 'coordinator'))}"}


def problem_of(answer):
    assert answer.headers["content-type"] == PROBLEM, answer
    told = json.loads(answer.body)
    assert told["status"] == answer.status
    return told["type"].removeprefix("/problems/")


class TestMethods:
    def test_those_that_are_not_declared(self, served, bearer, city):
        for path, declared in DECLARED.items():
            for method in METHODS:
                answer = served.ask(method, path, **bearer)
                if method in declared:
                    assert answer.status in {200, 400, 404, 428}, (method, path, answer)
                else:
                    assert (answer.status, problem_of(answer)) == (405, "method-not-allowed"), (method, path)
                    allowed = set(answer.headers["allow"].split(", "))
                    assert allowed == declared

    @pytest.mark.parametrize("path", ["/api/v1/themes", "/api/v1/conversations", "/login/", "/health/live", "/nowhere"])
    def test_head_is_get_without_a_body(self, served, bearer, path):
        get, head = (served.ask(method, path, **bearer) for method in ("GET", "HEAD"))
        assert (head.status, head.body) == (get.status, b"")
        own = {"x-request-id", "date", "expires", "set-cookie", "content-length"}  # a second may begin in between
        assert {n: v for n, v in head.headers.items() if n not in own} == {
            n: v for n, v in get.headers.items() if n not in own
        }

    def test_pages_that_only_show(self, served):
        for method in ("POST", "DELETE", "BREW"):
            assert served.ask(method, "/problems/forbidden").status in {403, 405}


class TestUnknownAddresses:
    @pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/", "/api/v1/%00", "/api/v1/%ff%fe", "/api/v1/../x"])
    def test_of_the_api_are_problems(self, served, path):
        assert problem_of(served.ask("GET", path)) == "not-found"

    @pytest.mark.parametrize("path", ["/nowhere", "/%ff%fe", "/../../../etc/hosts", "//evil.example/", "/problems/%00"])
    def test_others_are_pages(self, served, path):
        answer = served.ask("GET", path, Accept_Language="en")
        assert answer.status == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "There is no page at this address" in answer.text
        assert "127.0.0.1" not in answer.text


class TestHosts:
    @pytest.mark.parametrize("host", ["evil.example", f"{HOST}.evil.example", f"{HOST}@evil.example", "", "a b", "[::"])
    @pytest.mark.parametrize("path", ["/api/v1/themes", "/login/", "/health/live"])
    def test_names_that_are_not_ours(self, served, host, path):
        answer = served.ask("GET", path, Host=host)
        assert answer.status == 400
        assert "evil" not in answer.text

    def test_two_of_them(self, served):
        told = served.say(b"GET /api/v1/themes HTTP/1.1\r\nHost: evil.example\r\n" + HEAD_OF_RAW + b"\r\n")
        assert told.startswith(b"HTTP/1.1 400 ")

    def test_a_forwarded_one_is_not_believed(self, served, bearer, city):
        answer = served.ask(
            "POST",
            "/api/v1/conversations",
            json.dumps(document()).encode(),
            Content_Type="application/json",
            X_Forwarded_Host="evil.example",
            Forwarded="host=evil.example",
            **bearer,
        )
        assert answer.status == 201, answer
        assert answer.headers["location"].startswith(f"https://{HOST}/")

    @pytest.mark.parametrize("goal", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1"])
    def test_signing_in_leads_nowhere_else(self, client, planner, goal):
        told = {"login": planner.username, "password": PASSWORD, "next": goal}
        assert client.post("/login/", told).headers["Location"] == "/dashboard/"


class TestSizes:
    def test_of_a_query_string(self, served, bearer):
        fits = served.ask("GET", "/api/v1/conversations?q=" + "a" * 8_190, **bearer)
        over = served.ask("GET", "/api/v1/conversations?q=" + "a" * 8_191, **bearer)
        assert fits.status == 200
        assert (over.status, problem_of(over)) == (414, "address-too-long")

    def test_of_many_parameters(self, served, bearer):
        answer = served.ask("GET", "/api/v1/conversations?" + "&".join(f"a{n}" for n in range(1_500)), **bearer)
        assert (answer.status, problem_of(answer)) == (400, "invalid-request")

    def test_of_a_request_line_and_of_headers(self, served):
        """The server itself refuses these: without a body, and without its name."""
        for request, status in [
            (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HEAD_OF_RAW, b"414"),
            (b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 2_000_000 + b"\r\n" + HEAD_OF_RAW, b"431"),
            (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + HEAD_OF_RAW, b"431"),
            (b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n" + HEAD_OF_RAW, b"400"),
            (b"\x16\x03\x01\x02\x00 / HTTP/1.1\r\n" + HEAD_OF_RAW, b"400"),
        ]:
            told = served.say(request + b"\r\n")
            assert told.startswith(b"HTTP/1.1 " + status), told[:100]
            assert b"granian" not in told.lower()

    @pytest.mark.parametrize(("size", "status"), [(1_048_576, 400), (1_048_577, 413)])
    def test_of_a_body(self, served, bearer, size, status):
        body = b'"' + b"a" * (size - 2) + b'"'
        answer = served.ask("POST", "/api/v1/conversations", body, Content_Type="application/json", **bearer)
        assert answer.status == status
        problem_of(answer)

    def test_of_a_body_in_chunks(self, served, bearer):
        """Read as empty, it would be refused for what it does hold."""
        answer = served.ask(
            "POST", "/api/v1/conversations", iter([b"[1,", b"2]"]), Content_Type="application/json", **bearer
        )
        assert (answer.status, problem_of(answer)) == (411, "length-required")

    def test_a_length_beside_chunks_smuggles_nothing(self, served, bearer):
        told = served.say(
            b"POST /api/v1/conversations HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
            + HEAD_OF_RAW.replace(b"close", b"keep-alive")
            + b"\r\n0\r\n\r\nGET /api/v1/themes HTTP/1.1\r\n"
            + HEAD_OF_RAW
            + b"\r\n"
        )
        assert told.startswith(b"HTTP/1.1 411 ")


class TestMediaTypes:
    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "/", "x"]
    )
    def test_of_bodies(self, served, bearer, kind):
        answer = served.ask("POST", "/api/v1/conversations", b"{}", Content_Type=kind, **bearer)
        assert (answer.status, problem_of(answer)) == (415, "unsupported-media-type")

    @pytest.mark.parametrize("wanted", ["text/html", "image/*", "garbage;;;q=x"])
    def test_of_answers(self, served, wanted):
        assert problem_of(served.ask("GET", "/api/v1/themes", Accept=wanted)) == "not-acceptable"


class TestOddHeaders:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Accept_Language": "x" * 5_000},
            {"Authorization": "Bearer \x80\xff"},
            {"Authorization": "Basic !!!"},
            {"Authorization": "Bearer " + "a" * 50_000},
            {"Cookie": "sessionid=\xff\xfe; csrftoken=; a"},
            {"If_None_Match": '"' + "a" * 9_000},
            {"If_Modified_Since": "yesterday"},
            {"X_Request_ID": "a\xff" * 40},
            {"X_Forwarded_For": "\xff, , ,,;"},
            {"Content_Length": "0"},
            {"Range": "bytes=0-"},
            {"Expect": "the unexpected"},
            {"Upgrade": "websocket"},
        ],
        ids=str,
    )
    def test_none_breaks_an_answer(self, served, headers):
        for path in ("/api/v1/themes", "/api/v1/venues", "/login/"):
            assert served.ask("GET", path, **headers).status in {200, 401}


class TestOwnHeaders:
    @pytest.mark.parametrize("path", ["/", "/login/", "/api/v1/themes", "/api/v1/nowhere", "/health/live", "/static/x"])
    def test_of_every_answer(self, served, path):
        headers = served.ask("GET", path).headers
        assert headers["server"] == "listening"
        assert "x-powered-by" not in headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert "default-src 'none'" in headers["content-security-policy"]

    def test_http_leads_to_https(self, served):
        answer = served.ask("GET", "/login/", X_Forwarded_Proto="http")
        assert (answer.status, answer.headers["location"]) == (301, f"https://{HOST}/login/")

    def test_cookies(self, served):
        cookie = served.ask("GET", "/login/").headers["set-cookie"]
        assert {"Secure", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


class TestOtherOrigins:
    ASKS = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "authorization"}

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "http://maps.example.org", "https://maps.example.org.evil.example"]
        + ["https://maps.example.org:444", f"https://sub.{HOST}", "file://", ""],
    )
    def test_are_shut_out(self, served, origin):
        for method, asks in (("GET", {}), ("OPTIONS", self.ASKS)):
            answer = served.ask(method, "/api/v1/themes", Origin=origin, **asks)
            assert not [name for name in answer.headers if name.startswith("access-control-allow")]

    def test_one_that_is_named_reads_with_a_token(self, served, bearer):
        origin = {"Origin": "https://maps.example.org"}
        preflight = served.ask("OPTIONS", "/api/v1/venues", **origin, **self.ASKS)
        assert preflight.status == 200
        assert preflight.headers["access-control-allow-origin"] == "https://maps.example.org"
        assert "authorization" in preflight.headers["access-control-allow-headers"]
        answer = served.ask("GET", "/api/v1/venues", **origin, **bearer)
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "https://maps.example.org"
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()

    @pytest.mark.parametrize(
        "path", ["/", "/login/", "/dashboard/", "/health/live", "/admin/", "/static/backend/site.css"]
    )
    def test_pages_are_for_nobody_else(self, served, path):
        answer = served.ask("GET", path, Origin="https://maps.example.org")
        assert not [name for name in answer.headers if name.startswith("access-control-allow")]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("origin", ["https://maps.example.org", f"https://sub.{HOST}", "null"])
    def test_no_cookie_speaks_for_them(self, served, origin):
        """SameSite lets the cookie through: the two are one site."""
        person("gina", "planner")
        signed_in = sign_in(served, "gina", PASSWORD)
        cookie = {"Cookie": "; ".join(part.partition(";")[0] for part in signed_in.cookies)}
        assert served.ask("GET", "/api/v1/venues", **cookie).status == 200
        assert served.ask("GET", "/api/v1/venues", **cookie, Origin=f"https://{HOST}").status == 200
        assert served.ask("GET", "/api/v1/venues", **cookie, Origin=origin).status == 401


def test_nothing_of_it_was_a_fault_of_ours(server):
    """Runs last in this module: whatever was asked, the service logged no error."""
    _, log = server
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert len(lines) > 100
    assert [line for line in lines if line.get("status", 0) >= 500 or line["logger"] == "django.request"] == []
    assert Served(*server).ask("GET", "/health/live").status == 200
