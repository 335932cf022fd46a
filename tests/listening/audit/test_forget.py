"""Entries have their time; the chain of those that are left is checked as before."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from backend import clock
from listening.audit.chain import chain_entries
from listening.audit.forget import entries_to_forget, forget_entries
from listening.audit.models import Entry
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.audit.verify import verify
from listening.erasure.retention import apply_retention
from listening.records.models import Conversation

pytestmark = pytest.mark.django_db


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def days_ago(number):
    return clock.now() - dt.timedelta(days=number)


@pytest.fixture
def aged(trail):
    """A chain of five entries and nothing else: of 900, 800, 720 and 760 days ago, and of today; the hashes of all."""
    execute(
        "ALTER TABLE audit_entry DISABLE TRIGGER USER", "DELETE FROM audit_entry",
        "ALTER TABLE audit_entry ENABLE TRIGGER USER", "ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_link",
        "ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_refuse",
    )  # fmt: skip
    with connection.cursor() as cursor:
        for number in (900, 800, 720, 760):
            cursor.execute("INSERT INTO audit_inbox (at, verb, model) VALUES (%s, 'create', 'x.y')", [days_ago(number)])
    record(Verb.READ_DETAIL, Conversation, [1])
    chain_entries()
    return [bytes(entry.hash).hex() for entry in Entry.objects.order_by("position")]


def positions():
    return list(Entry.objects.order_by("position").values_list("position", flat=True))


def test_it_works(aged):
    """What stands behind an entry that is young enough stays, too: the chain loses its beginning, never its middle."""
    assert entries_to_forget(days_ago(730)) == 2
    assert forget_entries(days_ago(730)) == 2
    assert positions() == [3, 4, 5]
    found = verify(aged[4])
    assert (found.is_sound, found.forgotten, found.noted_at) == (True, 2, 5)
    newest = Entry.objects.first()
    assert (newest.position, newest.verb, newest.number) == (6, "forget_entries", 2)
    assert forget_entries(days_ago(730)) == 0
    assert positions() == [3, 4, 5, 6], "nothing done, nothing told"


def test_again_later(aged):
    forget_entries(days_ago(850))
    forget_entries(days_ago(730))
    assert verify().is_sound
    assert (verify().forgotten, positions()[0]) == (2, 3)


def test_a_head_that_was_noted_is_found_from_the_anchor_on(aged):
    forget_entries(days_ago(730))
    assert verify(aged[1]).noted_at == 2
    out = io.StringIO()
    call_command("verify_audit", "--head", aged[2], stdout=out)
    assert "the first 2 have had their time" in out.getvalue()
    with pytest.raises(CommandError, match="older than position 2"):
        call_command("verify_audit", "--head", aged[0], stdout=out)


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM audit_entry WHERE position = 3", "UPDATE audit_entry SET verb = 'change' WHERE position = 3",
        "UPDATE audit_anchor SET position = 1", "UPDATE audit_anchor SET hash = sha256('')", "DELETE FROM audit_anchor",
    ],
)  # fmt: skip
def test_whoever_takes_more_away_is_seen(aged, tampering):
    forget_entries(days_ago(730))
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        execute(tampering)
    chain_entries()
    execute("ALTER TABLE audit_entry DISABLE TRIGGER USER", "ALTER TABLE audit_anchor DISABLE TRIGGER USER", tampering)
    assert not verify().is_sound


def test_the_last_year_is_kept_whoever_asks(aged):
    with pytest.raises(DatabaseError, match="less than a year"), transaction.atomic():
        forget_entries(days_ago(364))
    assert len(positions()) == 5


def test_the_newest_entry_stays_or_the_chain_would_begin_anew(aged):
    execute("ALTER TABLE audit_entry DISABLE TRIGGER USER", "DELETE FROM audit_entry WHERE position = 5",
            "ALTER TABLE audit_entry ENABLE TRIGGER USER")  # fmt: skip
    execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_link")
    assert forget_entries(days_ago(400)) == 3
    assert positions() == [4]
    assert verify().is_sound
    assert positions() == [4, 5]


def test_the_guard_is_up_again_afterwards(aged):
    forget_entries(days_ago(730))
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        execute("DELETE FROM audit_entry")


def test_retention_does_it_and_a_dry_run_counts(aged):
    assert apply_retention(dry_run=True).audit == 2
    assert len(positions()) == 5
    assert apply_retention().audit == 2
    assert apply_retention().audit == 0
    assert verify().is_sound
