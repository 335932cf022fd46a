"""The worker: one thing that fails holds up no other, is tried again and seen; a killed worker loses nothing."""

import datetime as dt
import io
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, OperationalError, connection, transaction
from uuid6 import uuid7

from backend import clock
from backend.duties import LONGEST_S, Duty, perform
from listening.capture.accept import accept
from listening.capture.submission import Agreed
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Withdrawal
from listening.erasure import journal, withdraw
from listening.erasure.orphans import forget_orphans
from listening.erasure.retention import apply_retention
from listening.erasure.withdraw import LATEST, SOONEST, ask, carry_out
from listening.records.models import Consent, Conversation, Tombstone
from listening.vault import contacts
from listening.vault.contacts import Detail, Person
from tests.listening.submissions import conversation

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
ANNA = Person("Anna", (Detail("phone", "+390511234567"),))


@pytest.fixture(autouse=True)
def journal_file(settings, tmp_path):
    settings.WITHDRAWAL_JOURNAL = tmp_path / "withdrawals.jsonl"
    return settings.WITHDRAWAL_JOURNAL


@pytest.fixture
def logged(city, listener):
    """Conversations with a card each, in the order in which they are withdrawn."""

    def log(number, **members):
        codes = [new_code() for _ in range(number)]
        made = [conversation(listener, receipt=digest_of(read_code(code)), **members) for code in codes]
        for one in made:
            accept(one, by=listener)
        return codes, [one.id for one in made]

    return log


@pytest.fixture
def bad(monkeypatch):
    """Ids of conversations that cannot be erased; each with what happens instead."""
    erase, failures = withdraw.erase, {}

    def failing(found, **members):
        if found.pk in failures:
            raise failures[found.pk]
        return erase(found, **members)

    for module in ("withdraw", "retention"):
        monkeypatch.setattr(f"listening.erasure.{module}.erase", failing)
    return failures


def later(monkeypatch, by):
    now = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: now)


class TestWithdrawals:
    def test_one_that_fails_holds_up_none_behind_it(self, logged, bad, caplog):
        codes, ids = logged(3)
        bad[ids[0]] = OperationalError("lock timeout")
        for code in codes:
            ask(code)
        with caplog.at_level(logging.ERROR):
            assert carry_out() == 2
        assert list(Conversation.objects.values_list("pk", flat=True)) == [ids[0]]
        assert [(one.attempts, one.error) for one in caplog.records] == [(1, "OperationalError")]
        (left,) = Withdrawal.objects.failing()
        assert (left.attempts, left.failed_as, left.carried_out_at) == (1, "OperationalError", None)

    def test_it_is_tried_later_and_later_and_in_the_end_done(self, logged, bad, monkeypatch):
        (code,), (pk,) = logged(1)
        bad[pk] = OperationalError("lock timeout")
        ask(code)
        waits = []
        for _ in range(12):
            later(monkeypatch, dt.timedelta(0))
            now = clock.now()
            carry_out()
            left = Withdrawal.objects.get()
            waits.append(left.try_again_at - now)
            assert carry_out() == 0
            assert Withdrawal.objects.get().attempts == left.attempts, "not before its time"
            later(monkeypatch, waits[-1])
        assert waits[:3] == [SOONEST, 2 * SOONEST, 4 * SOONEST]
        assert waits[-1] == LATEST
        bad.clear()
        assert carry_out() == 1
        assert not Withdrawal.objects.failing().exists()
        done = Withdrawal.objects.get()
        assert (done.failed_as, done.try_again_at) == ("", None)

    def test_a_mistake_in_the_program_ends_the_worker_once_and_not_for_ever(self, logged, bad):
        codes, ids = logged(2)
        bad[ids[0]] = ZeroDivisionError()
        for code in codes:
            ask(code)
        with pytest.raises(ZeroDivisionError):
            carry_out()
        assert carry_out() == 1, "who starts the worker anew has the others done"

    def test_the_command_says_that_one_fails(self, logged, bad):
        (code,), (pk,) = logged(1)
        bad[pk] = DatabaseError("broken")
        ask(code)
        with pytest.raises(CommandError, match="1 withdrawals fail"):
            call_command("carry_out_withdrawals", stdout=io.StringIO())

    def test_to_ask_again_does_not_hurry_what_fails(self, logged, bad):
        (code,), (pk,) = logged(1)
        bad[pk] = DatabaseError("broken")
        ask(code)
        carry_out()
        ask(code)
        assert carry_out() == 0
        assert Withdrawal.objects.get().attempts == 1


@committed
def test_retention_goes_on_behind_a_record_that_fails(logged, bad):
    old = clock.now() - dt.timedelta(days=2_000)
    _, ids = logged(3, received_at=old, occurred_at=old)
    bad[ids[0]] = DatabaseError("broken")
    applied = apply_retention()
    assert (applied.records, applied.failed) == (2, 1)
    with pytest.raises(CommandError, match="not everything"):
        call_command("apply_retention", stdout=io.StringIO())
    bad.clear()
    assert apply_retention().records == 1


class TestDuties:
    def test_one_that_fails_holds_up_no_other_and_waits_longer_each_time(self, caplog):
        asked = []

        def fail():
            asked.append(time_s)
            raise OSError

        done = []
        duties = [Duty("first", fail, 10), Duty("second", lambda: done.append(time_s), 10)]
        for time_s in range(0, 100, 10):
            assert perform(duties, now_s=time_s) == (["first"] if time_s in asked else [])
        assert done == [*range(0, 100, 10)]
        assert asked == [0, 20, 60]
        told = [(one.duty, one.attempts, one.error) for one in caplog.records]
        assert told == [("first", number, "OSError") for number in (1, 2, 3)]
        duties[0].failures = 40
        duties[0].due_s = 0
        perform(duties, now_s=1_000)
        assert duties[0].due_s == 1_000 + LONGEST_S

    def test_a_success_begins_anew(self):
        duty = Duty("x", lambda: None, 1, failures=5)
        assert perform([duty], now_s=0) == []
        assert (duty.failures, duty.due_s) == (0, 1)

    def test_a_mistake_in_the_program_raises(self):
        with pytest.raises(ZeroDivisionError):
            perform([Duty("x", lambda: 1 / 0, 1)], now_s=0)

    @committed
    def test_withdrawals_are_carried_out_when_cells_cannot_be_merged(self, logged, monkeypatch):
        def fail():
            raise DatabaseError("broken")

        monkeypatch.setattr("backend.management.commands.worker.merge_deltas", fail)
        (code,), _ = logged(1)
        ask(code)
        with pytest.raises(CommandError, match="merging of cells"):
            call_command("worker", "--once", stdout=io.StringIO())
        assert not Conversation.objects.exists()


class TestKilled:
    """A process of its own, killed while it erases; the next one finds what is left to do."""

    # What it does instead of writing the journal: nothing for ever; or write it, and die before the commit.
    HANGS = "import time; journal.append = lambda lines: (print('in it', flush=True), time.sleep(600))"
    DIES = (
        "import os, signal; write = journal.append;"
        " journal.append = lambda lines: (write(lines), os.kill(os.getpid(), signal.SIGKILL))"
    )

    def worker(self, instead):
        program = (
            "import django; django.setup()\n"
            "from listening.erasure import journal\n"
            f"{instead}\n"
            "from listening.erasure.withdraw import carry_out\n"
            "carry_out()"
        )
        told = connection.settings_dict
        url = "postgis://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(
            **{**told, "HOST": told["HOST"].replace("/", "%2F")}
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LISTENING_")}
        environment |= {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.listening.erasure.worker_settings",
            "JOURNAL_OF_TEST": str(django_settings.WITHDRAWAL_JOURNAL),
        }
        return subprocess.Popen(
            [sys.executable, "-c", program], cwd=django_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE
        )

    @committed
    def test_in_the_middle(self, logged, journal_file, monkeypatch):
        codes, _ = logged(2)
        for code in codes:
            ask(code)
        process = self.worker(self.HANGS)
        assert process.stdout.readline() == b"in it\n"
        process.kill()
        process.wait(20)
        process.stdout.close()
        assert Conversation.objects.count() == 2, "nothing by halves"
        wait_for_locks()
        assert carry_out() == 1, "the other one, at once"
        later(monkeypatch, SOONEST)
        assert carry_out() == 1
        assert len(list(journal.read(journal_file))) == 2

    @committed
    def test_between_the_journal_and_the_commit(self, logged, journal_file, monkeypatch):
        (code,), (pk,) = logged(1)
        ask(code)
        process = self.worker(self.DIES)
        assert process.wait(60) == -9
        process.stdout.close()
        assert Conversation.objects.filter(pk=pk).exists()
        assert [line.conversation for line in journal.read(journal_file)] == [pk]
        wait_for_locks()
        later(monkeypatch, SOONEST)
        assert carry_out() == 1
        assert journal.replay(journal_file) == journal.Replayed(2, 0), "a line too many does no harm"


def wait_for_locks():
    """Until the server has noticed that the other process is gone."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.1)
    pytest.fail("the locks of a killed process are held for ever")


class TestJournalOfStaff:
    @pytest.fixture
    def deleted(self, logged, listener, client_of):
        """By its listener, with the API."""
        _, (pk,) = logged(1)
        assert client_of(listener).delete(f"/api/v1/conversations/{pk}").status_code == 204
        return pk

    def test_the_worker_writes_down_what_staff_deleted_once(self, deleted, listener, journal_file):
        assert journal.write_down() == 1
        assert journal.write_down() == 0
        (line,) = journal.read(journal_file)
        assert (line.conversation, line.deleted_by, line.receipt) == (deleted, listener.pk, "")

    def test_so_a_restored_backup_does_not_bring_it_back(self, logged, listener, client_of, journal_file, trail):
        """Restored: as the tables were before the deletion, but for the journal."""
        _, (pk,) = logged(1)
        with transaction.atomic():
            point = transaction.savepoint()
            client_of(listener).delete(f"/api/v1/conversations/{pk}")
            journal.write_down()
            transaction.savepoint_rollback(point)
        assert Conversation.objects.filter(pk=pk).exists()
        assert journal.replay(journal_file) == journal.Replayed(1, 1)
        assert not Conversation.objects.exists()
        assert Tombstone.objects.get().deleted_by == listener
        assert not Withdrawal.objects.exists(), "nobody withdrew it"
        assert [(entry.verb, entry.person_id) for entry in trail()][-1] == ("delete", listener.pk)

    def test_what_was_rolled_back_is_not_written_down(self, logged, listener, client_of, journal_file):
        _, (pk,) = logged(1)
        with transaction.atomic():
            point = transaction.savepoint()
            client_of(listener).delete(f"/api/v1/conversations/{pk}")
            transaction.savepoint_rollback(point)
        assert journal.write_down() == 0
        assert not journal_file.exists()

    def test_a_withdrawal_is_written_down_once(self, logged, journal_file):
        (code,), _ = logged(1)
        ask(code)
        carry_out()
        assert journal.write_down() == 0
        assert len(list(journal.read(journal_file))) == 1

    def test_a_journal_that_cannot_be_written_waits(self, deleted, settings, tmp_path, journal_file):
        settings.WITHDRAWAL_JOURNAL = tmp_path
        with pytest.raises(IsADirectoryError):
            journal.write_down()
        settings.WITHDRAWAL_JOURNAL = journal_file
        assert journal.write_down() == 1

    def test_a_line_that_a_crash_cut_off_is_neither_read_nor_kept(self, deleted, journal_file):
        journal_file.write_text('{"receipt": "00", "conv')
        assert list(journal.read(journal_file)) == []
        journal.write_down()
        assert [line.conversation for line in journal.read(journal_file)] == [deleted]

    def test_a_full_disk_leaves_whole_lines(self, deleted, journal_file):
        journal.write_down()
        before = journal_file.read_bytes()
        Tombstone.objects.update(written_down_at=None)
        with pytest.raises(OSError, match="No space"), full_disk():
            journal.write_down()
        assert journal_file.read_bytes() == before

    def test_a_journal_from_before_is_read(self, tmp_path, listener):
        file = tmp_path / "old"
        told = f'{{"receipt": "{"0" * 64}", "conversation": "{uuid7()}", "listener": {listener.pk}, "version": 2,'
        file.write_text(f'{told} "at": "2026-11-26T12:00:00+00:00"}}\n')
        assert journal.replay(file) == journal.Replayed(1, 0)
        assert Tombstone.objects.get().deleted_by is None


class full_disk:
    """The file takes half of what is written."""

    def __enter__(self):
        self.patch = pytest.MonkeyPatch()
        opened = open

        def half(*args, **options):
            file = opened(*args, **options)
            write = file.write

            class Half:
                def __getattr__(self, name):
                    return getattr(file, name)

                def __enter__(self):
                    return self

                def __exit__(self, *_):
                    file.close()

                def write(self, content):
                    return write(content[: len(content) // 2])

            return Half()

        self.patch.setattr(journal, "open", half, raising=False)

    def __exit__(self, *_):
        self.patch.undo()


class TestOrphans:
    def kept(self, pk):
        contacts.keep(pk, ANNA, expires_at=clock.now() + dt.timedelta(days=1))

    @pytest.fixture
    def agreed(self, logged):
        _, (pk,) = logged(1, consents=(Agreed("recontact", "spoken", "1"),))
        self.kept(pk)
        return pk

    def test_a_contact_that_is_agreed_to_stays(self, agreed):
        assert forget_orphans() == 0
        assert contacts.read(agreed) is not None

    @pytest.mark.parametrize("how", ["deleted", "taken back"])
    def test_what_a_failing_vault_left_behind_is_forgotten_at_the_next_run(
        self, agreed, how, listener, client_of, monkeypatch, django_capture_on_commit_callbacks
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

    def test_one_among_many(self, agreed, monkeypatch):
        monkeypatch.setattr("listening.erasure.orphans.AT_ONCE", 2)
        strangers = [uuid7() for _ in range(5)]
        for pk in strangers:
            self.kept(pk)
        assert forget_orphans() == 5
        assert contacts.read(agreed) is not None

    def test_a_contact_that_came_in_place_of_an_orphan_stays(self, agreed):
        """Seen as an orphan, kept anew with a new consent, and only then forgotten: by its id, which is another."""
        consent = Consent.objects.get()
        consent.delete()
        seen = contacts.links(after=None, limit=9)
        consent.save()
        self.kept(agreed)
        assert contacts.forget_contacts([one.contact_id for one in seen]) == 0
        assert contacts.read(agreed) is not None

    def test_without_keys_nothing_is_asked(self, settings, django_assert_num_queries):
        settings.VAULT_KEYS = ""
        with django_assert_num_queries(0):
            assert forget_orphans() == 0


def test_the_settings_of_the_killed_process_are_those_of_the_tests():
    assert "from tests.settings import *" in Path(__file__).with_name("worker_settings.py").read_text()
