"""The tus dance, with answers that are lost: nothing is missing, nothing is there twice."""

import hashlib
import io

import pytest
from PIL import Image
from rest_framework.test import APIRequestFactory, force_authenticate
from uuid6 import uuid7

from listening.attachments.api.views import AttachmentView
from listening.attachments.limits import MOST_ATTACHMENTS, MOST_BYTES
from listening.attachments.models import Attachment, Chunk, StoredFile
from listening.capture.amend import delete
from listening.records.models import Conversation
from tests.listening.attachments.media import jpeg, m4a
from tests.listening.attachments.phone import CHUNK, URL, Upload, checksum
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_works(phone, told, stored, django_capture_on_commit_callbacks):
    upload = Upload(phone, jpeg(), told.pk)
    answer = upload.announce()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver{upload.address}"
    assert answer["Tus-Resumable"] == "1.0.0"
    assert answer["Upload-Offset"] == "0"

    assert upload.send(0, 500, Upload_Checksum=checksum(upload.content[:500]))["Upload-Offset"] == "500"
    head = phone.head(upload.address)
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "500", str(len(upload.content)))
    assert "no-store" in head["Cache-Control"]
    assert head["Upload-Expires"].endswith("GMT")
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload.send(500)
    assert (answer.status_code, answer["Upload-Offset"], answer.content) == (204, str(len(upload.content)), b"")

    (listed,) = phone.get(URL, {"conversation": str(told.pk)}).json()["attachments"]
    assert listed["state"] == "complete"
    got = upload.download()
    content = got.content
    assert listed["kept"] == {
        "media_type": "image/jpeg", "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    assert Image.open(io.BytesIO(content)).size == (64, 48)
    assert got["Content-Type"] == "image/jpeg"
    assert got["Content-Disposition"] == f'attachment; filename="{upload.id}.jpg"'
    assert got["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert got["Cache-Control"] == "private, no-store"
    # The original is gone, chunk by chunk.
    name = listed["kept"]["sha256"]
    assert stored() == [f"files/{name[:2]}/{name[2:4]}/{name}"]
    assert not Chunk.objects.exists()


def test_what_is_spoken(phone):
    told = phone.options(URL)
    assert told.status_code == 204
    assert told["Tus-Version"] == "1.0.0"
    assert told["Tus-Extension"] == "creation,checksum,expiration"
    assert told["Tus-Max-Size"] == str(MOST_BYTES)


class TestAnnouncing:
    def test_again(self, phone):
        """The answer was lost."""
        upload = Upload(phone, jpeg())
        assert upload.announce().status_code == 201
        upload.send(0, 100)
        again = upload.announce()
        assert (again.status_code, again["Upload-Offset"]) == (200, "100")
        assert Attachment.objects.count() == 1

    @pytest.mark.parametrize(
        "other", [{"size": 7}, {"sha256": "0" * 64}, {"conversation": str(uuid7())}, {"media_type": "image/png"}]
    )
    def test_the_same_id_with_other_content(self, phone, other):
        upload = Upload(phone, jpeg())
        upload.announce()
        answer = upload.announce(**other)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/attachment-id-taken")
        assert Attachment.objects.get().size == len(upload.content)

    def test_somebody_elses_id(self, phone, client_of, other_listener):
        upload = Upload(phone, jpeg())
        upload.announce()
        stolen = Upload(client_of(other_listener), upload.content, upload.conversation, id=upload.id)
        assert stolen.announce().status_code == 409
        assert stolen.send(0).status_code == 404

    @pytest.mark.parametrize(
        "bad",
        [{"size": 0}, {"size": "9"}, {"size": True}, {"sha256": "A" * 64}, {"sha256": "0" * 64 + "\n"}, {"id": 7},
         {"media_type": "image/svg+xml"}, {"name": "x.jpg"}, {"conversation": None}, {"sha256": None}],
    )  # fmt: skip
    def test_mistakes(self, phone, bad):
        assert Upload(phone, jpeg()).announce(**bad).status_code == 400
        assert not Attachment.objects.exists()

    def test_too_large(self, phone):
        assert Upload(phone, jpeg()).announce(size=MOST_BYTES).status_code == 201
        answer = Upload(phone, jpeg()).announce(size=MOST_BYTES + 1)
        assert (answer.status_code, answer.json()["limit_bytes"]) == (413, MOST_BYTES)

    def test_too_many(self, phone):
        conversation = uuid7()
        for _ in range(MOST_ATTACHMENTS):
            last = Upload(phone, b"x", conversation)
            assert last.announce().status_code == 201
        assert Upload(phone, b"x", conversation).announce().status_code == 409
        assert last.announce().status_code == 200
        assert Upload(phone, b"x").announce().status_code == 201

    def test_another_version_of_tus(self, phone):
        upload = Upload(phone, jpeg())
        upload.announce()
        answer = upload.send(0, Tus_Resumable="0.2.2")
        assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")

    def test_to_a_deleted_conversation(self, phone, told, listener):
        pk = told.pk
        delete(told, by=listener)
        assert Upload(phone, jpeg(), pk).announce().status_code == 410

    def test_to_a_conversation_that_is_somebody_elses(self, phone, told, coordinator, client_of, other_listener):
        """Whoever reads it is told; for whoever must not know of it, it has not come yet, and never belongs to it."""
        assert Upload(client_of(coordinator), jpeg(), told.pk).announce().status_code == 403
        bruno = client_of(other_listener)
        upload, unknown = Upload(bruno, jpeg(), told.pk), Upload(bruno, jpeg())
        assert upload.bring().status_code == unknown.bring().status_code == 204
        assert phone.get(URL, {"conversation": str(told.pk)}).json() == {"attachments": []}
        assert client_of(coordinator).get(URL, {"conversation": str(told.pk)}).json() == {"attachments": []}
        assert upload.download(phone).status_code == 404


class TestSending:
    @pytest.fixture
    def upload(self, phone, told) -> Upload:
        made = Upload(phone, jpeg(), told.pk)
        made.announce()
        return made

    def test_a_lost_answer(self, upload):
        """The phone sends the chunk again, is told where to go on, and goes on there."""
        upload.send(0, 400)
        again = upload.send(0, 400)
        assert (again.status_code, again["Upload-Offset"], again.json()["offset"]) == (409, "400", 400)
        assert upload.offset() == 400
        assert upload.send(400).status_code == 204

    def test_the_last_answer_is_lost(self, upload):
        upload.send(0)
        again = upload.send(0)
        assert (again.status_code, again["Upload-Offset"]) == (409, str(len(upload.content)))
        assert upload.offset() == len(upload.content)
        assert StoredFile.objects.count() == 1

    def test_ahead(self, upload):
        assert upload.send(10, 20)["Upload-Offset"] == "0"
        assert not Chunk.objects.exists()

    def test_byte_by_byte_at_the_start(self, upload):
        for start in range(40):
            assert upload.send(start, start + 1).status_code == 204
        assert upload.send(40).status_code == 204

    def test_more_than_announced(self, upload):
        assert upload.put(upload.content + b"x", 0).status_code == 400
        assert upload.offset() == 0

    @pytest.mark.parametrize("offset", ["", "-1", "1.0", "abc", "٣", "9" * 30, "0x0"])
    def test_what_is_no_offset(self, upload, offset):
        assert upload.put(upload.content, 0, Upload_Offset=offset).status_code == 400

    def test_nothing(self, upload):
        assert upload.put(b"", 0).status_code == 400

    def test_a_damaged_chunk(self, upload):
        answer = upload.put(b"\xff\xd8\xffdamaged" * 9, 0, Upload_Checksum=checksum(upload.content[:90]))
        assert (answer.status_code, answer.json()["type"]) == (460, "/problems/checksum-mismatch")
        assert upload.offset() == 0
        assert upload.send(0, Upload_Checksum=checksum(upload.content, "sha1")).status_code == 204

    @pytest.mark.parametrize("named", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha256", "sha256 ???", "sha256 YQ==="])
    def test_what_is_no_checksum(self, upload, named):
        assert upload.send(0, Upload_Checksum=named).status_code in {400, 460}
        assert upload.offset() == 0

    def test_a_chunk_of_a_mebibyte_and_no_more(self, phone, settings):
        upload = Upload(phone, m4a(sound=bytes(2_000_000)), media_type="audio/mp4")
        upload.announce()
        limit = settings.BODY_LIMIT_BYTES
        answer = upload.send(0, limit + 1)
        assert (answer.status_code, answer.json()["limit_bytes"]) == (413, limit)
        assert upload.offset() == 0
        assert upload.send(0, limit).status_code == 204
        assert upload.send(limit).status_code == 204

    def test_another_media_type(self, upload, phone):
        answer = phone.generic("PATCH", upload.address, b"{}", content_type="application/json")
        assert answer.status_code in {400, 415}
        answer = phone.generic(
            "PATCH", upload.address, b"{}", content_type="application/json", headers={"Upload-Offset": "0"}
        )
        assert answer.status_code == 415

    def test_a_body_that_breaks_off(self, upload, listener):
        """Said to be longer than it is: what came of it counts for nothing."""
        request = APIRequestFactory().generic(
            "PATCH", upload.address, upload.content[:90], content_type=CHUNK, headers={"Upload-Offset": "0"}
        )
        request.environ["wsgi.input"] = request._stream = io.BytesIO(upload.content[:90])
        request.META["CONTENT_LENGTH"] = "100"
        force_authenticate(request, listener)
        assert AttachmentView.as_view()(request, pk=upload.id).status_code == 400
        assert upload.offset() == 0

    def test_other_bytes_than_announced(self, upload, stored, django_capture_on_commit_callbacks):
        """It starts again, and says so."""
        damaged = upload.content[:-9] + b"\1" * 9
        assert upload.put(damaged[:500], 0).status_code == 204
        with django_capture_on_commit_callbacks(execute=True):
            answer = upload.put(damaged[500:], 500)
        assert (answer.status_code, answer["Upload-Offset"]) == (409, "0")
        assert answer.json()["type"] == "/problems/content-differs"
        assert (upload.offset(), stored()) == (0, [])
        assert upload.send(0).status_code == 204
        assert Attachment.objects.get().state == "complete"

    def test_a_chunk_that_the_storage_lost(self, upload, media):
        upload.send(0, 500)
        (media / Chunk.objects.get().name).unlink()
        assert upload.send(500).json()["type"] == "/problems/content-differs"
        assert upload.bring().status_code == 204

    def test_before_it_is_complete_there_is_nothing_to_read(self, upload):
        upload.send(0, 500)
        answer = upload.download()
        assert (answer.status_code, answer.json()["state"]) == (409, "receiving")

    def test_the_same_bytes_are_stored_once(self, upload, phone, told, stored):
        upload.send(0)
        assert Upload(phone, upload.content, told.pk).bring().status_code == 204
        assert StoredFile.objects.count() == 1
        assert Attachment.objects.filter(completed_at__isnull=False).count() == 2
        assert len(stored("files")) == 1

    def test_half_a_file_of_a_crash_is_written_anew(self, upload, media):
        upload.send(0)
        file = StoredFile.objects.get()
        (media / file.name).write_bytes(b"half")
        Attachment.objects.all().delete()
        StoredFile.objects.all().delete()
        upload.bring()
        assert hashlib.sha256((media / file.name).read_bytes()).hexdigest() == file.sha256


class TestReading:
    @pytest.fixture
    def upload(self, phone, told) -> Upload:
        made = Upload(phone, jpeg(), told.pk)
        made.bring()
        return made

    def test_ones_own_is_not_recorded(self, upload, trail):
        assert upload.download().status_code == 200
        assert not [e for e in trail() if e.model == "attachments.attachment"]

    def test_a_coordinator_reads_it_and_that_is_recorded(self, upload, coordinator, client_of, trail):
        reader = client_of(coordinator)
        assert upload.download(reader).status_code == 200
        assert len(reader.get(URL, {"conversation": str(upload.conversation)}).json()["attachments"]) == 1
        assert upload.put(b"x", 0).status_code == 409
        entries = [e for e in trail() if e.model == "attachments.attachment"]
        assert [(e.verb, e.ids, e.person_id) for e in entries] == [
            ("read_detail", [str(upload.id)], coordinator.pk),
            ("read_list", [str(upload.id)], coordinator.pk),
        ]

    def test_others_do_not(self, upload, client_of, city, planner, trail):
        elsewhere = person("elsewhere", "coordinator", within=city.area(9))
        assert upload.download(client_of(elsewhere)).status_code == 404
        assert client_of(elsewhere).get(upload.address).status_code == 404
        assert upload.download(client_of(planner)).status_code == 403
        assert {e.verb for e in trail() if e.model == "attachments.attachment"} == {"refused"}

    def test_beyond_ones_clearance(self, phone, listener, themes, city, client_of):
        from listening.capture.accept import accept
        from tests.listening.submissions import conversation, heard

        submission = conversation(listener, heard("need", themes["health"]))
        accept(submission, by=listener)
        upload = Upload(phone, jpeg(), submission.id)
        upload.bring()
        reader = person("reader", "coordinator", clearance="normal")
        assert upload.download(client_of(reader)).status_code == 404
        assert client_of(reader).get(URL, {"conversation": str(submission.id)}).json() == {"attachments": []}

    def test_for_a_purpose(self, phone, listener, themes, city, client_of, coordinator, settings):
        from listening.capture.accept import accept
        from tests.listening.submissions import conversation, heard

        settings.PURPOSE_REQUIRED = True
        submission = conversation(listener, heard("need", themes["health"]))
        accept(submission, by=listener)
        upload, reader = Upload(phone, jpeg(), submission.id), client_of(coordinator)
        upload.bring()
        assert upload.download(reader).json()["type"] == "/problems/purpose-required"
        told = reader.get(f"{upload.address}/content", headers={"X-Purpose": "follow_up"})
        assert told.status_code == 200

    def test_a_coordinator_does_not_send(self, phone, told, coordinator, client_of):
        upload = Upload(phone, jpeg(), told.pk)
        upload.announce()
        theirs = Upload(client_of(coordinator), upload.content, told.pk, id=upload.id)
        assert theirs.send(0).status_code == 403

    def test_before_the_conversation_came_it_is_ones_own_alone(self, phone, listener, coordinator, client_of, city):
        from listening.capture.accept import accept
        from tests.listening.submissions import conversation

        submission = conversation(listener)
        upload = Upload(phone, jpeg(), submission.id)
        upload.bring()
        reader = client_of(coordinator)
        assert upload.download(reader).status_code == 404
        assert len(phone.get(URL, {"conversation": str(submission.id)}).json()["attachments"]) == 1
        accept(submission, by=listener)
        assert upload.download(reader).status_code == 200

    @pytest.mark.parametrize("query", [{}, {"conversation": "x"}, {"conversation": str(uuid7()), "limit": "1"}])
    def test_the_list_is_of_one_conversation(self, phone, query):
        assert phone.get(URL, query).status_code == 400

    @pytest.mark.parametrize("accept", ["image/*", "*/*", "image/jpeg", "text/html,*/*;q=0.8"])
    def test_as_a_browser_asks(self, upload, phone, accept):
        assert phone.get(f"{upload.address}/content", headers={"Accept": accept}).status_code == 200


def test_deleting_the_conversation_deletes_what_belongs_to_it(
    phone, told, listener, stored, django_capture_on_commit_callbacks
):
    kept, begun, other = (Upload(phone, jpeg(size=(n, 8)), told.pk) for n in (9, 10, 11))
    other.conversation = uuid7()
    kept.bring()
    begun.announce()
    begun.send(0, 200)
    other.bring()
    with django_capture_on_commit_callbacks(execute=True):
        delete(Conversation.objects.get(pk=told.pk), by=listener)
    assert list(Attachment.objects.values_list("pk", flat=True)) == [other.id]
    assert not Chunk.objects.exists()
    assert len(stored("files")) == StoredFile.objects.count() == 1
    assert not [name for name in stored("chunks") if str(begun.id) in name]
    assert kept.download().status_code == 404
