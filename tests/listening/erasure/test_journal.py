"""What staff delete is written down by the worker, so that a restored backup does not bring it back."""

import pytest
from django.db import transaction
from uuid6 import uuid7

from listening.consent.models import Withdrawal
from listening.erasure import journal
from listening.erasure.withdraw import ask, carry_out
from listening.records.models import Conversation, Tombstone

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def deleted(logged, listener, client_of):
    """By its listener, with the API."""
    _, (pk,) = logged(1)
    assert client_of(listener).delete(f"/api/v1/conversations/{pk}").status_code == 204
    return pk


def test_the_worker_writes_down_what_staff_deleted_once(deleted, listener, journal_file):
    assert journal.write_down() == 1
    assert journal.write_down() == 0
    (line,) = journal.read(journal_file)
    assert (line.conversation, line.deleted_by, line.receipt) == (deleted, listener.pk, "")


def test_so_a_restored_backup_does_not_bring_it_back(logged, listener, client_of, journal_file, trail):
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


def test_what_was_rolled_back_is_not_written_down(logged, listener, client_of, journal_file):
    _, (pk,) = logged(1)
    with transaction.atomic():
        point = transaction.savepoint()
        client_of(listener).delete(f"/api/v1/conversations/{pk}")
        transaction.savepoint_rollback(point)
    assert journal.write_down() == 0
    assert not journal_file.exists()


def test_a_withdrawal_is_written_down_once(logged, journal_file):
    (code,), _ = logged(1)
    ask(code)
    carry_out()
    assert journal.write_down() == 0
    assert len(list(journal.read(journal_file))) == 1


def test_a_journal_that_cannot_be_written_waits(deleted, settings, tmp_path, journal_file):
    settings.WITHDRAWAL_JOURNAL = tmp_path
    with pytest.raises(IsADirectoryError):
        journal.write_down()
    settings.WITHDRAWAL_JOURNAL = journal_file
    assert journal.write_down() == 1


def test_a_line_that_a_crash_cut_off_is_neither_read_nor_kept(deleted, journal_file):
    journal_file.write_text('{"receipt": "00", "conv')
    assert list(journal.read(journal_file)) == []
    journal.write_down()
    assert [line.conversation for line in journal.read(journal_file)] == [deleted]


def test_a_full_disk_leaves_whole_lines(deleted, journal_file):
    journal.write_down()
    before = journal_file.read_bytes()
    Tombstone.objects.update(written_down_at=None)
    with pytest.raises(OSError, match="No space"), full_disk():
        journal.write_down()
    assert journal_file.read_bytes() == before


def test_a_journal_from_before_is_read(tmp_path, listener):
    file = tmp_path / "old"
    told = f'{{"receipt": "{"0" * 64}", "conversation": "{uuid7()}", "listener": {listener.pk}, "version": 2,'
    file.write_text(f'{told} "at": "2026-11-26T12:00:00+00:00"}}\n')
    assert journal.replay(file) == journal.Replayed(1, 0)
    assert Tombstone.objects.get().deleted_by is None
