"""Invitations: the only way to a password that does not lead through another password."""

import datetime as dt
import re
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from backend import clock
from listening.fieldwork.invitations import find, invite, use
from listening.fieldwork.models import Invitation, User
from tests.listening.dashboard.reader import Page
from tests.listening.signin.conftest import add_app, sign_in

pytestmark = pytest.mark.django_db
NEW = "a-password-of-my-own"
BOTH = {"password1": NEW, "password2": NEW}


def address(token: str) -> str:
    return f"/invitation/{token}/"


@pytest.fixture
def invited(person) -> User:
    somebody = person("elena", "listener")
    somebody.set_unusable_password()
    somebody.save()
    return somebody


@pytest.fixture
def link(invited) -> str:
    return address(invite(invited, by=None))


class TestTheLink:
    def test_it_sets_a_password_with_which_one_signs_in(self, client, link):
        assert client.post(link, BOTH).status_code == 200
        assert sign_in(client, "elena", NEW)["Location"] == "/"

    @pytest.mark.parametrize(("language", "title"), [("it", "Scegli una password"), ("en", "Choose a password")])
    def test_its_page_names_the_person(self, client, link, language, title):
        page = Page(client.get(link, headers={"accept-language": language}))
        assert page.root.one("h1").text == title
        assert page.root.one("strong").text == "elena"

    def test_looking_at_it_does_not_use_it_up(self, client, link):
        """Mail programs and messengers open links before people do."""
        for _ in range(3):
            assert client.get(link).status_code == 200
            client.head(link)
        assert Invitation.objects.get().used_at is None

    def test_it_signs_nobody_in_by_itself(self, client, link):
        client.post(link, BOTH)
        assert client.get("/account/").status_code == 302

    def test_the_same_link_resets_a_forgotten_password_and_ends_the_sessions(self, planner):
        elsewhere = Client()
        sign_in(elsewhere, "dario")
        Client().post(address(invite(planner, by=None)), BOTH)
        assert elsewhere.get("/account/").status_code == 302
        assert sign_in(Client(), "dario").status_code == 200
        assert sign_in(Client(), "dario", NEW).status_code == 302

    def test_it_is_no_way_round_the_second_factor(self, client, planner):
        add_app(planner)
        client.post(address(invite(planner, by=None)), BOTH)
        assert sign_in(client, "dario", NEW)["Location"] == "/login/code/"

    @pytest.mark.parametrize("password", ["short", "password1234", "elena"])
    def test_not_any_password_will_do(self, client, link, invited, password):
        answer = client.post(link, {"password1": password, "password2": password})
        assert Page(answer).notices
        invited.refresh_from_db()
        assert not invited.has_usable_password()
        assert client.get(link).status_code == 200

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("it", "Questa password è troppo corta: deve avere almeno 12 caratteri."),
            ("en", "This password is too short: it must have at least 12 characters."),
        ],
    )
    def test_why_not_is_said_in_the_readers_language(self, client, link, language, said):
        answer = client.post(
            link, {"password1": "Kp9-xq", "password2": "Kp9-xq"}, headers={"accept-language": language}
        )
        assert Page(answer).notices == [said]

    def test_twice_the_same(self, client, link):
        assert Page(client.post(link, {**BOTH, "password2": NEW + "x"})).notices

    def test_only_its_hash_is_kept(self, invited):
        token = invite(invited, by=None)
        kept = Invitation.objects.values().get()
        assert not [value for value in kept.values() if token in str(value)]

    def test_it_is_not_in_the_log(self, client, link, caplog):
        client.get(link)
        assert link.split("/")[2] not in str([vars(record) for record in caplog.records])


class TestTheEnd:
    """Used, expired, replaced, of somebody who left, never heard of: one page."""

    def dead(self, request, invited, monkeypatch, why: str) -> str:
        token = invite(invited, by=None)
        match why:
            case "used":
                Client().post(address(token), BOTH)
            case "expired":
                later = clock.now() + dt.timedelta(days=7)
                monkeypatch.setattr(clock, "now", lambda: later)
            case "replaced":
                invite(invited, by=None)
            case "left":
                User.objects.filter(pk=invited.pk).update(is_active=False)
            case "unknown":
                return address("x" * 43)
            case "odd":
                return address("%00%F0%9F%98%80")
        return address(token)

    @pytest.mark.parametrize("why", ["used", "expired", "replaced", "left", "unknown", "odd"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_all_look_the_same(self, request, invited, monkeypatch, why, method):
        link = self.dead(request, invited, monkeypatch, why)
        before = User.objects.values_list("password", flat=True).get(pk=invited.pk)
        client = Client(headers={"accept-language": "en"})
        answer = client.get(link) if method == "get" else client.post(link, BOTH | {"password1": "x" * 20})
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|/invitation/[^"]*', "", answer.content.decode())
        other = client.get(address("y" * 43))
        assert text == re.sub(r'name="csrfmiddlewaretoken" value="\w+"|/invitation/[^"]*', "", other.content.decode())
        assert answer.status_code == other.status_code == 404
        assert User.objects.values_list("password", flat=True).get(pk=invited.pk) == before

    def test_six_days_are_not_too_late(self, client, link, monkeypatch):
        later = clock.now() + dt.timedelta(days=6, hours=23)
        monkeypatch.setattr(clock, "now", lambda: later)
        assert client.get(link).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_link_at_once_one_sets_the_password(invited):
    """Both have found it; the database lets one through."""
    found = find(invite(invited, by=None))
    outcomes, start = [], threading.Barrier(4)

    def take() -> None:
        start.wait()
        outcomes.append(use(found))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_of_two_invitations_at_once_the_later_holds(invited):
    tokens, start = [], threading.Barrier(4)

    def make() -> None:
        start.wait()
        tokens.append(invite(invited, by=None))
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 4
    assert len([token for token in tokens if find(token)]) == 1


class TestAdministration:
    @pytest.fixture
    def browser(self, client, administrator) -> Client:
        client.force_login(administrator)
        return client

    NO_ASSIGNMENT = {
        "assignments-TOTAL_FORMS": "0",
        "assignments-INITIAL_FORMS": "0",
    }

    def link_in(self, answer) -> str:
        [link] = re.findall(r"http://testserver(/invitation/[\w-]{43}/)", answer.content.decode())
        return link

    def test_a_new_person_comes_with_a_link_and_without_a_password(self, browser, administrator):
        answer = browser.post(reverse("admin:fieldwork_user_add"), {"username": "elena", **self.NO_ASSIGNMENT})
        elena = User.objects.get(username="elena")
        assert not elena.has_usable_password()
        assert Invitation.objects.get().created_by == administrator
        assert "no-store" in answer["Cache-Control"]
        assert Client().post(self.link_in(answer), BOTH).status_code == 200
        assert sign_in(Client(), "elena", NEW).status_code == 302

    def act(self, browser, action, *people):
        form = {"action": action, "_selected_action": [person.pk for person in people]}
        return browser.post(reverse("admin:fieldwork_user_changelist"), form)

    def test_a_link_for_somebody(self, browser, planner):
        link = self.link_in(self.act(browser, "invite", planner))
        assert Client().get(link).status_code == 200

    def test_one_at_a_time_and_not_for_who_left(self, browser, planner, person):
        assert self.act(browser, "invite", planner, person("other")).status_code == 302
        User.objects.filter(pk=planner.pk).update(is_active=False)
        assert self.act(browser, "invite", planner).status_code == 302
        assert not Invitation.objects.exists()

    def test_nobody_else_makes_links(self, client, planner, person):
        client.force_login(person("carla", "coordinator"))
        assert self.act(client, "invite", planner)["Location"].startswith("/admin/login/")
        assert not Invitation.objects.exists()

    def test_lost_second_factors_are_removed_and_the_sessions_with_them(self, browser, planner):
        add_app(planner)
        elsewhere = Client()
        elsewhere.force_login(planner)
        self.act(browser, "remove_second_factors", planner)
        assert elsewhere.get("/account/").status_code == 302
        assert sign_in(Client(), "dario")["Location"] == "/dashboard/"

    def test_an_administrator_chooses_nobodys_password(self, browser, planner):
        """ASVS 5.0.0, V6.4.6: they start a reset, and neither choose nor know what comes of it."""
        assert browser.get(f"/admin/fieldwork/user/{planner.pk}/password/").status_code in {302, 404}
        page = browser.get(reverse("admin:fieldwork_user_change", args=[planner.pk])).content.decode()
        assert 'name="password' not in page
        assert planner.password not in page
        before = planner.password
        browser.post(
            f"/admin/fieldwork/user/{planner.pk}/password/",
            {"password1": NEW, "password2": NEW, "usable_password": "true"},
        )
        planner.refresh_from_db()
        assert planner.password == before

    def test_the_administration_has_no_sign_in_of_its_own(self, client, administrator):
        assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/login/?next=")
        for page in ("/admin/login/", "/admin/password_change/"):
            assert client.post(page, {"username": "ada", "password": "x"}).status_code in {302, 405}
        client.force_login(administrator)
        assert client.get("/admin/password_change/")["Location"] == "/account/password/"

    def test_no_page_shows_what_allauth_keeps(self, browser):
        page = browser.get("/admin/").content.decode()
        for name in ("authenticator", "socialapp", "socialaccount", "socialtoken", "emailaddress"):
            assert name not in page.lower()


class TestCommand:
    def run(self, *args: str) -> str:
        told = StringIO()
        call_command("create_city_admin", *args, stdout=told, stderr=StringIO())
        return told.getvalue().strip()

    def test_it_makes_the_first_administrator(self, db, settings):
        settings.CSRF_TRUSTED_ORIGINS = ["https://listening.example.org"]
        link = self.run("ada")
        assert link.startswith("https://listening.example.org/invitation/")
        path = link.removeprefix("https://listening.example.org")
        assert Client().post(path, BOTH).status_code == 200
        ada = User.objects.get(username="ada")
        assert ada.is_staff
        assert ada.check_password(NEW)

    def test_where_the_service_is_reached_can_be_said(self, db):
        assert self.run("ada", "--origin", "https://x.example").startswith("https://x.example/invitation/")

    def test_only_the_first(self, administrator):
        with pytest.raises(CommandError, match="ada"):
            self.run("eve")
        assert not User.objects.filter(username="eve").exists()
        assert "/invitation/" in self.run("eve", "--another")

    def test_one_who_left_does_not_count(self, administrator):
        User.objects.update(is_active=False)
        assert "/invitation/" in self.run("eve")

    @pytest.mark.parametrize("name", ["dario", "two words", "", "x" * 151])
    def test_no_such_name(self, planner, name):
        with pytest.raises(CommandError):
            self.run(name)
        assert not Invitation.objects.exists()
