import pytest
from django.test import RequestFactory

from backend import errors
from tests.listening.dashboard.reader import Page
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db


def test_the_start_page_leads_everywhere(client):
    response = client.get("/", headers={"accept-language": "en"})
    assert response.status_code == 200
    hrefs = {a.attributes["href"] for a in Page(response).root.all("a")}
    assert {"/dashboard/", "/api/v1/docs", "/admin/", "/health/ready", "/login/"} <= hrefs


@pytest.mark.parametrize(("language", "title"), [("it", "Accedi"), ("en", "Sign in")])
def test_the_sign_in_page_speaks_the_readers_language(client, language, title):
    root = Page(client.get("/login/", headers={"accept-language": language})).root
    assert root.one("html").attributes["lang"] == language
    assert root.one("h1").text == title


def test_signing_in_leads_back_to_where_one_wanted_to_go(client, planner):
    response = client.post(
        "/login/",
        {"username": planner.username, "password": "a-long-test-password", "next": "/dashboard/?theme=rent"},
    )
    assert response.headers["Location"] == "/dashboard/?theme=rent"


def test_signing_in_never_leads_to_another_site(client, planner):
    response = client.post(
        "/login/", {"username": planner.username, "password": "a-long-test-password", "next": "https://example.org/"}
    )
    assert response.headers["Location"] == "/dashboard/"


def test_a_wrong_password_is_said_without_saying_which_half_was_wrong(client, planner):
    for name in (planner.username, "nobody"):
        page = Page(client.post("/login/", {"username": name, "password": "wrong"}, headers={"accept-language": "en"}))
        assert page.notices == ["This name and password do not match an account. Check both and try again."]
        assert page.root.one("input", name="username").attributes["value"] == name
        assert "value" not in page.root.one("input", name="password").attributes


def test_demo_accounts_are_named_in_the_demo_only(client, settings):
    settings.DEMO = True
    shown = Page(client.get("/login/")).root
    assert [code.text for dt in shown.all("dt") for code in dt.all("code")] == [
        "planner",
        "listener",
        "coordinator",
        "navile",
        "steward",
        "admin",
    ]
    settings.DEMO = False
    assert Page(client.get("/login/")).root.all("dt") == []


def test_signing_out_takes_a_form_not_a_link(client, planner):
    client.force_login(planner)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert client.get("/dashboard/").status_code == 302


def test_a_missing_page_says_so(client):
    response = client.get("/nowhere", headers={"accept-language": "en"})
    assert response.status_code == 404
    assert Page(response).root.one("h1").text == "There is no page at this address"


@pytest.mark.parametrize(("handler", "status"), [("bad_request", 400), ("permission_denied", 403)])
def test_refusals_have_a_page(english, handler, status):
    response = getattr(errors, handler)(RequestFactory().get("/somewhere"), Exception("reason"))
    assert response.status_code == status
    assert Page(response).root.one("h1").text


def test_a_form_without_its_token_has_a_page(planner, english):
    from django.test import Client

    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    response = client.post("/login/", {"username": "x", "password": "y"})
    assert response.status_code == 403
    assert Page(response).root.one("h1").text == "This form was open for too long"


def test_the_page_of_a_breakdown_needs_nothing_of_the_application(english):
    response = errors.server_error(RequestFactory().get("/somewhere"))
    assert response.status_code == 500
    assert Page(response).root.one("h1").text == "Something went wrong on our side"


@pytest.mark.parametrize(("role", "door"), [("planner", "/dashboard/"), ("listener", "/"), ("admin", "/")])
def test_signing_in_leads_to_what_one_may_see(client, role, door):
    paola = person("paola", role)
    answer = client.post("/login/", {"username": paola.username, "password": PASSWORD})
    assert answer.headers["Location"] == door
    links = {link.attributes["href"] for link in Page(client.get("/")).root.one("nav").all("a")}
    assert ("/dashboard/" in links) == (door == "/dashboard/")
