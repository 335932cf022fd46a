"""Too many requests against the real server: two processes that count together."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from listening.fieldwork.enrolment import confirm
from listening.fieldwork.models import ApiToken
from listening.fieldwork.tokens import issue
from tests.attacks.conftest import SECRET, Answer, Served, sign_in
from tests.attacks.world import PUBLIC_KEY
from tests.listening.fieldwork.phone import enrolled
from tests.people import PASSWORD, person

READS, WRITES, LOGINS, ENROLMENTS = 60, 30, 10, 20  # of the limits that the server was started with


def burst(served: Served, times: int, path: str, **headers: str) -> list[Answer]:
    """Requests that come at once, over twenty connections."""
    with ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda _: served.ask("GET", path, **headers), range(times)))


class TestBursts:
    def test_of_an_address(self, served):
        statuses = Counter(answer.status for answer in burst(served, 200, "/api/v1/themes"))
        assert set(statuses) == {200, 429}
        assert READS <= statuses[200] <= READS * 1.05

    @pytest.mark.django_db(transaction=True)
    def test_of_a_person_from_many_addresses(self, served):
        """And the neighbours at each address still get through."""
        token = issue(person("listener", "listener"))
        callers = [Served(served.port, served.log) for _ in range(20)]
        with ThreadPoolExecutor(20) as pool:
            asked = [callers[n % 20] for n in range(200)]
            answers = list(
                pool.map(lambda c: c.ask("GET", "/api/v1/venues", Authorization=f"Bearer {token}").status, asked)
            )
        counted = Counter(answers)
        assert set(counted) == {200, 429}
        assert READS <= counted[200] <= READS * 1.05
        assert callers[0].ask("GET", "/api/v1/themes").status == 200


class TestRefusals:
    def test_says_when_to_come_back(self, served):
        refused = [a for a in burst(served, READS + 20, "/api/v1/themes") if a.status == 429][-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert '"type": "/problems/too-many-requests"' in refused.text
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-policy"] == f'"read";q={READS};w=60'
        assert refused.headers["cache-control"] == "no-store"

    def test_a_page_is_a_page(self, served):
        refused = [a for a in burst(served, READS + 20, "/login/", Accept_Language="en") if a.status == 429]
        assert refused[0].headers["content-type"].startswith("text/html")
        assert "then try again" in refused[0].text

    def test_forms_without_a_token_of_ours_count_as_well(self, served):
        """Django refuses them before any view."""
        answers = [served.ask("POST", "/login/", b"username=x") for _ in range(WRITES + 5)]
        assert {answer.status for answer in answers[:WRITES]} == {403}
        assert answers[-1].status == 429
        assert answers[-1].headers["content-type"].startswith("text/html")

    def test_health_is_never_refused(self, served):
        assert {answer.status for answer in burst(served, READS + 20, "/health/live")} == {200}


class TestWhoIsCounted:
    def test_invented_tokens_do_not_make_a_caller_of_their_own(self, served):
        """Otherwise a new token with each request would never be refused."""
        answers = [
            served.ask("GET", "/api/v1/venues", Authorization=f"Bearer nlt_{n:043}").status for n in range(READS + 10)
        ]
        assert answers[-1] == 429
        assert set(answers) == {401, 429}

    def test_nor_on_a_public_address_which_looks_at_no_token(self, served):
        answers = [
            served.ask("GET", "/api/v1/themes", Authorization=f"Bearer nlt_{n:043}").status for n in range(READS + 10)
        ]
        assert answers[-1] == 429

    def test_nor_do_invented_cookies(self, served):
        answers = [served.ask("GET", "/", Cookie=f"sessionid={n:032}").status for n in range(READS + 10)]
        assert answers[-1] == 429

    def test_nor_the_clients_word_for_its_address(self, served):
        """The proxy appends what it saw to whatever the client sent."""
        answers = [
            served.ask("GET", "/api/v1/themes", X_Forwarded_For=f"198.51.100.{n}, {served.address}").status
            for n in range(READS + 10)
        ]
        assert answers[-1] == 429

    @pytest.mark.django_db(transaction=True)
    def test_a_good_token_is_not_held_up_by_the_bad_ones_at_its_address(self, served):
        token = issue(person("listener", "listener"))
        for n in range(READS + 10):
            served.ask("GET", "/api/v1/venues", Authorization=f"Bearer nlt_{n:043}")
        assert served.ask("GET", "/api/v1/venues", Authorization=f"Bearer {token}").status == 200

    @pytest.mark.django_db(transaction=True)
    def test_a_revoked_one_is_anybodys(self, served):
        token = issue(person("listener", "listener"))
        ApiToken.objects.all().delete()
        assert served.ask("GET", "/api/v1/venues", Authorization=f"Bearer {token}").status == 401


class TestPhones:
    def test_codes_are_not_guessed(self, served):
        body = json.dumps({"code": "A" * 22, "name": "x", "public_key": PUBLIC_KEY}).encode()
        answers = [
            served.ask("POST", "/api/v1/devices/enrol", body, Content_Type="application/json").status
            for _ in range(ENROLMENTS + 2)
        ]
        assert answers == [410] * ENROLMENTS + [429] * 2

    @pytest.mark.django_db(transaction=True)
    def test_one_that_runs_wild_does_not_shut_its_person_out(self, served, settings):
        settings.SECRET_KEY = SECRET
        anna = person("anna", "listener")
        wild = enrolled(anna)
        confirm(wild.device)
        answers = burst(served, READS + 20, "/api/v1/venues", Authorization=f"Bearer {wild.token}")
        assert {answer.status for answer in answers} == {200, 429}
        assert served.ask("GET", "/api/v1/venues", Authorization=f"Bearer {issue(anna)}").status == 200


class TestSigningIn:
    @pytest.mark.django_db(transaction=True)
    def test_one_name_from_many_addresses(self, served):
        person("berta", "listener")
        answers = [
            sign_in(Served(served.port, served.log), "berta", "wrong-password-wrong").status for _ in range(LOGINS + 2)
        ]
        assert answers == [200] * LOGINS + [429] * 2
        assert sign_in(served, "berta", PASSWORD).status == 429

    @pytest.mark.django_db(transaction=True)
    def test_known_and_unknown_names_alike(self, served):
        person("anna", "listener")
        told = {}
        for name in ("anna", "nobody"):
            answers = [
                sign_in(Served(served.port, served.log), name, "wrong-password-wrong") for _ in range(LOGINS + 2)
            ]
            told[name] = [(a.status, re.sub(r'value="[^"]+"', "", a.text).replace(name, "")) for a in answers]
        assert told["anna"] == told["nobody"]

    @pytest.mark.parametrize(("name", "other"), [("dora", "DORA"), ("elsa", "\N{FULLWIDTH LATIN SMALL LETTER E}lsa")])
    def test_another_spelling_is_the_same_name(self, served, name, other):
        for _ in range(LOGINS):
            sign_in(Served(served.port, served.log), name, "wrong")
        assert sign_in(Served(served.port, served.log), quote(other), "wrong").status == 429

    def test_the_administration_has_no_second_door(self, served):
        for _ in range(LOGINS):
            sign_in(Served(served.port, served.log), "fede", "wrong")
        door = served.ask("GET", "/admin/login/")
        assert (door.status, door.headers["location"].partition("?")[0]) == (302, "/login/")
        assert sign_in(served, "fede", "x").status == 429
