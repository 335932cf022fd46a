"""Contacts are for the role of the vault alone."""

import datetime as dt

import pytest
from psycopg import errors
from uuid6 import uuid7

from backend import clock
from listening.consent.models import Notice
from listening.vault import contacts
from listening.vault.rotate import rotate
from tests.backend.db.roles.conftest import URL, committed, own_roles
from tests.listening.submissions import document

pytestmark = own_roles


class TestVault:
    PERSON = contacts.Person("Nome", (contacts.Detail("phone", "+390511234567"),))

    @committed
    def test_its_own_role_keeps_reads_and_forgets(self, work_as):
        work_as("listening_vault")
        pk, tomorrow = uuid7(), clock.now() + dt.timedelta(days=1)
        contacts.keep(pk, self.PERSON, expires_at=tomorrow)
        assert contacts.read(pk).person == self.PERSON
        assert rotate() == 0
        assert contacts.conversations_of(self.PERSON.details[0]) == [pk]
        assert contacts.forget([pk]) == 1

    @pytest.mark.parametrize("role", ["listening_api", "listening_worker", "listening_open_reader"])
    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM vault.contact", "SELECT * FROM vault.data_key", "SELECT count(*) FROM vault.link",
            "INSERT INTO vault.link VALUES (gen_random_uuid(), gen_random_uuid())", "DELETE FROM vault.detail",
            "SET ROLE listening_vault",
        ],
    )  # fmt: skip
    def test_others_are_refused(self, session, role, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session(role).execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM records_conversation", "SELECT * FROM fieldwork_user", "SELECT * FROM audit_entry",
            "CREATE TABLE vault.mine (x int)", "DROP TABLE vault.detail", "TRUNCATE vault.contact",
        ],
    )  # fmt: skip
    def test_it_enters_nothing_else(self, session, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_vault").execute(statement)

    @committed
    def test_the_web_server_without_the_role_says_that_the_vault_is_closed(self, work_as, people, city, client_of):
        Notice.objects.create(version="1", language="it", text="x", sha256="0" * 64, loaded_at=clock.now())
        told = document(consents=[{"purpose": "recontact", "mode": "spoken", "notice_version": "1"}])
        work_as("listening_api")
        phone = client_of(people[0])
        assert phone.post(URL, told).status_code == 201
        contact = {"details": [{"kind": "phone", "value": "051 1234567"}]}
        answer = phone.put(f"{URL}/{told['id']}/contact", contact)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/vault-closed")
