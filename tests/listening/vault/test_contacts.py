"""Whom residents let us call back: sealed, read for a purpose, forgotten for good."""

import base64
import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from uuid6 import uuid7

from backend import clock
from listening.capture.accept import accept
from listening.capture.submission import Agreed
from listening.consent.codes import digest_of, new_code, read_code
from listening.erasure.withdraw import ask, carry_out
from listening.vault import contacts, keys
from listening.vault.contacts import Detail, Person
from listening.vault.errors import VaultKeyMissing, VaultKeyWrong
from listening.vault.rotate import rotate, verify
from tests.canaries import CANARY, E_MAIL
from tests.listening.submissions import conversation

pytestmark = pytest.mark.django_db
WHOM = Person(CANARY, (Detail("phone", "+390511234567"), Detail("phone", "+393331234567"), Detail("email", E_MAIL)))
TOLD = {
    "name": CANARY,
    "details": [{"kind": "phone", "value": "051 1234567"}, {"kind": "email", "value": E_MAIL.upper()}],
}
PURPOSE = {"X-Purpose": "follow_up"}


def key(letter):
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


@pytest.fixture(autouse=True)
def journal(settings, tmp_path):
    settings.WITHDRAWAL_JOURNAL = tmp_path / "withdrawals.jsonl"


@pytest.fixture
def code():
    return new_code()


@pytest.fixture
def stored(city, listener, code):
    agreed = (Agreed("recontact", "spoken", "1"),)
    submission = conversation(listener, consents=agreed, receipt=digest_of(read_code(code)))
    accept(submission, by=listener)
    return submission.id


def tomorrow():
    return clock.now() + dt.timedelta(days=1)


def kept(pk=None):
    pk = pk or uuid7()
    contacts.keep(pk, WHOM, expires_at=tomorrow())
    return pk


def rows():
    with connection.cursor() as cursor:
        counts = []
        for table in ("contact", "data_key", "detail", "link"):
            cursor.execute(f"SELECT count(*) FROM vault.{table}")
            counts.append(cursor.fetchone()[0])
    return counts


class TestApi:
    def test_it_works(self, stored, listener, client_of):
        client, address = client_of(listener), f"/api/v1/conversations/{stored}/contact"
        assert client.put(address, TOLD).status_code == 204
        shown = client.get(address, headers=PURPOSE)
        assert shown.json()["name"] == CANARY
        assert [one["value"] for one in shown.json()["details"]] == ["+390511234567", E_MAIL.lower()]
        assert client.delete(address).status_code == 204
        assert client.get(address, headers=PURPOSE).status_code == 404
        assert rows() == [0, 0, 0, 0]

    def test_again_takes_the_place_of_the_one_before(self, stored, listener, client_of):
        client, address = client_of(listener), f"/api/v1/conversations/{stored}/contact"
        client.put(address, TOLD)
        client.put(address, {"details": TOLD["details"][:1]})
        assert rows() == [1, 1, 1, 1]
        assert client.get(address, headers=PURPOSE).json()["name"] == ""

    @pytest.mark.parametrize("purpose", [None, "coordination", "correction", "support"])
    def test_it_is_read_for_a_purpose(self, stored, listener, client_of, purpose):
        headers = {"X-Purpose": purpose} if purpose else {}
        answer = client_of(listener).get(f"/api/v1/conversations/{stored}/contact", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/contact-needs-purpose")

    def test_each_reading_is_recorded_and_no_value(self, stored, listener, client_of):
        client, address = client_of(listener), f"/api/v1/conversations/{stored}/contact"
        client.put(address, TOLD)
        client.get(address, headers=PURPOSE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT verb, model, ids, purpose FROM audit_inbox ORDER BY id DESC LIMIT 2")
            read, changed = cursor.fetchall()
        assert read == ("read_detail", "vault.contact", [str(stored)], "follow_up")
        assert changed[:2] == ("change", "vault.contact")

    def test_nobody_else_sees_that_there_is_one(self, stored, other_listener, planner, client_of):
        kept(stored)
        address = f"/api/v1/conversations/{stored}/contact"
        hidden = client_of(other_listener).get(address, headers=PURPOSE)
        absent = client_of(other_listener).get(f"/api/v1/conversations/{uuid7()}/contact", headers=PURPOSE)
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json()["detail"] == absent.json()["detail"]
        assert client_of(planner).get(address, headers=PURPOSE).status_code == 403

    def test_without_consent_none_is_kept(self, city, listener, client_of):
        submission = conversation(listener)
        accept(submission, by=listener)
        answer = client_of(listener).put(f"/api/v1/conversations/{submission.id}/contact", TOLD)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-agreed")
        assert rows() == [0, 0, 0, 0]

    @pytest.mark.parametrize(
        "told",
        [
            {}, {"details": []}, {"details": [{"kind": "fax", "value": "1"}]},
            {"details": [{"kind": "phone", "value": "x"}]},
            {"details": [{"kind": "email", "value": "x"}]}, {"details": TOLD["details"] * 9}, {"more": 1, **TOLD},
        ],
    )  # fmt: skip
    def test_mistakes_are_named(self, stored, listener, client_of, told):
        assert client_of(listener).put(f"/api/v1/conversations/{stored}/contact", told).status_code == 400

    @pytest.mark.parametrize("keys_set", ["", "test:" + key("x")])
    def test_a_vault_that_does_not_open_says_no_more(self, stored, listener, client_of, settings, keys_set):
        kept(stored)
        settings.VAULT_KEYS = keys_set
        answer = client_of(listener).get(f"/api/v1/conversations/{stored}/contact", headers=PURPOSE)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/vault-closed")

    def test_a_conversation_shows_nothing_of_it(self, stored, listener, client_of):
        kept(stored)
        shown = client_of(listener).get(f"/api/v1/conversations/{stored}").content.decode()
        assert "390511234567" not in shown
        assert '"contact"' not in shown


class TestForgetting:
    def test_withdrawal(self, stored, code):
        kept(stored)
        other = kept()
        ask(code)
        carry_out()
        assert rows() == [1, 1, 3, 1]
        assert contacts.read(other) is not None

    def test_taking_back_the_consent(self, stored, listener, client_of, django_capture_on_commit_callbacks):
        kept(stored)
        client, address = client_of(listener), f"/api/v1/conversations/{stored}"
        with django_capture_on_commit_callbacks(execute=True):
            client.patch(address, {"consents": []}, headers={"If-Match": client.get(address)["ETag"]})
        assert rows() == [0, 0, 0, 0]

    def test_deleting_the_conversation(self, stored, listener, client_of, django_capture_on_commit_callbacks):
        kept(stored)
        with django_capture_on_commit_callbacks(execute=True):
            client_of(listener).delete(f"/api/v1/conversations/{stored}")
        assert rows() == [0, 0, 0, 0]

    def test_time(self):
        pk = kept()
        assert contacts.forget_expired(clock.now()) == 0
        assert contacts.expired(tomorrow()) == 1
        assert contacts.forget_expired(tomorrow() + dt.timedelta(1)) == 1
        assert contacts.read(pk) is None


class TestFindByContact:
    """For whoever has lost the card: staff look by a number that they were told, for a purpose."""

    @pytest.fixture(autouse=True)
    def typed(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def found(self, contact, by="anna", purpose="data_protection_request"):
        out = io.StringIO()
        self.monkeypatch.setattr("sys.stdin", io.StringIO(f"{contact}\n"))
        call_command("find_by_contact", "--by", by, "--purpose", purpose, stdout=out)
        return out.getvalue().split("\n")[:-1]

    def test_it_works(self, stored, listener, client_of):
        client_of(listener).put(f"/api/v1/conversations/{stored}/contact", TOLD)
        assert self.found("051 1234567") == [str(stored), "1 conversations"]
        assert self.found(E_MAIL.upper()) == [str(stored), "1 conversations"]
        assert self.found("+39 051 765 4321") == ["0 conversations"]

    def test_each_look_is_recorded_also_in_vain_and_no_number(self, stored, listener, trail):
        kept(stored)
        self.found("051 1234567", purpose="follow_up")
        self.found("051 7654321")
        told = [(one.verb, one.model, one.ids, one.person_id, one.purpose) for one in trail()[-2:]]
        assert told == [
            ("read_list", "vault.contact", [str(stored)], listener.pk, "follow_up"),
            ("read_list", "vault.contact", [], listener.pk, "data_protection_request"),
        ]

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"by": "nobody"}, "nobody called nobody"), ({"purpose": "support"}, "invalid choice"),
            ({"contact": "12x"}, "no telephone number"), ({"contact": "a@"}, "no e-mail address"),
        ],
    )  # fmt: skip
    def test_mistakes_are_named(self, listener, options, said):
        with pytest.raises(CommandError, match=said):
            self.found(**{"contact": "051 1234567", **options})

    def test_a_vault_without_its_key_says_so(self, listener, settings):
        settings.VAULT_INDEX_KEY = ""
        with pytest.raises(CommandError, match="does not open: LISTENING_VAULT_INDEX_KEY"):
            self.found("051 1234567")


class TestKeys:
    def test_nothing_readable_is_stored(self):
        kept()
        with connection.cursor() as cursor:
            cursor.execute("SELECT c::text, k::text, d::text FROM vault.contact c, vault.data_key k, vault.detail d")
            stored = " ".join(str(row) for row in cursor.fetchall())
        for secret in (CANARY, "390511234567"):
            assert secret not in stored
            assert secret.encode().hex() not in stored

    def test_equal_numbers_are_found_and_others_not(self):
        one, two = kept(), kept()
        contacts.keep(uuid7(), Person("", (Detail("phone", "+390519999999"),)), expires_at=tomorrow())
        assert contacts.conversations_of(Detail("phone", "+390511234567")) == sorted([one, two])
        assert contacts.conversations_of(Detail("email", "+390511234567")) == []

    def test_a_wrong_key_is_loud(self, settings):
        pk = kept()
        settings.VAULT_KEYS = "test:" + key("w")
        with pytest.raises(VaultKeyWrong, match="'test'"):
            contacts.read(pk)
        with pytest.raises(CommandError, match="not the one that sealed it"):
            call_command("rotate_vault_keys", "--check")

    def test_a_lost_key_is_loud(self, settings):
        pk = kept()
        settings.VAULT_KEYS = "new:" + key("n")
        with pytest.raises(VaultKeyMissing, match="'test'"):
            contacts.read(pk)
        with pytest.raises(VaultKeyMissing):
            rotate()

    def test_what_was_moved_to_another_contact_does_not_open(self):
        one, two = kept(), kept()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE vault.contact SET sealed_name = (SELECT sealed_name FROM vault.contact ORDER BY id LIMIT 1)"
            )
        opened = []
        for pk in (one, two):
            try:
                opened.append(contacts.read(pk))
            except VaultKeyWrong:
                opened.append(None)
        assert opened.count(None) == 1

    def test_rotation_of_ten_thousand(self, settings):
        """Only what wraps the keys changes; the old key can go."""
        one = kept()
        old = keys.key_set()
        with connection.cursor() as cursor:
            made = [uuid7() for _ in range(9_999)]
            data_key = keys.new_data_key()
            wrapped = [keys.wrap(data_key, of=pk.bytes, keys=old) for pk in made]
            cursor.execute(
                "WITH new AS (SELECT * FROM unnest(%s::uuid[], %s::bytea[]) AS n (id, wrapped)), contact AS ("
                " INSERT INTO vault.contact SELECT id, 'recontact', '', now(), now() + interval '1 day' FROM new)"
                " INSERT INTO vault.data_key SELECT id, 'test', wrapped FROM new",
                [made, wrapped],
            )
            cursor.execute("SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM vault.contact c")
            before = cursor.fetchone()
        settings.VAULT_KEYS = f"new:{key('n')},{settings.VAULT_KEYS}"
        out = io.StringIO()
        call_command("rotate_vault_keys", stdout=out)
        assert out.getvalue() == "10000 keys of contacts wrapped anew, 10000 opened\n"
        settings.VAULT_KEYS = f"new:{key('n')}"
        assert (rotate(), verify()) == (0, 10_000)
        assert contacts.read(one).person == WHOM
        with connection.cursor() as cursor:
            cursor.execute("SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM vault.contact c")
            assert cursor.fetchone() == before

    @pytest.mark.parametrize("text", ["x", "a:short", f"a:{key('a')},a:{key('b')}", f"A:{key('a')}", ","])
    def test_keys_that_cannot_be_read_are_told_at_the_start(self, settings, text):
        from listening.vault.checks import vault_keys

        settings.VAULT_KEYS = text
        (found,) = vault_keys(None)
        assert found.id == "vault.E001"
        assert key("a") not in found.msg

    def test_a_missing_index_key_is_told(self, settings):
        from listening.vault.checks import vault_keys

        assert vault_keys(None) == []
        settings.VAULT_INDEX_KEY = ""
        assert [one.id for one in vault_keys(None)] == ["vault.E002"]
        settings.VAULT_KEYS = ""
        assert vault_keys(None) == []
