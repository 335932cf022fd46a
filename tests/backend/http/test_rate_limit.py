"""Limits as arithmetic, and which requests they count; bursts against real processes are in tests/attacks."""

import threading

import pytest
from django.db import connection
from rest_framework.views import APIView

from backend.http import rate_limit
from backend.http.rate_limit import DEFAULTS, Limit, declared, limited, parse_limits, refuse_if_too_many, spend
from backend.problems import TooManyRequests
from listening.fieldwork.tokens import issue
from tests.people import PASSWORD, person


def allowed(times: int, caller: str, limit: Limit) -> int:
    count = 0
    for _ in range(times):
        try:
            spend("read", caller, limit)
        except TooManyRequests:
            continue
        count += 1
    return count


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM backend_allowance")
        return cursor.fetchone()[0]


def pass_time(seconds: float) -> None:
    """As if the seconds had gone by."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE backend_allowance SET spent_until = spent_until - make_interval(secs => %s)", [seconds])


class TestLimits:
    def test_it_works(self):
        limits = parse_limits("login=3/2h, read=100/s")
        assert limits == {**DEFAULTS, "login": Limit(3, 7200), "read": Limit(100, 1)}

    @pytest.mark.parametrize("text", ["login", "login=", "login=1", "login=1/", "login=0/m", "x=1/m", "login=1.5/m"])
    def test_refusals(self, text):
        with pytest.raises(ValueError, match=r"no limit|is none of"):
            parse_limits(text)


@pytest.mark.django_db
class TestSpending:
    def test_as_many_as_the_limit_at_once(self):
        assert allowed(20, "one", Limit(5, 60)) == 5
        assert allowed(20, "two", Limit(1, 60)) == 1

    def test_given_back_evenly(self):
        limit = Limit(5, 60)
        allowed(5, "one", limit)
        pass_time(11.0)
        assert allowed(5, "one", limit) == 0
        pass_time(1.1)
        assert allowed(5, "one", limit) == 1
        pass_time(24.1)
        assert allowed(5, "one", limit) == 2

    def test_never_more_than_the_limit_after_a_long_time(self):
        allowed(5, "one", Limit(5, 60))
        pass_time(100_000)
        assert allowed(20, "one", Limit(5, 60)) == 5

    def test_what_is_refused_costs_nothing(self):
        """Whoever asks on meanwhile comes through no later than who waits."""
        allowed(50, "one", Limit(5, 60))
        pass_time(12.1)
        assert allowed(1, "one", Limit(5, 60)) == 1

    @pytest.mark.parametrize(("limit", "wait"), [(Limit(1, 60), 60), (Limit(60, 60), 1), (Limit(10, 300), 30)])
    def test_the_time_to_wait(self, limit, wait):
        allowed(limit.requests, "one", limit)
        with pytest.raises(TooManyRequests) as refusal:
            spend("read", "one", limit)
        assert refusal.value.headers["Retry-After"] == str(wait)
        assert refusal.value.headers["RateLimit"] == f'"read";r=0;t={wait}'
        pass_time(wait)
        assert allowed(1, "one", limit) == 1

    def test_nobody_reads_an_address_or_a_name_from_the_table(self):
        spend("login", "name Rossi", Limit(5, 60))
        with connection.cursor() as cursor:
            cursor.execute("SELECT key FROM backend_allowance")
            (key,) = cursor.fetchone()
        assert len(key) == 16
        assert b"Rossi" not in bytes(key)

    def test_rows_go_away_by_themselves(self, monkeypatch):
        monkeypatch.setattr(rate_limit, "SWEEP_EVERY", 10)
        for number in range(50):
            spend("read", f"caller {number}", Limit(1000, 1))
            pass_time(1)
        assert rows() <= 10

    def test_those_that_still_count_stay(self, monkeypatch):
        monkeypatch.setattr(rate_limit, "SWEEP_EVERY", 1)
        for number in range(20):
            spend("read", f"caller {number}", Limit(1, 3600))
        assert rows() == 20
        assert allowed(1, "caller 3", Limit(1, 3600)) == 0


@pytest.mark.django_db(transaction=True)
def test_connections_that_meet_count_exactly():
    """A limit that is read first and written then lets every one of them through."""
    outcomes: list[int] = []

    def client() -> None:
        outcomes.append(allowed(50, "meeting", Limit(40, 3600)))
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcomes) == 40


class TestWhatIsCounted:
    @pytest.mark.parametrize(("method", "name"), [("GET", "read"), ("HEAD", "read"), ("POST", "write"), ("X", "write")])
    def test_without_a_word_by_the_method(self, method, name):
        assert declared(lambda request: None, method) == name
        assert declared(APIView.as_view(), method) == name

    def test_as_a_view_says(self):
        class Export(APIView):
            rate_limit = "export"

        assert declared(Export.as_view(), "GET") == declared(Export(), "POST") == "export"
        assert declared(limited(None)(lambda request: None), "GET") is None

    @pytest.mark.django_db
    def test_what_is_refused_is_counted_as_well(self, client, settings):
        """401, 403 and 406 come before REST framework asks its throttles."""
        settings.RATE_LIMITS = "read=5/h,write=5/h"
        planner = f"Bearer {issue(person('planner', 'planner'))}"
        for address, headers, status in [
            ("/api/v1/venues", {}, 401),
            ("/api/v1/conversations", {"Authorization": planner}, 403),
            ("/api/v1/themes", {"Accept": "image/png"}, 406),
        ]:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE backend_allowance")
            answers = [client.get(address, headers=headers).status_code for _ in range(7)]
            assert answers == [status] * 5 + [429] * 2, address

    @pytest.mark.django_db
    def test_a_person_is_the_same_by_token_and_by_session(self, client, settings):
        settings.RATE_LIMITS = "read=5/h"
        listener = person("listener", "listener")
        token = {"Authorization": f"Bearer {issue(listener)}"}
        answers = [client.get("/api/v1/venues", headers=token).status_code for _ in range(3)]
        client.force_login(listener)
        answers += [client.get(page).status_code for page in ("/api/v1/venues", "/", "/api/v1/venues", "/")]
        assert answers == [200] * 5 + [429] * 2

    @pytest.mark.django_db
    def test_reading_does_not_use_up_writing(self, client, settings):
        settings.RATE_LIMITS = "read=2/h,write=2/h"
        assert [client.get("/api/v1/venues").status_code for _ in range(3)] == [401, 401, 429]
        assert [client.post("/api/v1/sessions").status_code for _ in range(3)] == [401, 401, 429]

    @pytest.mark.django_db
    def test_one_query_more_for_a_read(self, client, settings, django_assert_num_queries):
        settings.RATE_LIMITS = ""
        with django_assert_num_queries(1) as asked:
            client.get("/api/v1/nowhere-that-is")
            client.get("/")
        assert "backend_allowance" in asked[0]["sql"]


@pytest.mark.django_db
class TestSigningIn:
    def test_tries_count_for_the_name_and_for_the_address(self, rf, settings):
        settings.RATE_LIMITS = "login=2/h"
        for number in range(2):
            refuse_if_too_many(rf.post("/", REMOTE_ADDR=f"192.0.2.{number}"), "login", "anna")
        with pytest.raises(TooManyRequests):
            refuse_if_too_many(rf.post("/", REMOTE_ADDR="192.0.2.9"), "login", "anna")
        office = rf.post("/", REMOTE_ADDR="198.51.100.1")
        for number in range(2 * rate_limit.PEOPLE_PER_ADDRESS):
            refuse_if_too_many(office, "login", f"name {number}")
        with pytest.raises(TooManyRequests):
            refuse_if_too_many(office, "login", "one more")

    def test_the_right_password_is_not_tried_either(self, client, settings):
        settings.RATE_LIMITS = "login=2/h"
        person("anna", "admin")
        tries = ["wrong", "wrong", PASSWORD]
        answers = [client.post("/login/", {"login": "anna", "password": word}).status_code for word in tries]
        assert answers == [200, 200, 429]
        assert "sessionid" not in client.cookies
