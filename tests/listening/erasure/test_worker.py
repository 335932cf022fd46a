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
from django.db import DatabaseError, OperationalError, connection

from backend import clock
from backend.duties import LONGEST_S, Duty, perform
from listening.consent.models import Withdrawal
from listening.erasure import journal, withdraw
from listening.erasure.retention import apply_retention
from listening.erasure.withdraw import LATEST, SOONEST, ask, carry_out
from listening.records.models import Conversation
from listening.vault.contacts import Detail, Person

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
ANNA = Person("Anna", (Detail("phone", "+390511234567"),))


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

        monkeypatch.setattr("backend.management.commands.worker.keep_merged", fail)
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


def test_the_settings_of_the_killed_process_are_those_of_the_tests():
    assert "from tests.settings import *" in Path(__file__).with_name("worker_settings.py").read_text()
