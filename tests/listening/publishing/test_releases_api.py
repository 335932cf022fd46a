"""Stewards publish over HTTP and on a page; others do not get in."""

from __future__ import annotations

import pytest
from django.test import Client

from listening.fieldwork.roles import Role
from listening.publishing.propose import publish_release, withdraw
from listening.releases.models import Release
from tests.listening.publishing.conftest import QUARTER
from tests.people import person

pytestmark = pytest.mark.django_db
API = "/api/v1/releases"


def test_it_works(told_quarter, steward, second_steward, client_of):
    proposed = client_of(steward).post(f"{API}/proposals", {"quarter": QUARTER})
    assert proposed.status_code == 201, proposed.content
    pk = proposed.json()["id"]
    assert proposed.json()["report"]["audit"]["recovered"] == 0
    listed = client_of(second_steward).get(API).json()
    assert [one["id"] for one in listed["proposals"]] == [pk]
    assert listed["releases"] == []
    own = client_of(steward).post(f"{API}/proposals/{pk}/approval")
    assert (own.status_code, own.json()["type"]) == (409, "/problems/same-person")
    approved = client_of(second_steward).post(f"{API}/proposals/{pk}/approval")
    assert approved.status_code == 201, approved.content
    assert approved.json()["code"] == "2026-Q2-r1"
    again = client_of(second_steward).post(f"{API}/proposals/{pk}/approval")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/proposal-closed")
    assert client_of(steward).get(f"{API}/proposals/{pk}").json()["state"] == "approved"


def test_a_release_is_withdrawn_with_a_reason(told_quarter, steward, second_steward, client_of):
    pk = client_of(steward).post(f"{API}/proposals", {"quarter": QUARTER}).json()["id"]
    client_of(second_steward).post(f"{API}/proposals/{pk}/approval")
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x", "why": "y"}):
        assert client_of(steward).post(f"{API}/2026-Q2-r1/withdrawal", body, format="json").status_code == 400, body
    answer = client_of(steward).post(f"{API}/2026-Q2-r1/withdrawal", {"reason": "Counted twice."})
    assert (answer.status_code, answer.json()["status"]) == (200, "withdrawn")
    again = client_of(steward).post(f"{API}/2026-Q2-r1/withdrawal", {"reason": "Counted twice."})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/release-not-published")


@pytest.mark.parametrize(
    "body",
    [{}, {"quarter": "2026"}, {"quarter": "x" * 21}, {"quarter": "2026-Q2\0"}, {"quarter": 2026},
     {"quarter": QUARTER, "a": 1}, {"quarter": QUARTER, "affected": -1}, {"quarter": QUARTER, "affected": "9"}, []],
)  # fmt: skip
def test_mistakes_are_named(told_quarter, steward, client_of, body):
    answer = client_of(steward).post(f"{API}/proposals", body, format="json")
    assert answer.status_code == 400, answer.content


def test_a_steward_of_a_district_does_not_publish_the_city(city, told_quarter, client_of):
    somebody = person("dora", Role.STEWARD, within=city.area(5))
    assert client_of(somebody).get(API).status_code == 403
    browser = Client()
    browser.force_login(somebody)
    assert browser.get("/releases/").status_code == 403


def test_the_page(told_quarter, steward, second_steward):
    first, second = Client(), Client()
    first.force_login(steward)
    second.force_login(second_steward)
    page = first.get("/releases/")
    assert page.status_code == 200
    assert f"<option>{QUARTER}</option>" in page.content.decode()
    assert first.post("/releases/propose/", {"quarter": QUARTER}).status_code == 302
    shown = second.get("/releases/", headers={"Accept-Language": "en"}).content.decode()
    assert "proposed by stella" in shown or "proposto da stella" in shown
    pk = second.get(API).json()["proposals"][0]["id"]
    refused = first.post(f"/releases/{pk}/approve/")
    assert refused.status_code == 409
    assert "another steward approves it" in refused.content.decode()
    assert second.post(f"/releases/{pk}/approve/").status_code == 302
    assert Release.objects.get().code == "2026-Q2-r1"
    assert first.post("/releases/2026-Q2-r1/withdraw/", {"reason": ""}).status_code == 409
    assert first.post("/releases/2026-Q2-r1/withdraw/", {"reason": "<b>wrong</b>"}).status_code == 302
    shown = first.get("/releases/").content.decode()
    assert "&lt;b&gt;wrong&lt;/b&gt;" in shown
    assert first.post("/releases/none/withdraw/", {"reason": "x"}).status_code == 404
    assert first.post("/releases/999/approve/").status_code == 404
    assert first.post("/releases/propose/", {"quarter": "2026", "affected": "many"}).status_code == 400


def test_a_proposal_can_be_taken_back(told_quarter, steward):
    browser = Client()
    browser.force_login(steward)
    browser.post("/releases/propose/", {"quarter": QUARTER})
    pk = browser.get(API).json()["proposals"][0]["id"]
    assert browser.post(f"/releases/{pk}/reject/").status_code == 302
    assert browser.get(API).json()["proposals"] == []


def test_others_have_no_page(planner):
    browser = Client()
    assert browser.get("/releases/").status_code == 302
    browser.force_login(planner)
    assert browser.get("/releases/").status_code == 403
    assert browser.post("/releases/propose/", {"quarter": QUARTER}).status_code == 403


def test_a_need_map_names_the_release_of_its_quarter(told_quarter, steward, second_steward, coordinator, client_of):
    def provenance(period):
        params = {"layer": "zona", "period": period, "geometry": "none"}
        return client_of(coordinator).get("/api/v1/need-map", params).json()["provenance"]

    assert provenance(QUARTER)["release"] is None
    publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)
    assert provenance(QUARTER)["release"] == "2026-Q2-r1"
    assert provenance("2026-05")["release"] is None
    withdraw(Release.objects.get(), by=steward, reason="wrong")
    assert provenance(QUARTER)["release"] is None
