"""Contacts that a failing vault left behind are found by looking, and forgotten."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.db import OperationalError
from uuid6 import uuid7

from backend import clock
from listening.capture.submission import Agreed
from listening.erasure.orphans import forget_orphans
from listening.records.models import Consent
from listening.vault import contacts
from listening.vault.contacts import Detail, Person

pytestmark = pytest.mark.django_db
ANNA = Person("Anna", (Detail("phone", "+390511234567"),))


def kept(pk):
    contacts.keep(pk, ANNA, expires_at=clock.now() + dt.timedelta(days=1))


@pytest.fixture
def agreed(logged):
    _, (pk,) = logged(1, consents=(Agreed("recontact", "spoken", "1"),))
    kept(pk)
    return pk


def test_a_contact_that_is_agreed_to_stays(agreed):
    assert forget_orphans() == 0
    assert contacts.read(agreed) is not None


@pytest.mark.parametrize("how", ["deleted", "taken back"])
def test_what_a_failing_vault_left_behind_is_forgotten_at_the_next_run(
    agreed, how, listener, client_of, monkeypatch, django_capture_on_commit_callbacks
):
    def away(_):
        raise OperationalError("the vault is away")

    monkeypatch.setattr("listening.capture.amend.forget", away)
    client, address = client_of(listener), f"/api/v1/conversations/{agreed}"
    with django_capture_on_commit_callbacks(execute=False) as calls:
        if how == "deleted":
            assert client.delete(address).status_code == 204
        else:
            told = client.patch(address, {"consents": []}, headers={"If-Match": client.get(address)["ETag"]})
            assert told.status_code == 200
    for call in calls:
        with pytest.raises(OperationalError):
            call()
    assert contacts.links(after=None, limit=9) != []
    call_command("worker", "--once", stdout=io.StringIO())
    assert contacts.links(after=None, limit=9) == []


def test_one_among_many(agreed, monkeypatch):
    monkeypatch.setattr("listening.erasure.orphans.AT_ONCE", 2)
    strangers = [uuid7() for _ in range(5)]
    for pk in strangers:
        kept(pk)
    assert forget_orphans() == 5
    assert contacts.read(agreed) is not None


def test_a_contact_that_came_in_place_of_an_orphan_stays(agreed):
    """Seen as an orphan, kept anew with a new consent, and only then forgotten: by its id, which is another."""
    consent = Consent.objects.get()
    consent.delete()
    seen = contacts.links(after=None, limit=9)
    consent.save()
    kept(agreed)
    assert contacts.forget_contacts([one.contact_id for one in seen]) == 0
    assert contacts.read(agreed) is not None


def test_without_keys_nothing_is_asked(settings, django_assert_num_queries):
    settings.VAULT_KEYS = ""
    with django_assert_num_queries(0):
        assert forget_orphans() == 0
