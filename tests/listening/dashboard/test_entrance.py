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
    assert {"/dashboard/", "/map/", "/open/", "/api/v1/docs", "/admin/", "/health/ready", "/login/"} <= hrefs


def test_a_missing_page_says_so(client):
    response = client.get("/nowhere", headers={"accept-language": "en"})
    assert response.status_code == 404
    assert Page(response).root.one("h1").text == "There is no page at this address"


@pytest.mark.parametrize(("handler", "status"), [("bad_request", 400), ("permission_denied", 403)])
def test_refusals_have_a_page(english, handler, status):
    response = getattr(errors, handler)(RequestFactory().get("/somewhere"), Exception("reason"))
    assert response.status_code == status
    assert Page(response).root.one("h1").text


def test_the_page_of_a_breakdown_needs_nothing_of_the_application(english):
    response = errors.server_error(RequestFactory().get("/somewhere"))
    assert response.status_code == 500
    assert Page(response).root.one("h1").text == "Something went wrong on our side"


@pytest.mark.parametrize(("role", "door"), [("planner", "/dashboard/"), ("listener", "/"), ("admin", "/")])
def test_signing_in_leads_to_what_one_may_see(client, role, door):
    paola = person("paola", role)
    answer = client.post("/login/", {"login": paola.username, "password": PASSWORD})
    assert answer.headers["Location"] == door
    links = {link.attributes["href"] for link in Page(client.get("/")).root.one("nav").all("a")}
    assert ("/dashboard/" in links) == (door == "/dashboard/")
