"""Phones: enrolled once, alive while their lease runs, dead at the next request when they are revoked."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import threading
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.db import connection
from django.test import Client

from listening.fieldwork import device_keys
from listening.fieldwork.assignments import end
from listening.fieldwork.enrolment import confirm, issue_code
from listening.fieldwork.models import Assignment, Device, EnrolmentCode
from listening.fieldwork.revocation import revoke
from listening.fieldwork.tokens import issue
from tests.listening.fieldwork.phone import DEVICES, VENUES, Phone, base64url, jwk, new_key, sign, spki
from tests.people import person

CODES = f"{DEVICES}/enrolment-codes"


def slug(answer) -> str:
    return answer.json()["type"].rpartition("/")[2]


def on_pages(person) -> Client:
    """A browser in which a person has signed in."""
    client = Client()
    client.force_login(person)
    return client


def by_token(person) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue(person)}"}


class TestEnrolment:
    def test_it_works(self, anna):
        """From the code to the first answer, over HTTP alone."""
        client = on_pages(anna)
        code = client.post(CODES)
        assert code.status_code == 201
        assert code.json()["qr"].startswith("<svg")
        phone = Phone()
        enrolled = phone.enrol(code.json()["code"], "Pixel")
        assert enrolled.status_code == 201
        assert set(enrolled.json()) == {"device_id", "token", "lease_until", "comparison_number"}
        assert enrolled.json()["comparison_number"] == phone.number
        assert phone.token.startswith(f"nld_{phone.id.replace('-', '')}_")
        (shown,) = client.get(DEVICES).json()["devices"]
        assert (shown["name"], shown["state"], shown["comparison_number"]) == ("Pixel", "unconfirmed", phone.number)
        confirmed = client.post(
            f"{DEVICES}/{phone.id}/confirmation", {"comparison_number": phone.number}, "application/json"
        )
        assert (confirmed.status_code, confirmed.json()["state"]) == (200, "active")
        assert confirmed.json()["comparison_number"] is None
        assert phone.get().status_code == 200

    def test_a_session_of_the_pages_may_ask(self, anna):
        client = Client(enforce_csrf_checks=True)
        client.force_login(anna)
        assert client.post(CODES).status_code == 403  # another site could make the browser send this
        client.get("/devices/")
        token = client.cookies["csrftoken"].value
        answer = client.post(CODES, content_type="application/json", headers={"X-CSRFToken": token})
        assert answer.status_code == 201

    def test_nobody_unsigned_asks(self, db, client):
        assert client.post(CODES).status_code == 401

    def test_a_token_does_not_become_a_phone(self, anna, client):
        """Whoever finds a token of 30 days must not make a phone of 180 days of it."""
        headers = by_token(anna)
        assert client.post(CODES, headers=headers).status_code == 403
        phone = Phone()
        phone.enrol(issue_code(anna).code)
        told = {"comparison_number": phone.number}
        address = f"{DEVICES}/{phone.id}/confirmation"
        assert client.post(address, told, "application/json", headers=headers).status_code == 403
        assert Device.objects.get().confirmed_at is None

    def test_a_code_is_short_lived_random_and_bound_to_the_person(self, anna, now):
        issued = issue_code(anna)
        assert len(base64.urlsafe_b64decode(issued.code + "==")) == 16
        assert (issued.expires_at - now()).total_seconds() == 300
        assert EnrolmentCode.objects.get().person == anna

    def test_until_it_is_confirmed_it_may_only_say_hello(self, anna):
        phone = Phone()
        phone.enrol(issue_code(anna).code)
        refused = phone.get()
        assert (refused.status_code, slug(refused)) == (403, "device-unconfirmed")
        assert phone.ask().json()["confirmed"] is False
        confirm(Device.objects.get())
        assert phone.ask().json()["confirmed"] is True

    def test_a_wrong_number_confirms_nothing(self, anna):
        phone = Phone()
        phone.enrol(issue_code(anna).code)
        wrong = f"{(int(phone.number) + 1) % 10000:04}"
        answer = on_pages(anna).post(
            f"{DEVICES}/{phone.id}/confirmation", {"comparison_number": wrong}, "application/json"
        )
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/comparison_number"
        assert Device.objects.get().confirmed_at is None

    def test_nobody_else_confirms_it(self, anna, client):
        """Not even an administrator: they do not have it in their hand."""
        phone = Phone()
        phone.enrol(issue_code(anna).code)
        address, body = f"{DEVICES}/{phone.id}/confirmation", {"comparison_number": phone.number}
        for other in (person("ada", "admin"), person("bruno", "listener")):
            assert on_pages(other).post(address, body, "application/json").status_code == 404
        assert client.post(address, body, "application/json", headers=phone.headers()).status_code == 403
        assert Device.objects.get().confirmed_at is None

    def test_used_expired_void_unknown_and_of_a_disabled_person_look_alike(self, anna, now):
        used = issue_code(anna).code
        Phone().enrol(used)
        void = issue_code(anna).code
        issue_code(anna)
        late = person("bruno", "listener")
        expired = issue_code(late).code
        now.advance(minutes=5)
        gone = person("carla", "listener")
        disabled = issue_code(gone).code
        gone.is_active = False
        gone.save()
        answers = [Phone().enrol(code) for code in (used, void, expired, disabled, "A" * 22, "x")]
        assert {(answer.status_code, answer.content) for answer in answers} == {(410, answers[0].content)}
        assert slug(answers[0]) == "enrolment-code-gone"
        assert {tuple(sorted(set(dict(answer.items())) - {"X-Request-ID"})) for answer in answers} == {
            tuple(sorted(set(dict(answers[0].items())) - {"X-Request-ID"}))
        }
        assert Device.objects.count() == 1

    def test_a_code_holds_to_the_last_second(self, anna, now):
        code = issue_code(anna).code
        now.advance(minutes=5, microseconds=-1)
        assert Phone().enrol(code).status_code == 201

    def test_the_same_questions_are_asked_of_every_bad_code(self, anna, django_assert_num_queries):
        """As many queries, so that the time tells nothing either."""
        used = issue_code(anna).code
        Phone().enrol(used)
        for code in (used, "A" * 22):
            with django_assert_num_queries(5):  # one update, one select, and the savepoint
                Phone().enrol(code)

    @pytest.mark.parametrize(
        "key",
        [
            pytest.param(lambda: jwk(new_key()) | {"d": "AAAA"}, id="private"),
            pytest.param(lambda: jwk(new_key()) | {"crv": "P-384"}, id="other curve"),
            pytest.param(lambda: jwk(new_key()) | {"x": base64url(b"\1" * 32)}, id="off the curve"),
            pytest.param(lambda: jwk(new_key()) | {"x": base64url(b"\1" * 31)}, id="short"),
            pytest.param(lambda: jwk(new_key()) | {"x": 5}, id="number"),
            pytest.param(lambda: jwk(new_key()) | {"x": "à"}, id="letters"),
            pytest.param(lambda: base64.b64encode(spki(ec.generate_private_key(ec.SECP384R1()))).decode(), id="P-384"),
            pytest.param(lambda: base64.b64encode(spki(rsa.generate_private_key(65537, 2048))).decode(), id="RSA"),
            pytest.param(lambda: "AAAA", id="no key"),
            pytest.param(lambda: "à", id="no base64"),
            pytest.param(lambda: 5, id="no text"),
            pytest.param(lambda: None, id="null"),
        ],
    )
    def test_a_bad_key_is_refused_and_the_code_still_holds(self, anna, client, key):
        code = issue_code(anna).code
        body = {"code": code, "name": "x", "public_key": key()}
        answer = client.post(f"{DEVICES}/enrol", body, "application/json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/public_key"
        assert Phone().enrol(code).status_code == 201

    def test_a_json_web_key_is_the_same_key(self, anna, client):
        key = new_key()
        body = {"code": issue_code(anna).code, "name": "PWA", "public_key": jwk(key)}
        assert client.post(f"{DEVICES}/enrol", body, "application/json").status_code == 201
        assert base64.b64decode(Device.objects.get().public_key) == spki(key)

    @pytest.mark.parametrize(
        "change", [{"name": ""}, {"name": "x" * 81}, {"code": None}, {"role": "admin"}, {"person": 1}]
    )
    def test_mistakes_are_named(self, anna, client, change):
        body = {"code": issue_code(anna).code, "name": "x", "public_key": jwk(new_key())} | change
        answer = client.post(f"{DEVICES}/enrol", body, "application/json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"

    @pytest.mark.django_db(transaction=True)
    def test_of_two_phones_with_one_code_one_wins(self, anna):
        for _ in range(10):
            code, start = issue_code(anna).code, threading.Barrier(4)
            answers: list[int] = []

            def enrol(code=code, start=start, answers=answers) -> None:
                phone = Phone()
                start.wait()
                try:
                    answers.append(phone.enrol(code).status_code)
                finally:
                    connection.close()

            racing = [threading.Thread(target=enrol) for _ in range(4)]
            for thread in racing:
                thread.start()
            for thread in racing:
                thread.join()
            assert sorted(answers) == [201, 410, 410, 410]
        assert Device.objects.count() == 10


class TestEachRequest:
    def test_reads_phone_and_person_at_once_and_writes_nothing(self, phone, now, django_assert_num_queries):
        now.advance(seconds=59)
        with django_assert_num_queries(3):  # phone and person; what they may do; the venues
            assert phone.get().status_code == 200

    def test_last_seen_is_written_once_a_minute(self, phone, now):
        first = now()
        now.advance(seconds=59)
        phone.get()
        assert Device.objects.get().last_seen_at == first
        now.advance(seconds=1)
        phone.get()
        assert Device.objects.get().last_seen_at == now()

    def test_a_phone_may_what_its_person_may_today(self, phone, anna, now):
        assert phone.get().status_code == 200
        end(anna, on=now().date() - dt.timedelta(days=1))
        assert phone.get().status_code == 403

    def test_a_disabled_person_has_no_phone_at_the_next_request(self, phone, anna):
        anna.is_active = False
        anna.save()
        refused = [phone.get(), phone.ask()]
        assert {answer.status_code for answer in refused} == {401}
        assert {slug(answer) for answer in refused} == {"unauthenticated"}
        assert refused[0]["WWW-Authenticate"] == 'Bearer realm="neighbourhood listening", error="invalid_token"'

    def test_a_phone_neither_brings_others_in_nor_turns_them_away(self, phone):
        client, headers = Client(), phone.headers()
        assert client.post(CODES, headers=headers).status_code == 403
        assert client.get(DEVICES, headers=headers).status_code == 403
        assert client.delete(f"{DEVICES}/{phone.id}", headers=headers).status_code == 403
        assert Device.objects.get().revoked_at is None

    @pytest.mark.parametrize("change", ["id", "secret", "short", "long", "case", "none"])
    def test_what_is_no_token_looks_as_any_other(self, phone, client, change):
        prefix, device_id, secret = phone.token.split("_", 2)
        token = {
            "id": f"{prefix}_{'0' * 32}_{secret}",
            "secret": f"{prefix}_{device_id}_{'A' * 43}",
            "short": phone.token[:-1],
            "long": phone.token + "A",
            "case": f"{prefix}_{device_id.upper()}x_{secret}",
            "none": "nld_",
        }[change]
        answer = phone.get(token=token)
        unknown = client.get(VENUES, headers={"Authorization": "Bearer nlt_unknown"})
        assert answer.status_code == 401
        assert answer.content == unknown.content
        assert answer["WWW-Authenticate"] == unknown["WWW-Authenticate"]
        assert Device.objects.get().revoked_at is None

    def test_who_sends_no_token_is_asked_for_one_without_an_error(self, db, client):
        """RFC 6750, section 3: no error code when no credential was sent."""
        assert client.get(VENUES)["WWW-Authenticate"] == 'Bearer realm="neighbourhood listening"'


class TestExpiry:
    def test_unused_for_thirty_days(self, phone, now):
        now.advance(days=30, microseconds=-1)
        assert phone.ask().status_code == 200  # the lease is over, but it may say hello
        now.advance(days=30)
        assert [slug(phone.ask()), slug(phone.get())] == ["token-expired"] * 2

    def test_however_it_is_used_after_half_a_year(self, phone, now):
        for _ in range(9):
            now.advance(days=20, microseconds=-1)
            assert phone.sign_in_anew().status_code == 200
            assert phone.get().status_code == 200
        now.advance(microseconds=9)
        assert slug(phone.get()) == "token-expired"
        assert slug(phone.ask()) == "token-expired"

    def test_a_clock_that_jumps_and_comes_back_breaks_nothing(self, phone, now):
        """Whether it is over is read, never written."""
        now.advance(days=400)
        assert slug(phone.get()) == "token-expired"
        now.advance(days=-400)
        assert phone.get().status_code == 200
        now.advance(days=-3)
        assert phone.get().status_code == 200
        assert phone.sign_in_anew().status_code == 200

    def test_the_clock_of_the_phone_plays_no_part(self, phone):
        """Nothing that a phone sends holds an instant: a phone in 1970 enrols, signs and is renewed like any other."""
        assert set(phone.signed("x")) == {"nonce", "signature"}


class TestLease:
    def test_over_after_72_hours_but_for_hello(self, phone, now):
        now.advance(hours=72, microseconds=-1)
        assert phone.get().status_code == 200
        now.advance(microseconds=1)
        assert (phone.get().status_code, slug(phone.get())) == (401, "lease-expired")
        assert "invalid_token" in phone.get()["WWW-Authenticate"]
        assert phone.ask().status_code == 200
        assert slug(phone.get()) == "lease-expired"  # asking for a nonce renews nothing
        renewed = phone.sign_in_anew()
        assert renewed.status_code == 200
        assert phone.get().status_code == 200
        assert Device.objects.get().lease_until - now() == dt.timedelta(hours=72)

    def test_a_stolen_token_alone_dies_with_the_lease(self, phone, now):
        """The thief has the token and a key of their own."""
        now.advance(hours=72)
        refused = phone.sign_in_anew(new_key())
        assert (refused.status_code, slug(refused)) == (403, "lease-refused")
        assert slug(phone.get()) == "lease-expired"

    def test_a_nonce_is_good_once(self, phone, now):
        now.advance(hours=1)
        assert phone.sign_in_anew().status_code == 200
        before = Device.objects.get().lease_until
        now.advance(hours=1)
        assert slug(phone.hello(phone.signed(phone.nonce))) == "lease-refused"
        assert Device.objects.get().lease_until == before

    def test_the_last_nonce_alone_for_five_minutes(self, phone, now):
        first = phone.ask().json()["nonce"]
        second = phone.ask().json()["nonce"]
        assert slug(phone.hello(phone.signed(first))) == "lease-refused"
        assert slug(phone.hello(phone.signed(second))) == "lease-refused"  # spent by the attempt before
        third = phone.ask().json()["nonce"]
        now.advance(minutes=5)
        assert slug(phone.hello(phone.signed(third))) == "lease-refused"

    def test_a_signature_for_another_phone_is_none(self, phone):
        nonce = phone.ask().json()["nonce"]
        other = sign(phone.key, f"nl-lease-v1\n{'0' * 8}-0000-0000-0000-{'0' * 12}\n{nonce}".encode())
        assert slug(phone.hello({"nonce": nonce, "signature": other})) == "lease-refused"

    @pytest.mark.parametrize("signature", ["", "A", "à", "A" * 85, "A" * 86, "A" * 87, "!" * 86])
    def test_what_is_no_signature(self, phone, signature):
        nonce = phone.ask().json()["nonce"]
        assert phone.hello({"nonce": nonce, "signature": signature}).status_code in {400, 403}

    @pytest.mark.parametrize("body", [{"nonce": "x"}, {"signature": "x"}, {"nonce": 5, "signature": "x"}, {"a": "b"}])
    def test_mistakes_are_named(self, phone, body):
        assert phone.hello(body).status_code == 400

    def test_before_any_nonce_was_given(self, phone):
        assert slug(phone.hello(phone.signed(""))) in {"lease-refused", "invalid-request"}
        assert slug(phone.hello(phone.signed("A" * 43))) == "lease-refused"

    def test_only_phones_say_hello(self, anna, client):
        assert client.post(f"{DEVICES}/hello", {}, "application/json", headers=by_token(anna)).status_code == 403
        assert client.post(f"{DEVICES}/hello", {}, "application/json").status_code == 401
        client.force_login(anna)
        assert client.post(f"{DEVICES}/hello", {}, "application/json").status_code == 403

    def test_the_bytes_that_are_signed(self):
        message = device_keys.lease_message(UUID("0198c0de-0000-7000-8000-000000000001"), "bm9uY2U")
        assert message == b"nl-lease-v1\n0198c0de-0000-7000-8000-000000000001\nbm9uY2U"


class TestRotation:
    def week_old(self, phone, now) -> str:
        """Move on until the token of the phone is to be replaced; returns it."""
        now.advance(days=7)
        return phone.token

    def test_after_a_week_and_not_before(self, phone, now):
        now.advance(days=7, microseconds=-1)
        assert phone.sign_in_anew().json()["token"] is None
        now.advance(microseconds=1)
        old = phone.token
        assert phone.sign_in_anew().json()["token"] == phone.token != old
        assert phone.get().status_code == 200
        assert phone.sign_in_anew().json()["token"] is None

    def test_not_without_the_key(self, phone, now):
        """Whoever stole a token cannot trade it for a fresh one."""
        self.week_old(phone, now)
        assert phone.ask().json()["token"] is None
        assert phone.sign_in_anew(new_key()).status_code == 403
        assert Device.objects.get().next_digest == ""

    def test_a_lost_answer_costs_nothing(self, phone, now):
        old = self.week_old(phone, now)
        lost = phone.sign_in_anew(lose=True).json()["token"]
        assert phone.token == old
        assert phone.get().status_code == 200
        fresh = phone.sign_in_anew().json()["token"]
        assert phone.token == fresh not in {old, lost}
        # The one that was lost is void; asking with it is no reason to revoke anything.
        assert phone.get(token=lost).status_code == 401
        assert phone.get(token=old).status_code == 200
        assert phone.get(token=fresh).status_code == 200

    def test_the_first_use_of_the_new_spends_the_old(self, phone, now, caplog):
        old = self.week_old(phone, now)
        phone.sign_in_anew()
        assert phone.get(token=old).status_code == 200
        assert phone.get().status_code == 200
        with caplog.at_level(logging.WARNING):
            stolen = phone.get(token=old)
        assert (stolen.status_code, slug(stolen), stolen.json()["wipe"]) == (401, "device-revoked", False)
        assert slug(phone.get()) == "device-revoked"
        assert slug(phone.ask()) == "device-revoked"
        device = Device.objects.get()
        assert device.misused_at == device.revoked_at == now()
        assert "a replaced token of a phone was used; the phone is revoked" in caplog.messages

    def test_however_long_ago_it_was_spent(self, phone, now):
        tokens = []
        for _ in range(4):
            tokens.append(self.week_old(phone, now))
            phone.sign_in_anew()
            assert phone.get().status_code == 200
        assert slug(phone.get(token=tokens[0])) == "device-revoked"
        assert slug(phone.get()) == "device-revoked"

    def test_hello_with_the_old_one_after_the_new_one_was_used(self, phone, now):
        old = self.week_old(phone, now)
        phone.sign_in_anew()
        phone.get()
        assert slug(phone.hello({}, token=old)) == "device-revoked"

    @pytest.mark.django_db(transaction=True)
    def test_many_first_uses_at_once_are_one(self, phone, now):
        self.week_old(phone, now)
        phone.sign_in_anew()
        start, answers = threading.Barrier(4), []

        def use() -> None:
            start.wait()
            try:
                answers.append(Phone(token=phone.token).get().status_code)
            finally:
                connection.close()

        using = [threading.Thread(target=use) for _ in range(4)]
        for thread in using:
            thread.start()
        for thread in using:
            thread.join()
        assert answers == [200] * 4
        assert len(Device.objects.get().spent_digests) == 1


class TestRevocation:
    def test_at_the_next_request(self, phone, anna, client):
        headers = by_token(anna)
        assert client.delete(f"{DEVICES}/{phone.id}", headers=headers).status_code == 204
        for refused in (phone.get(), phone.ask(), phone.get()):
            assert (refused.status_code, slug(refused), refused.json()["wipe"]) == (401, "device-revoked", False)
            assert "invalid_token" in refused["WWW-Authenticate"]
        assert client.get(DEVICES, headers=headers).json()["devices"][0]["state"] == "revoked"
        assert client.delete(f"{DEVICES}/{phone.id}", headers=headers).status_code == 204

    def test_it_is_told_once_to_forget(self, phone, anna, client, now):
        headers = by_token(anna)
        client.delete(f"{DEVICES}/{phone.id}?forget=true", headers=headers)
        (before,) = client.get(DEVICES, headers=headers).json()["devices"]
        assert before["wipe_asked_at"]
        assert before["wipe_told_at"] is None
        assert [phone.get().json()["wipe"] for _ in range(3)] == [True, False, False]
        assert client.get(DEVICES, headers=headers).json()["devices"][0]["wipe_told_at"]
        # Its answer may have been lost: asked again, it is told again.
        client.delete(f"{DEVICES}/{phone.id}?forget=true", headers=headers)
        assert phone.ask().json()["wipe"] is True

    def test_revoking_again_does_not_take_the_wish_back(self, phone, anna):
        revoke(Device.objects.all(), by=anna, forget=True)
        revoke(Device.objects.all(), by=anna)
        assert phone.get().json()["wipe"] is True

    def test_a_phone_of_somebody_who_left_is_told_as_well(self, phone, anna):
        revoke(Device.objects.all(), by=person("ada", "admin"), forget=True)
        anna.is_active = False
        anna.save()
        assert phone.get().json()["wipe"] is True

    def test_only_who_has_the_token_is_told(self, phone, anna):
        revoke(Device.objects.all(), by=anna, forget=True)
        stranger = phone.get(token=phone.token[:-4] + "AAAA")
        assert slug(stranger) == "unauthenticated"
        assert phone.get().json()["wipe"] is True

    @pytest.mark.parametrize("query", ["forget=yes", "forget=", "wipe=true", "forget=true&forget=false"])
    def test_a_misspelt_wish_revokes_nothing(self, phone, anna, client, query):
        assert client.delete(f"{DEVICES}/{phone.id}?{query}", headers=by_token(anna)).status_code == 400
        assert phone.get().status_code == 200


class TestWhoRevokes:
    @pytest.fixture
    def phones(self, city) -> dict[str, Device]:
        """Of listeners in area 1 (zone A), area 4 (zone B), the whole city; of a former one; of a planner in area 1."""
        one, four = city.area(1), city.area(4)
        people = {
            "in-a": person("in-a", "listener", within=one),
            "in-b": person("in-b", "listener", within=four),
            "city": person("city", "listener"),
            "former": person("former", "listener", within=one),
            "planner": person("planner", "planner", within=one),
        }
        Assignment.objects.filter(person=people["former"]).update(
            first_day=dt.date(2020, 1, 1), last_day=dt.date(2020, 1, 2)
        )
        for name, owner in people.items():
            Phone().enrol(issue_code(owner).code, name)
        return {device.name: device for device in Device.objects.all()}

    def seen(self, who) -> set[str]:
        answer = Client().get(DEVICES, headers=by_token(who))
        return {device["name"] for device in answer.json()["devices"]}

    def test_own_those_of_listeners_in_reach_or_all(self, phones, city):
        zone = city.districts["zona", "A"]
        assert self.seen(person("carla", "coordinator", within=zone)) == {"in-a"}
        assert self.seen(person("clara", "coordinator")) == {"in-a", "in-b", "city"}
        assert self.seen(person("ada", "admin")) == set(phones)
        assert self.seen(person("sara", "steward")) == set()
        assert self.seen(phones["in-b"].person) == {"in-b"}

    def test_hidden_and_absent_look_alike(self, phones, city):
        carla = person("carla", "coordinator", within=city.districts["zona", "A"])
        client, headers = Client(), by_token(carla)
        absent = client.delete(f"{DEVICES}/0198c0de-0000-7000-8000-000000000001", headers=headers)
        for name in ("in-b", "city", "former", "planner"):
            hidden = client.delete(f"{DEVICES}/{phones[name].pk}", headers=headers)
            assert (hidden.status_code, hidden.json()["detail"]) == (404, absent.json()["detail"])
        assert client.delete(f"{DEVICES}/{phones['in-a'].pk}?forget=true", headers=headers).status_code == 204
        assert [device.name for device in Device.objects.exclude(revoked_at=None)] == ["in-a"]
        assert Device.objects.get(name="in-a").revoked_by == carla

    def test_the_number_is_for_its_person_alone(self, phones):
        answer = Client().get(DEVICES, headers=by_token(person("ada", "admin")))
        assert {device["comparison_number"] for device in answer.json()["devices"]} == {None}

    def test_the_list_asks_nothing_per_phone(self, phones, django_assert_num_queries):
        headers = by_token(person("ada", "admin"))
        with django_assert_num_queries(3):  # token and person; what they may do; the phones
            Client().get(DEVICES, headers=headers)


class TestSecrets:
    def test_neither_database_nor_log_holds_one(self, anna, now, caplog):
        with caplog.at_level(logging.DEBUG):
            of_the_person = issue(anna)
            code = on_pages(anna).post(CODES).json()["code"]
            phone = Phone()
            phone.enrol(code)
            confirm(Device.objects.get())
            secrets = {code, phone.token}
            now.advance(days=7)
            secrets.add(phone.sign_in_anew(lose=True).json()["token"])
            phone.sign_in_anew()
            phone.get()
            secrets.add(phone.token)
            phone.get(token=sorted(secrets)[0])
        assert len(secrets) == 4
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d::text FROM fieldwork_device d UNION ALL SELECT e::text FROM fieldwork_enrolmentcode e"
                " UNION ALL SELECT s::text FROM django_session s UNION ALL SELECT t::text FROM fieldwork_apitoken t"
            )
            kept = " ".join(row for (row,) in cursor.fetchall())
        logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
        for secret in {*secrets, of_the_person}:
            bare = secret.split("_", 2)[2] if secret.startswith("nld_") else secret
            assert bare not in kept
            assert bare not in logged

    def test_a_digest_cannot_be_made_without_the_secret_of_the_service(self, phone, settings):
        """Whoever can write into the database, but not read the settings, cannot let a phone of their own in."""
        assert phone.get().status_code == 200
        settings.SECRET_KEY = "another"
        assert phone.get().status_code == 401
