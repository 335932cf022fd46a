"""The page of one's phones: it works without a script, shows a code once, and turns nobody else's phone away."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from listening.fieldwork.enrolment import issue_code
from listening.fieldwork.models import Device, EnrolmentCode
from tests.listening.dashboard.conftest import _compiled_catalogues  # noqa: F401  (the catalogues as in the source)
from tests.listening.fieldwork.phone import Phone
from tests.people import person

PAGE, ADD = "/devices/", "/devices/add/"


@pytest.fixture
def browser(anna) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(anna)
    return client


def code_in(answer) -> str:
    return re.search(r'<code class="code">([\w-]+)</code>', answer.content.decode())[1]


def test_it_works(browser):
    """From the button to a phone in use."""
    assert "You have no phone here yet." in browser.get(PAGE).content.decode()
    shown = browser.post(ADD)
    assert "<svg" in shown.content.decode()
    phone = Phone()
    assert phone.enrol(code_in(shown), "Pixel <b>").status_code == 201
    page = browser.get(PAGE).content.decode()
    assert f'<strong class="number">{phone.number}</strong>' in page
    assert "Pixel &lt;b&gt;" in page
    answer = browser.post(reverse("device-confirm", args=[phone.id]))
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert phone.get().status_code == 200
    assert phone.number not in browser.get(PAGE).content.decode()
    browser.post(reverse("device-revoke", args=[phone.id]))
    assert phone.get().json()["wipe"] is False
    browser.post(reverse("device-revoke", args=[phone.id]), {"forget": "yes"})
    assert "It will be told to forget when it comes back." in browser.get(PAGE).content.decode()
    assert phone.get().json()["wipe"] is True
    assert "It was told to forget." in browser.get(PAGE).content.decode()


def test_a_code_is_shown_once_and_kept_by_nobody(browser):
    first = browser.post(ADD)
    assert first["Cache-Control"] == "private, no-store"
    assert browser.get(ADD)["Location"] == PAGE
    second = browser.post(ADD)
    assert Phone().enrol(code_in(first)).status_code == 410
    assert Phone().enrol(code_in(second)).status_code == 201


def test_looking_makes_no_code(browser):
    browser.get(PAGE)
    browser.get(ADD)
    browser.head(ADD)
    assert not EnrolmentCode.objects.exists()


@pytest.mark.parametrize("path", [PAGE, ADD])
def test_for_people_who_are_signed_in(db, client, path):
    assert client.get(path)["Location"].startswith("/login/")
    assert client.post(ADD)["Location"].startswith("/login/")
    assert not EnrolmentCode.objects.exists()


def test_another_site_can_press_no_button(anna):
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    phone = Phone()
    phone.enrol(issue_code(anna).code)
    for path in (ADD, reverse("device-confirm", args=[phone.id]), reverse("device-revoke", args=[phone.id])):
        assert client.post(path).status_code == 403
    device = Device.objects.get()
    assert (device.confirmed_at, device.revoked_at) == (None, None)


def test_looking_at_a_button_does_not_press_it(browser, anna):
    phone = Phone()
    phone.enrol(issue_code(anna).code)
    for name in ("device-confirm", "device-revoke"):
        assert browser.get(reverse(name, args=[phone.id])).status_code == 405


def test_phones_of_others_are_neither_confirmed_nor_taken_away(browser):
    bruno = person("bruno", "listener")
    phone = Phone()
    phone.enrol(issue_code(bruno).code, "Bruno's")
    absent = "0198c0de-0000-7000-8000-000000000001"
    for name in ("device-confirm", "device-revoke"):
        for pk in (phone.id, absent):
            assert browser.post(reverse(name, args=[pk])).status_code == 404
    assert "Bruno" not in browser.get(PAGE).content.decode()
    device = Device.objects.get()
    assert (device.confirmed_at, device.revoked_at) == (None, None)


def test_a_coordinator_takes_away_phones_of_listeners_in_reach(city):
    person("anna", "listener", within=city.area(1))
    bruno = person("bruno", "listener", within=city.area(4))
    from listening.fieldwork.models import User

    for name in ("anna", "bruno"):
        Phone().enrol(issue_code(User.objects.get(username=name)).code, f"phone of {name}")
    client = Client()
    client.force_login(person("carla", "coordinator", within=city.districts["zona", "A"]))
    page = client.get(PAGE).content.decode()
    assert "phone of anna" in page
    assert "phone of bruno" not in page
    client.post(reverse("device-revoke", args=[Device.objects.get(name="phone of anna").pk]), {"forget": "yes"})
    assert client.post(reverse("device-revoke", args=[bruno.devices.get().pk])).status_code == 404
    assert list(Device.objects.filter(revoked_at=None)) == list(bruno.devices.all())


def test_the_page_asks_nothing_per_phone(browser, anna, django_assert_num_queries):
    for _ in range(3):
        Phone().enrol(issue_code(anna).code)
    with django_assert_num_queries(5):  # session, person, what they may do, own, those of others
        browser.get(PAGE)


@pytest.mark.parametrize("language", ["it", "en"])
def test_nothing_of_it_is_styled_or_scripted_in_place(browser, anna, language):
    Phone().enrol(issue_code(anna).code)
    browser.get(PAGE, headers={"Accept-Language": language})
    for answer in (browser.get(PAGE), browser.post(ADD)):
        page = answer.content.decode()
        assert not re.search(r"<script|\sstyle=|\son\w+=|javascript:", page)
        assert "'unsafe-inline'" not in answer["Content-Security-Policy"]


def test_it_speaks_italian(browser):
    page = browser.get(PAGE, headers={"Accept-Language": "it"}).content.decode()
    assert "I miei telefoni" in page
