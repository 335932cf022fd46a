"""What has had its time goes; what is held, and what has time left, stays."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from uuid6 import uuid7

from backend import clock
from listening.capture.accept import accept_many
from listening.erasure.checks import legal_basis, retention
from listening.erasure.models import Hold
from listening.erasure.retention import Applied, apply_retention
from listening.records.models import Conversation, Finding, Tombstone
from listening.rollups.reconcile import reconcile
from listening.vault import contacts
from tests.canaries import CANARY
from tests.listening.submissions import at, conversation, heard
from tests.listening.sync.conftest import Phone, op

committed = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.django_db
NOTHING = Applied(0, 0, 0, 0, 0, 0)


def received(days):
    return clock.now() - dt.timedelta(days=days)


@pytest.fixture
def ages(city, themes, listener):
    """Conversations by the days since they were received; of two years and more the finding has a place, too."""
    made = {}
    for days in (10, 364, 366, 731, 1_827):
        finding = heard("need", themes["rent"], place=at(6))
        submission = conversation(listener, finding, received_at=received(days), occurred_at=received(days))
        accept_many([submission])
        made[days] = submission.id
    return made


@committed
def test_it_works(ages):
    assert apply_retention() == Applied(texts=2, points=1, records=1, waiting=0, contacts=0, held=0)
    left = {pk: (summary, place) for pk, summary, place in Conversation.objects.values_list("pk", "summary", "place")}
    assert left == {
        ages[10]: (CANARY, "point"), ages[364]: (CANARY, "point"),
        ages[366]: ("", "point"), ages[731]: ("", "district"),
    }  # fmt: skip
    old = Conversation.objects.get(pk=ages[731])
    assert (old.location, old.accuracy_m, old.district.code) == (None, None, "5")
    finding = Finding.objects.get(conversation=old)
    assert (finding.text, finding.place, finding.location, finding.district.code) == ("", "district", None, "6")
    assert Tombstone.objects.get().pk == ages[1_827]
    assert reconcile().differences == ()
    assert apply_retention() == NOTHING


@committed
def test_a_dry_run_counts_the_same_and_changes_nothing(ages):
    would = apply_retention(dry_run=True)
    assert Conversation.objects.filter(summary=CANARY).count() == 5
    assert apply_retention() == would


def test_what_is_held_stays(ages):
    for pk in ages.values():
        call_command("hold_record", str(pk), "--reason", "RG 12/2026", stdout=io.StringIO())
    assert apply_retention() == Applied(0, 0, 0, 0, 0, held=3)
    assert Conversation.objects.filter(summary=CANARY).count() == 5
    call_command("hold_record", str(ages[1_827]), "--end", stdout=io.StringIO())
    assert apply_retention().records == 1


def test_a_hold_has_a_reason_and_a_record(ages):
    with pytest.raises(CommandError, match="--reason"):
        call_command("hold_record", str(ages[10]))
    with pytest.raises(CommandError, match="no conversation"):
        call_command("hold_record", str(uuid7()), "--reason", "x")
    assert not Hold.objects.exists()


def test_phones_pull_what_is_left(ages, listener):
    phone = Phone(listener)
    phone.pull()
    assert CANARY in phone.rows[str(ages[366])]["fields"]["summary"]
    apply_retention()
    phone.pull()
    assert phone.rows[str(ages[366])]["fields"]["summary"] == ""
    assert str(ages[1_827]) not in phone.rows


def test_contacts_and_ops_that_wait(city, listener, settings):
    contacts.keep(uuid7(), contacts.Person("", ()), expires_at=clock.now() + dt.timedelta(seconds=1))
    told = op("create", "finding", uuid7(), conversation=str(uuid7()), fields={"kind": "need", "text": CANARY})
    phone = Phone(listener)
    assert phone.push(told)[0]["status"] == "deferred"
    assert apply_retention() == NOTHING
    from listening.sync.models import Op, WaitingOp

    Op.objects.update(received_at=received(91))
    assert apply_retention().waiting == 1
    assert not WaitingOp.objects.exists()
    assert phone.push(told)[0]["outcome"]["status"] == "rejected"


@pytest.mark.parametrize("text", ["text", "text=0", "text=x", "audit=3", "text=900,record=800", "record=100"])
def test_rules_that_cannot_be_read_are_told_at_the_start(settings, text):
    settings.RETENTION = text
    assert [one.id for one in retention(None)] == ["erasure.E001"]


def test_the_legal_basis_is_one_of_two(settings):
    assert legal_basis(None) == []
    settings.STATISTICS_BASIS = "interest"
    assert [one.id for one in legal_basis(None)] == ["erasure.E002"]
