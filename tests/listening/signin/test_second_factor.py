"""Second factors: who needs one, how it is set up, and that no way leads round it."""

import threading
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.urls import get_resolver, resolve

from backend.policy import Public, declared_by
from listening.signin.codes import take_step
from listening.signin.permissions import OwnSignIn
from tests.listening.dashboard.reader import Page
from tests.listening.signin.conftest import add_app, sign_in

pytestmark = pytest.mark.django_db
CODE = "/login/code/"


def code_of(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture
def set_up(transactional_db):
    """Set up an app in a session; returns its secret."""

    def through_the_page(client: Client) -> str:
        page = Page(client.get("/account/app/"))
        secret = page.root.all("code")[0].text
        answer = client.post("/account/app/", {"code": code_of(secret)})
        assert answer["Location"] == "/account/recovery-codes/"
        return secret

    return through_the_page


class TestWhoNeedsOne:
    @pytest.mark.parametrize("role", ["coordinator", "steward", "admin"])
    def test_these_set_it_up_before_anything_else(self, client, strict, person, role):
        sign_in(client, person("carla", role).username)
        for path in ("/dashboard/", "/admin/", "/admin/fieldwork/user/", "/admin/login/"):
            assert client.get(path)["Location"] == "/account/", path
        page = Page(client.get("/account/", headers={"accept-language": "en"}))
        assert page.notices == [
            "Your role asks for a second factor beside the password. Set up an app or a key; then you can go on."
        ]

    @pytest.mark.parametrize("role", ["listener", "planner"])
    def test_others_need_none(self, client, strict, person, role):
        sign_in(client, person("carla", role).username)
        assert client.get("/admin/login/").status_code == 403  # as ever for who is no administrator
        assert Page(client.get("/account/")).notices == []

    def test_programs_in_the_browser_are_refused_with_a_problem(self, client, strict, administrator):
        sign_in(client, "ada")
        answer = client.get("/api/v1/venues")
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/second-factor-required"

    def test_a_role_asks_from_the_next_request_on(self, client, strict, planner):
        from listening.fieldwork.assignments import assign

        sign_in(client, "dario")
        assert client.get("/api/v1/venues").status_code == 200
        assign(planner, "coordinator")
        assert client.get("/api/v1/venues").status_code == 403

    def test_in_the_demo_nobody_needs_one(self):
        import os
        import subprocess
        import sys

        for demo, expected in (("1", "[]"), ("0", "['coordinator', 'steward', 'admin']")):
            told = "import backend.settings as s; print(s.SECOND_FACTOR_ROLES)"
            ran = subprocess.run(
                [sys.executable, "-c", told], env={**os.environ, "LISTENING_DEMO": demo}, capture_output=True, text=True
            )
            assert ran.stdout.strip() == expected, ran.stderr

    def test_no_route_leads_round_it(self, client, strict, administrator):
        """Whatever is neither public nor one's own sign-in sends away, today and when a route is added."""
        sign_in(client, "ada")
        asked = 0
        for path in set(paths()):
            if declared_by(resolve(path).func) not in {(Public,), (OwnSignIn,)}:
                answer = client.get(path)
                assert answer.status_code in {302, 403}, path
                expected = "/account/" if answer.status_code == 302 else None
                assert answer.get("Location") == expected, path
                assert answer.status_code == 302 or b"second-factor-required" in answer.content, path
                asked += 1
        assert asked > 20


def paths(patterns=None, prefix="/"):
    """A path for every route."""
    import re

    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).lstrip("^")
        if hasattr(pattern, "url_patterns"):
            yield from paths(pattern.url_patterns, route)
        elif "(?P" not in route and "\\" not in route:
            filled = re.sub(r"<path:[^>]+>|<str:[^>]+>|<slug:[^>]+>", "x", route)
            filled = re.sub(r"<int:[^>]+>", "1", filled)
            yield re.sub(r"<[^>]+>", "01890a5d-ac96-774b-bcce-b302099a8057", filled).rstrip("$")


class TestApp:
    def test_set_up_and_go_on(self, client, strict, administrator, set_up):
        sign_in(client, "ada")
        set_up(client)
        assert client.get("/admin/").status_code == 200
        assert client.get("/api/v1/venues").status_code == 200

    def test_from_then_on_it_is_asked_for(self, client, strict, administrator):
        secret = add_app(administrator)
        assert sign_in(client, "ada", next="/admin/fieldwork/user/")["Location"] == CODE
        assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
        assert client.get("/account/").status_code == 302
        assert client.get("/login/")["Location"] == CODE
        assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/admin/fieldwork/user/"
        assert client.get("/admin/fieldwork/user/").status_code == 200

    def test_also_of_who_need_not_have_one(self, client, strict, planner):
        add_app(planner)
        assert sign_in(client, "dario")["Location"] == CODE

    def test_the_key_of_the_session_is_new_after_it(self, client, administrator):
        secret = add_app(administrator)
        sign_in(client, "ada")
        half = client.session.session_key
        client.post(CODE, {"code": code_of(secret)})
        assert client.session.session_key != half
        client.cookies["sessionid"] = half
        assert client.get("/account/").status_code == 302

    @pytest.mark.parametrize("steps", [-1, 1, 100])
    def test_a_code_of_another_time_is_none(self, client, administrator, steps):
        secret = add_app(administrator)
        sign_in(client, "ada")
        answer = client.post(CODE, {"code": code_of(secret, steps=steps)}, headers={"accept-language": "en"})
        assert Page(answer).notices == ["This code is not right, or it was used before. Wait for the next one."]
        assert client.get("/account/").status_code == 302

    def test_a_code_is_good_once(self, administrator):
        """Whoever looked over the shoulder has it too. Another process has another cache."""
        from django.core.cache import cache

        code = code_of(add_app(administrator))
        first, second = Client(), Client()
        sign_in(first, "ada")
        sign_in(second, "ada")
        assert first.post(CODE, {"code": code}).status_code == 302
        cache.clear()
        assert second.post(CODE, {"code": code}).status_code == 200

    def test_the_code_of_the_set_up_is_used_up(self, client, administrator, set_up):
        sign_in(client, "ada")
        secret = set_up(client)
        other = Client()
        sign_in(other, "ada")
        assert other.post(CODE, {"code": code_of(secret)}).status_code == 200

    def test_guessing_is_limited(self, client, administrator, settings):
        settings.RATE_LIMITS = "login=5/5m"
        secret = add_app(administrator)
        sign_in(client, "ada")
        for _ in range(5):
            client.post(CODE, {"code": "000000"})
        assert client.post(CODE, {"code": code_of(secret)}).status_code == 429

    def test_its_secret_is_not_in_the_database(self, client, administrator, set_up):
        sign_in(client, "ada")
        secret = set_up(client)
        kept = [str(row.data) for row in Authenticator.objects.all()]
        assert len(kept) == 2
        assert not [text for text in kept if secret in text]

    def test_with_another_secret_key_no_code_is_right(self, client, administrator, settings):
        secret = add_app(administrator)
        settings.SECRET_KEY = "another-secret-key-of-more-than-fifty-characters-0123456789"
        sign_in(client, "ada")
        assert client.post(CODE, {"code": code_of(secret)}).status_code == 200

    def test_setting_it_up_ends_the_other_sessions(self, administrator, set_up):
        """One that began with the password alone would go on without the factor."""
        here, elsewhere = Client(), Client()
        sign_in(here, "ada")
        sign_in(elsewhere, "ada")
        before = here.session.session_key
        set_up(here)
        assert here.get("/account/").status_code == 200
        assert here.session.session_key != before
        assert elsewhere.get("/account/").status_code == 302

    def test_who_removes_it_sets_up_another(self, client, strict, administrator, set_up):
        sign_in(client, "ada")
        set_up(client)
        assert client.post("/account/app/remove/")["Location"] == "/account/"
        assert not Authenticator.objects.exists()
        assert client.get("/admin/")["Location"] == "/account/"

    def test_a_session_without_it_signs_in_again(self, client, strict, administrator):
        client.force_login(administrator)
        add_app(administrator)
        assert client.get("/admin/")["Location"] == "/login/"
        assert client.get("/account/").status_code == 302

    def test_a_sign_in_that_waits_can_be_begun_anew(self, client, administrator):
        add_app(administrator)
        sign_in(client, "ada")
        client.post("/logout/")
        assert client.get("/login/").status_code == 200

    def test_the_code_page_alone_lets_nobody_in(self, client, administrator):
        secret = add_app(administrator)
        assert client.post(CODE, {"code": code_of(secret)})["Location"] == "/login/"


class TestRecoveryCodes:
    @pytest.fixture
    def codes(self, client, administrator, set_up) -> list[str]:
        sign_in(client, "ada")
        set_up(client)
        page = Page(client.get("/account/recovery-codes/"))
        return [code.text for code in page.root.one("ul", **{"class": "codes"}).all("code")]

    def test_there_are_ten_and_they_are_shown_once(self, client, codes):
        assert len(set(codes)) == 10
        again = client.get("/account/recovery-codes/").content.decode()
        assert not [code for code in codes if code in again]

    def test_each_works_once(self, codes):
        for expected in (302, 200):
            client = Client()
            sign_in(client, "ada")
            assert client.post(CODE, {"code": codes[0]}).status_code == expected

    def test_new_ones_replace_them(self, client, codes):
        assert client.post("/account/recovery-codes/new/")["Location"] == "/account/recovery-codes/"
        other = Client()
        sign_in(other, "ada")
        assert other.post(CODE, {"code": codes[0]}).status_code == 200

    def test_none_without_a_factor(self, client, planner):
        client.force_login(planner)
        assert client.post("/account/recovery-codes/new/").status_code == 200
        assert not Authenticator.objects.exists()


class TestConfirming:
    """Factors are changed by whoever proved within five minutes that it is they."""

    PATHS = (
        "/account/app/", "/account/app/remove/", "/account/keys/add/", "/account/recovery-codes/",
        "/account/recovery-codes/new/",
    )  # fmt: skip

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_session_left_open_is_not_enough(self, client, administrator, path, method):
        add_app(administrator)
        client.force_login(administrator)
        session = client.session
        session["signed_in_at"] -= 301
        session.save()
        if (path, method) == ("/account/recovery-codes/", "post"):
            return
        answer = getattr(client, method)(path)
        assert answer["Location"].startswith("/account/confirm/"), path
        assert Authenticator.objects.count() == 1

    def test_a_form_that_came_too_late_is_kept_nowhere(self, client, administrator):
        client.force_login(administrator)
        session = client.session
        session["signed_in_at"] -= 301
        session.save()
        client.post("/account/app/", {"code": "123456"}, headers={"x-canary": "canary"})
        assert "canary" not in str(dict(client.session))

    def test_with_a_code(self, client, administrator):
        secret = add_app(administrator)
        client.force_login(administrator)
        session = client.session
        session["signed_in_at"] -= 301
        session.save()
        answer = client.post("/account/confirm/code/?next=/account/app/remove/", {"code": code_of(secret)})
        assert answer["Location"] == "/account/app/remove/"
        assert client.get("/account/app/remove/").status_code == 200

    def test_with_a_wrong_password_not(self, client, planner):
        client.force_login(planner)
        answer = client.post("/account/confirm/", {"password": "wrong"}, headers={"accept-language": "en"})
        assert Page(answer).notices == ["This is not your password."]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_a_code_at_once_one_gets_in(administrator):
    add_app(administrator)
    authenticator = Authenticator.objects.get()
    let_in, start = [], threading.Barrier(4)

    def take() -> None:
        start.wait()
        let_in.append(take_step(authenticator))
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False, False, False, True]
