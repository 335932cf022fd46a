"""Several phones at the same time, and a service that ends in the middle: nothing corrupt, nothing doubled."""

import threading
from collections import Counter

import pytest
from django.db import connection
from rest_framework.test import APIClient

from listening.attachments import receive, storing
from listening.attachments.discard import discard_files
from listening.attachments.models import Attachment, Chunk, StoredFile
from tests.listening.attachments.media import m4a
from tests.listening.attachments.phone import Upload

pytestmark = pytest.mark.django_db(transaction=True)
SOUND = m4a(sound=bytes(range(251)) * 40)


def at_once(*deeds):
    """Do things in threads that start together, each with a connection of its own; what they returned."""
    gate, returned = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(number, deed):
        gate.wait(10)
        try:
            returned[number] = deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return returned


def phones(listener, number, content=SOUND, **members) -> list[Upload]:
    """The same attachment in several hands."""
    first = Upload(_client(listener), content, media_type="audio/mp4", **members)
    others = [
        Upload(_client(listener), content, first.conversation, "audio/mp4", first.id) for _ in range(number - 1)
    ]  # fmt: skip
    return [first, *others]


def _client(listener) -> APIClient:
    client = APIClient()
    client.force_authenticate(listener)
    return client


def test_announced_by_several_at_once(listener):
    for _ in range(5):
        answers = at_once(*(upload.announce for upload in phones(listener, 4)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 3}
    assert Attachment.objects.count() == 5


def test_the_same_chunk_from_several_at_once(listener, told):
    uploads = phones(listener, 3, conversation=told.pk)
    uploads[0].announce()
    for start in range(0, len(SOUND), 1_000):
        answers = at_once(*(lambda one=one, at=start: one.send(at, at + 1_000) for one in uploads))
        assert Counter(answer.status_code for answer in answers) == {204: 1, 409: 2}, start
        assert {answer["Upload-Offset"] for answer in answers} == {str(min(start + 1_000, len(SOUND)))}
    assert uploads[0].download().content == SOUND
    assert not Chunk.objects.exists()


def test_each_phone_on_its_own_until_it_is_complete(listener, told):
    """Each goes on where it is told to, with chunks of another size."""
    uploads = phones(listener, 3, conversation=told.pk)

    def bring(upload, size):
        def until_complete():
            upload.announce()
            while (at := upload.offset()) < len(SOUND):
                assert upload.send(at, at + size).status_code in {204, 409}

        return until_complete

    at_once(*(bring(upload, size) for upload, size in zip(uploads, (701, 997, 1_300), strict=True)))
    assert uploads[0].download().content == SOUND
    assert StoredFile.objects.count() == 1


def test_different_attachments_with_the_same_bytes(listener, told, stored):
    for number in range(3):
        sound = m4a(sound=bytes([number]) * 500)
        uploads = [phones(listener, 1, sound, conversation=told.pk)[0] for _ in range(4)]
        answers = at_once(*(upload.bring for upload in uploads))
        assert [answer.status_code for answer in answers] == [204] * 4
        assert len(stored("files")) == StoredFile.objects.count() == number + 1


def test_a_file_that_is_deleted_while_somebody_brings_it(listener, told, media):
    """Whichever comes first, no row names a file that is not there."""
    for number in range(12):
        sound = m4a(sound=bytes([number]) * 500)
        storing_one = phones(listener, 1, sound, conversation=told.pk)[0]
        storing_one.bring()
        Attachment.objects.filter(pk=storing_one.id).delete()
        again = phones(listener, 1, sound, conversation=told.pk)[0]
        answer, _ = at_once(again.bring, discard_files)
        assert answer.status_code == 204
        assert again.download().content == sound


@pytest.mark.parametrize("deed", ["storing.keep", "_forget_chunks", "clock.now", "identify"])
def test_it_ends_at_any_point_of_the_last_chunk(listener, told, stored, monkeypatch, deed):
    """What was told to be there is there; the phone sends the last chunk again, and all is well."""
    upload = phones(listener, 1, conversation=told.pk)[0]
    upload.announce()
    upload.send(0, 5_000)
    before = stored()
    with monkeypatch.context() as patched:
        patched.setattr(f"listening.attachments.receive.{deed}", _die)
        with pytest.raises(Died):
            receive.receive(upload.id, SOUND[5_000:], start=5_000, by=listener)
    assert (upload.offset(), Chunk.objects.count()) == (5_000, 1)
    assert set(before) <= set(stored())
    assert upload.send(5_000).status_code == 204
    assert upload.download().content == SOUND


def test_it_ends_between_the_bytes_and_the_row(listener, told, stored, monkeypatch):
    upload = phones(listener, 1, conversation=told.pk)[0]
    upload.announce()
    with monkeypatch.context() as patched:
        patched.setattr(Chunk.objects, "create", _die)
        with pytest.raises(Died):
            receive.receive(upload.id, SOUND[:5_000], start=0, by=listener)
    assert (upload.offset(), len(stored("chunks"))) == (0, 1)
    assert upload.bring(4_000).status_code == 204
    assert upload.download().content == SOUND


class Died(BaseException):
    """As if the process had ended there."""


def _die(*args, **members):
    raise Died


def test_the_disk_is_told(listener, told, monkeypatch):
    """The file, and the folders by which it is found, are on disk before a row says so."""
    settled = []
    monkeypatch.setattr(storing.os, "fsync", lambda opened: settled.append(opened))
    phones(listener, 1, conversation=told.pk)[0].bring()
    assert len(settled) >= 3
