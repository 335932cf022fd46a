"""What nobody waits for any longer is deleted, and nothing else."""

import datetime as dt
import io
import os

import pytest
from django.core.management import call_command
from django.db import connection
from uuid6 import uuid7

from backend import clock
from listening.attachments.models import Attachment, Chunk, StoredFile
from listening.attachments.sweep import Swept, sweep
from listening.capture.accept import accept
from listening.capture.amend import delete
from listening.records.models import Conversation
from tests.listening.attachments.media import jpeg
from tests.listening.attachments.phone import Upload
from tests.listening.submissions import conversation

# Its transactions end, as in life: only then are files deleted.
pytestmark = pytest.mark.django_db(transaction=True)


def age(days: float) -> None:
    """Make all attachments older."""
    then = clock.now() - dt.timedelta(days=days)
    Attachment.objects.filter(completed_at=None).update(updated_at=then)
    Attachment.objects.filter(completed_at__isnull=False).update(updated_at=then, completed_at=then)


def age_files(media, hours: float) -> None:
    for path in media.rglob("*"):
        then = clock.now().timestamp() - hours * 3600
        os.utime(path, (then, then))


def test_nothing_that_is_waited_for(phone, told, stored):
    begun = Upload(phone, jpeg(size=(9, 9)), told.pk)
    begun.announce()
    begun.send(0, 200)
    Upload(phone, jpeg(size=(10, 9)), told.pk).bring()
    Upload(phone, jpeg(size=(11, 9))).bring()
    before = stored()
    age(29.9)
    assert sweep() == Swept(0, 0, 0, 0, 0)
    assert (stored(), Attachment.objects.count()) == (before, 3)


def test_what_was_never_completed(phone, told, stored):
    upload = Upload(phone, jpeg(), told.pk)
    upload.announce()
    upload.send(0, 200)
    Upload(phone, b"<html>" * 90, told.pk).bring()
    kept = Upload(phone, jpeg(size=(9, 9)), told.pk)
    kept.bring()
    age(30.1)
    assert sweep() == Swept(2, 0, 0, 0, 0)
    assert Attachment.objects.get().pk == kept.id
    assert stored() == [StoredFile.objects.get().name]


def test_whose_conversation_never_came(phone, listener, other_listener, city, stored):
    claimed, never, stolen = conversation(listener), uuid7(), conversation(other_listener)
    uploads = [Upload(phone, jpeg(size=(n, 9)), pk) for n, pk in ((9, claimed.id), (10, never), (11, stolen.id))]
    for upload in uploads:
        upload.bring()
    accept(claimed, by=listener)
    accept(stolen, by=other_listener)  # of another listener: not the one of whom the attachment is
    age(30.1)
    assert sweep() == Swept(0, 2, 0, 0, 0)
    assert Attachment.objects.get().pk == uploads[0].id
    assert len(stored()) == 1


def test_the_same_bytes_stay_while_somebody_has_them(phone, told, stored):
    Upload(phone, jpeg(), told.pk).bring()
    Upload(phone, jpeg()).bring()
    age(30.1)
    assert sweep() == Swept(0, 1, 0, 0, 0)
    assert len(stored()) == StoredFile.objects.count() == 1


def test_whose_conversation_was_deleted_meanwhile(phone, told, listener, stored):
    """Announced at the moment in which somebody else deleted it."""
    pk = told.pk
    delete(told, by=listener)
    late = Upload(phone, jpeg(), pk)
    now = clock.now()
    Attachment.objects.create(
        id=late.id, conversation_id=pk, announced_by=listener, media_type="image/jpeg", size=len(late.content),
        sha256="0" * 64, announced_at=now, updated_at=now,
    )  # fmt: skip
    assert sweep() == Swept(0, 0, 1, 0, 0)


def test_what_a_crash_left_behind(phone, told, stored, media):
    Upload(phone, jpeg(), told.pk).bring()
    before = stored()
    for name in ("chunks/x/y", f"files/ab/cd/{'ab' * 32}", "files/stray"):
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(b"x")
    assert sweep().left_behind == 0  # of a transaction that is under way, perhaps
    age_files(media, hours=25)
    assert sweep().left_behind == 3
    assert stored() == before


def test_after_a_deletion_whose_files_stayed(phone, told, listener, stored, monkeypatch):
    """The service stopped between the commit and the files."""
    Upload(phone, jpeg(), told.pk).bring()
    monkeypatch.setattr("listening.attachments.discard._discard", lambda chunks, files: None)
    delete(told, by=listener)
    assert not Attachment.objects.exists()
    assert len(stored()) == 1
    assert sweep().unused_files == 1
    assert stored() == []


@pytest.mark.parametrize("statement", ["DELETE FROM records_conversation"])
def test_the_database_itself_deletes_what_belongs_to_a_conversation(phone, told, listener, statement):
    """Also of somebody who deletes by SQL; what others announced under the id stays theirs."""
    Upload(phone, jpeg(), told.pk).bring()
    begun = Upload(phone, jpeg(), told.pk)
    begun.announce()
    begun.send(0, 100)
    other = Upload(phone, jpeg())
    other.announce()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_findingtheme")
        cursor.execute("DELETE FROM records_finding")
        cursor.execute(statement)
    assert not Conversation.objects.exists()
    assert Attachment.objects.get().pk == other.id
    assert not Chunk.objects.exists()


def test_the_command_says_what_it_did(phone, told):
    Upload(phone, jpeg()).bring()
    age(30.1)
    said = io.StringIO()
    call_command("sweep_attachments", stdout=said)
    assert said.getvalue() == (
        "deleted 0 attachments that were never completed, 1 whose conversation never came, 0 whose conversation was "
        "deleted, 0 files that nobody refers to, 0 that were left behind\n"
    )
