"""How long a session lasts, what begins it anew and what ends it (ASVS 5.0.0, V7; S16 of the threat model)."""

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from backend import clock
from listening.fieldwork.models import User
from tests.listening.signin.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
OWN = "/account/"


def is_in(client: Client) -> bool:
    return client.get(OWN).status_code == 200


@pytest.fixture
def wait(monkeypatch):
    """Let time pass: for our clock, and for the sessions that Django keeps."""

    def pass_by(**more: int) -> None:
        there = clock.now() + dt.timedelta(**more)
        monkeypatch.setattr(clock, "now", lambda: there)
        monkeypatch.setattr(timezone, "now", lambda: there)

    return pass_by


@pytest.fixture
def here(planner) -> Client:
    client = Client()
    assert sign_in(client, "dario")["Location"] == "/dashboard/"
    return client


@pytest.fixture
def elsewhere(here) -> Client:
    """The same person on another device."""
    client = Client()
    sign_in(client, "dario")
    assert is_in(client)
    return client


class TestLimits:
    def test_an_idle_session_ends(self, here, wait):
        wait(minutes=29)
        assert is_in(here)
        wait(minutes=31)
        assert not is_in(here)

    def test_being_here_renews_it(self, here, wait):
        for _ in range(4):
            wait(minutes=20)
            assert is_in(here)

    def test_an_old_session_ends_however_busy_it_was(self, here, wait):
        for _ in range(9 * 3 + 2):
            wait(minutes=20)
            assert is_in(here)
        wait(minutes=20)
        assert not is_in(here)

    def test_the_limits_are_settings(self, here, wait, settings):
        settings.SESSION_ABSOLUTE_AGE = 3600
        for minutes in (20, 20, 19):
            wait(minutes=minutes)
            assert is_in(here)
        wait(minutes=2)
        assert not is_in(here)

    def test_the_database_forgets_it_after_the_idle_time(self, here):
        left = Session.objects.get().expire_date - clock.now()
        assert dt.timedelta(minutes=29) < left <= dt.timedelta(minutes=30)

    def test_a_session_is_written_at_most_once_a_minute(self, here, wait, django_assert_num_queries):
        wait(seconds=61)
        with django_assert_num_queries(3 + 3):  # session, person, scope; the new instant, in a transaction
            here.get("/admin/login/")
        with django_assert_num_queries(3):
            here.get("/admin/login/")

    def test_one_that_began_before_the_rules_is_over(self, here):
        session = here.session
        del session["signed_in_at"]
        session.save()
        assert not is_in(here)

    def test_programs_are_told_too(self, here, wait):
        assert here.get("/api/v1/venues").status_code == 200
        wait(hours=11)
        assert here.get("/api/v1/venues").status_code == 401

    def test_what_is_public_asks_nothing_of_a_session(self, here, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert here.get("/health/live").status_code == 200


class TestKey:
    def test_it_is_new_after_signing_in(self, client, planner):
        """Session fixation: somebody gives their own session to another person, who then signs in with it."""
        client.get("/login/")
        session = client.session
        session["planted"] = True
        session.save()
        planted = session.session_key
        client.cookies["sessionid"] = planted
        sign_in(client, "dario")
        assert client.session.session_key != planted
        assert not Session.objects.filter(pk=planted).exists()

    def test_it_is_new_after_confirming_who_one_is(self, here, wait):
        wait(minutes=6)
        before = here.session.session_key
        assert here.get("/account/app/")["Location"] == "/account/confirm/?next=%2Faccount%2Fapp%2F"
        answer = here.post("/account/confirm/?next=/account/app/", {"password": PASSWORD})
        assert answer["Location"] == "/account/app/"
        assert here.session.session_key != before
        assert not Session.objects.filter(pk=before).exists()

    def test_the_cookie_is_for_the_server_alone(self, here):
        cookie = here.cookies["sessionid"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")

    def test_behind_tls_it_is_bound_to_the_host(self):
        import os
        import subprocess
        import sys

        told = "import backend.settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE)"
        for demo, expected in (
            ("0", "__Host-sessionid __Host-csrftoken True"), ("1", "sessionid csrftoken False"),
        ):  # fmt: skip
            ran = subprocess.run(
                [sys.executable, "-c", told], env={**os.environ, "LISTENING_DEMO": demo}, capture_output=True, text=True
            )
            assert ran.stdout.strip() == expected, ran.stderr


class TestEnds:
    def test_signing_out_ends_it_here_alone(self, here, elsewhere):
        kept = here.session.session_key
        here.post("/logout/")
        assert not is_in(here)
        assert not Session.objects.filter(pk=kept).exists()
        assert is_in(elsewhere)

    def test_signing_out_everywhere(self, here, elsewhere):
        assert here.post("/account/sign-out/")["Location"] == "/login/"
        assert not is_in(here)
        assert not is_in(elsewhere)

    def test_a_new_password_ends_the_others(self, here, elsewhere):
        before = here.session.session_key
        new = "another-long-password"
        form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        assert here.post("/account/password/", form)["Location"] == OWN
        assert is_in(here)
        assert here.session.session_key != before
        assert not is_in(elsewhere)

    def test_who_is_no_longer_active_is_out_at_the_next_request(self, here, elsewhere, planner):
        planner.is_active = False
        planner.save()
        assert not is_in(here)
        assert here.get("/api/v1/venues").status_code == 401

    def test_and_stays_out_when_active_again(self, here, elsewhere, planner):
        """Also where nothing was asked for meanwhile, and however it is written."""
        User.objects.filter(pk=planner.pk).update(is_active=False)
        assert not is_in(here)
        User.objects.filter(pk=planner.pk).update(is_active=True)
        assert not is_in(here)
        assert not is_in(elsewhere)

    def test_saving_what_was_read_before_revives_nothing(self, here, planner):
        stale = User.objects.get(pk=planner.pk)
        here.post("/account/sign-out/")
        epoch = User.objects.get(pk=planner.pk).session_epoch
        stale.first_name = "Dario"
        stale.save()
        assert User.objects.get(pk=planner.pk).session_epoch == epoch == 1
