"""Signing in by name and password: what the page says, and what it does not let on."""

from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client

from tests.listening.dashboard.reader import Page
from tests.listening.signin.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
MISMATCH = "This name and password do not match an account. Check both and try again."


@pytest.mark.parametrize(("language", "title"), [("it", "Accedi"), ("en", "Sign in")])
def test_the_page_speaks_the_readers_language(client, language, title):
    root = Page(client.get("/login/", headers={"accept-language": language})).root
    assert root.one("html").attributes["lang"] == language
    assert root.one("h1").text == title


def test_signing_in_leads_back_to_where_one_wanted_to_go(client, planner):
    assert sign_in(client, "dario", next="/dashboard/?theme=rent")["Location"] == "/dashboard/?theme=rent"
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(client, planner, elsewhere):
    assert sign_in(client, "dario", next=elsewhere)["Location"] == "/dashboard/"


def test_who_is_signed_in_already_goes_on(client, planner):
    client.force_login(planner)
    assert client.get("/login/?next=/dashboard/%3Ftheme%3Drent")["Location"] == "/dashboard/?theme=rent"


def test_demo_accounts_are_named_in_the_demo_only(client, settings):
    settings.DEMO = True
    shown = Page(client.get("/login/")).root
    names = [code.text for dt in shown.all("dt") for code in dt.all("code")]
    assert names == ["planner", "listener", "coordinator", "navile", "steward", "steward2", "admin"]
    settings.DEMO = False
    assert Page(client.get("/login/")).root.all("dt") == []


def test_the_people_of_the_demo_sign_in(client, settings):
    from listening.demo.people import make_people

    settings.DEMO = True
    make_people()
    assert sign_in(client, "admin", "demo")["Location"] == "/dashboard/"
    assert client.get("/account/").status_code == 200


def test_signing_out_takes_a_form_not_a_link(client, planner):
    client.force_login(planner)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/account/").status_code == 302


def test_a_form_without_its_token_has_a_page(planner):
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    response = client.post("/login/", {"login": "x", "password": "y"})
    assert response.status_code == 403
    assert Page(response).root.one("h1").text == "This form was open for too long"


class TestNothingIsLetOn:
    """Unknown, known, no longer active, never had a password: the answer is the same, and costs the same."""

    NAMES = ("dario", "nobody", "left", "invited")

    @pytest.fixture
    def people(self, person):
        person("dario", "planner")
        person("left", "planner")
        type(person("invited", "planner")).objects.filter(username="invited").update(password="!unusable")
        type(person("x")).objects.filter(username="left").update(is_active=False)

    @pytest.mark.parametrize("password", ["wrong", PASSWORD])
    def test_the_answer_is_the_same(self, people, password):
        answers = set()
        for name in self.NAMES[1 if password == PASSWORD else 0 :]:
            response = sign_in(Client(), name, password)
            page = Page(response)
            assert page.notices == [MISMATCH]
            assert page.root.one("input", name="login").attributes["value"] == name
            assert "value" not in page.root.one("input", name="password").attributes
            text = response.content.decode()
            for varying in page.root.all("input", name="csrfmiddlewaretoken"):
                text = text.replace(varying.attributes["value"], "")
            answers.add((response.status_code, text.replace(f'value="{name}"', "")))
        assert len(answers) == 1

    @pytest.mark.parametrize("name", NAMES)
    def test_one_hash_is_computed_for_each(self, people, name):
        """By counting, not by the clock: a hash is nearly all that a sign-in costs."""
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as encode:
            sign_in(Client(), name, "wrong")
        assert encode.call_count == 1

    def test_signing_in_by_the_page_of_the_administration_is_not_possible(self, client, administrator):
        answer = client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
        assert answer.status_code in {302, 405}
        assert "sessionid" not in client.cookies


class TestAttempts:
    """They are counted in the database: tests/backend/http/test_rate_limit.py and tests/attacks say how."""

    @pytest.fixture(autouse=True)
    def _five(self, settings):
        settings.RATE_LIMITS = "login=5/5m"

    @pytest.mark.parametrize("name", ["dario", "nobody"])
    def test_they_are_limited_whether_there_is_such_a_person_or_not(self, client, planner, name):
        answers = [sign_in(client, name, "wrong") for _ in range(6)]
        assert [Page(answer).notices for answer in answers[:5]] == [[MISMATCH]] * 5
        assert answers[5].status_code == 429
        assert int(answers[5]["Retry-After"]) <= 60

    def test_then_the_right_password_does_not_help(self, client, planner):
        for _ in range(5):
            sign_in(client, "dario", "wrong")
        assert sign_in(client, "DARIO").status_code == 429
        assert sign_in(client, "dario").status_code == 429

    def test_it_passes(self, client, planner):
        for _ in range(5):
            sign_in(client, "dario", "wrong")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE backend_allowance SET spent_until = spent_until - interval '61 seconds'")
        assert sign_in(client, "dario").status_code == 302

    def test_a_password_is_not_guessed_by_changing_it(self, client, planner):
        client.force_login(planner)
        form = {"password1": "another-long-password", "password2": "another-long-password"}
        for _ in range(5):
            client.post("/account/password/", {**form, "oldpassword": "wrong"})
        assert client.post("/account/password/", {**form, "oldpassword": PASSWORD}).status_code == 429
        planner.refresh_from_db()
        assert planner.check_password(PASSWORD)
