"""Withdrawal by the code of a card, from the request to what is left: nothing."""

import json
import re
import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from uuid6 import uuid7

from backend.db.locks import lock_receipts
from listening.attachments.models import Attachment, StoredFile
from listening.audit.models import Entry
from listening.capture.accept import accept
from listening.capture.errors import RecordDeleted
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Receipt, Withdrawal
from listening.erasure import journal
from listening.erasure import withdraw as withdraw_module
from listening.erasure.withdraw import ask, carry_out
from listening.records.models import Consent, Conversation, Finding, ParticipantBand, Tombstone
from listening.rollups.reconcile import reconcile
from listening.sync.models import Clash, WaitingOp
from tests.canaries import CANARY
from tests.listening.attachments.media import jpeg
from tests.listening.attachments.phone import Upload
from tests.listening.submissions import NOON, conversation, document, heard
from tests.listening.sync.conftest import Phone, logged, op

pytestmark = pytest.mark.django_db
WITHDRAWAL, COPY = "/api/v1/receipts/withdrawal", "/api/v1/receipts/copy"


@pytest.fixture
def code():
    return new_code()


@pytest.fixture
def stored(city, themes, listener, code):
    submission = conversation(listener, heard("need", themes["rent"]), receipt=digest_of(read_code(code)))
    accept(submission, by=listener)
    return submission


def withdraw(code):
    return APIClient().post(WITHDRAWAL, {"code": code})


@pytest.mark.django_db(transaction=True)
def test_it_works(stored, code, themes, coordinator, client_of):
    def counted():
        answer = client_of(coordinator).get("/api/v1/need-map?layer=area&theme=rent&period=2026-Q2&geometry=none")
        return answer.json()["city"]["conversations"]

    assert counted() == 1
    assert withdraw(code).status_code == 202
    assert Conversation.objects.count() == 1, "the worker does it, not the request"
    assert carry_out() == 1
    for model in (Conversation, Finding, ParticipantBand, Consent, Receipt, Clash, WaitingOp):
        assert not model.objects.exists(), model
    assert counted() == 0
    assert reconcile().differences == ()
    tombstone = Tombstone.objects.get()
    assert (tombstone.pk, tombstone.deleted_by) == (stored.id, None)


def test_every_code_gets_the_same_answer_at_the_same_cost(stored, code):
    answers, queries = [], []
    for one in (code, new_code(), code.lower(), code):
        with CaptureQueriesContext(connection) as asked:
            answers.append(withdraw(one))
        queries.append([re.sub(r'"[^"]+"|\\x[0-9a-f]+|\d+', "", query["sql"]) for query in asked])
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"within_days":1}')}
    assert all(one == queries[0] for one in queries)


def test_a_slip_is_told_and_says_nothing_of_other_codes(stored):
    answer = withdraw("2222-2222")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/not-a-receipt")
    assert not Withdrawal.objects.exists()


def test_guessed_codes_delete_nothing(stored):
    for _ in range(50):
        withdraw(new_code())
    assert carry_out() == 0
    assert Conversation.objects.exists()
    assert set(Withdrawal.objects.values_list("attempts", flat=True)) == {0}, "there is nothing to try"
    assert not withdraw_module._carry_out(digest_of(read_code(new_code())))
    assert Conversation.objects.exists()


def test_guessing_is_slow(stored, settings):
    settings.RATE_LIMITS = ""
    statuses = [withdraw(new_code()).status_code for _ in range(32)]
    assert statuses.count(202) in {30, 31}
    assert statuses[-1] == 429


def test_a_code_is_replayed(stored, code):
    withdraw(code)
    assert carry_out() == 1
    assert withdraw(code).content == b'{"within_days":1}'
    assert carry_out() == 0
    assert Tombstone.objects.count() == 1


def test_the_phone_gets_gone_and_cannot_bring_it_back(city, themes, listener, code):
    phone = Phone(listener)
    told = logged(receipt=code)
    assert phone.push(told)[0]["status"] == "accepted"
    phone.pull()
    assert told["id"] in phone.rows
    withdraw(code)
    carry_out()
    phone.pull()
    assert told["id"] not in phone.rows
    update = op("update", "conversation", told["id"], base=1, set={"summary": CANARY})
    assert phone.push(update)[0]["reason"] == "gone"
    again = {**told, "op": str(uuid7())}
    assert phone.push(again)[0]["reason"] == "gone"
    assert not Conversation.objects.exists()


def test_it_may_be_withdrawn_before_it_comes(city, listener, code):
    withdraw(code)
    assert carry_out() == 0
    phone = Phone(listener)
    first, second = logged(receipt=code), logged()
    results = phone.push(first, second)
    assert [one["status"] for one in results] == ["rejected", "accepted"]
    assert results[0]["reason"] == "gone"
    assert [str(pk) for pk in Conversation.objects.values_list("pk", flat=True)] == [second["id"]]


def test_what_waits_for_it_goes_as_well(city, themes, listener, other_listener, stored, code):
    """A colleague's op on a conversation that is hidden from them waits, with what it says."""
    finding = op("create", "finding", uuid7(), conversation=str(stored.id), fields={"kind": "need", "text": CANARY})
    assert Phone(other_listener).push(finding)[0]["status"] == "deferred"
    assert CANARY in str(WaitingOp.objects.get().body)
    withdraw(code)
    carry_out()
    assert not WaitingOp.objects.exists()


def test_what_waits_for_its_session_is_withdrawn_too(city, listener, code):
    phone, other = Phone(listener), new_code()
    told = [logged(receipt=one, session=str(uuid7())) for one in (code, other)]
    assert [one["status"] for one in phone.push(*told)] == ["deferred", "deferred"]
    withdraw(code)
    carry_out()
    assert str(WaitingOp.objects.get().op_id) == told[1]["op"]
    assert phone.push(told[0])[0]["outcome"]["reason"] == "gone"


@pytest.mark.django_db(transaction=True)
def test_photos_go_with_it(city, listener, client_of, code):
    body = document(receipt=code)
    client = client_of(listener)
    assert client.post("/api/v1/conversations", body).status_code == 201
    from uuid import UUID

    Upload(client, jpeg(), UUID(body["id"])).bring()
    assert StoredFile.objects.count() == 1
    withdraw(code)
    carry_out()
    assert not Attachment.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_copy(stored, code):
    answer = APIClient().post(COPY, {"code": code})
    assert answer.status_code == 200
    told = answer.json()
    assert told["findings"][0]["text"] == CANARY
    assert not {"listener", "session", "version"} & set(told)
    assert answer["Cache-Control"] == "no-store"


def test_a_copy_is_recorded_without_the_code(stored, code):
    APIClient().post(COPY, {"code": code})
    with connection.cursor() as cursor:
        cursor.execute("SELECT verb, ids, person_id FROM audit_inbox ORDER BY id DESC LIMIT 1")
        assert cursor.fetchone() == ("export", [str(stored.id)], None)
    assert not Entry.objects.filter(ids__contains=[code]).exists()


def test_no_copy_of_what_was_withdrawn_even_before_the_worker_ran(stored, code):
    unknown = APIClient().post(COPY, {"code": new_code()})
    withdraw(code)
    withdrawn = APIClient().post(COPY, {"code": code})
    assert withdrawn.status_code == unknown.status_code == 404
    assert withdrawn.json() == unknown.json()


def test_credentials_are_ignored(stored, code, client_of, coordinator):
    client = APIClient(headers={"Authorization": "Bearer nlt_nonsense"})
    assert client.post(COPY, {"code": code}).status_code == 200


class TestJournal:
    def test_a_restored_backup_is_put_right(self, stored, code, listener, journal_file):
        """Restored: as the tables were before the withdrawal, but for the journal."""
        withdraw(code)
        with transaction.atomic():
            point = transaction.savepoint()
            carry_out()
            assert not Conversation.objects.exists()
            transaction.savepoint_rollback(point)
        Withdrawal.objects.all().delete()
        assert Conversation.objects.exists()
        assert journal.replay(journal_file) == journal.Replayed(1, 1)
        assert not Conversation.objects.exists()
        assert journal.replay(journal_file) == journal.Replayed(1, 0)
        with pytest.raises(RecordDeleted):
            accept(stored, by=listener)

    def test_what_was_logged_after_the_backup_stays_away(self, stored, code, listener, journal_file):
        withdraw(code)
        carry_out()
        Tombstone.objects.all().delete()
        Withdrawal.objects.all().delete()
        journal.replay(journal_file)
        with pytest.raises(RecordDeleted):
            accept(stored, by=listener)
        update = op("update", "conversation", str(stored.id), base=1, set={"summary": CANARY})
        assert Phone(listener).push(update)[0]["reason"] == "gone"

    def test_it_holds_no_word(self, stored, code, journal_file):
        withdraw(code)
        carry_out()
        (line,) = journal_file.read_text().splitlines()
        assert set(json.loads(line)) == {"receipt", "conversation", "listener", "version", "at", "deleted_by"}
        assert CANARY not in line
        assert read_code(code) not in line

    def test_what_cannot_be_written_down_is_not_erased(self, stored, code, settings, tmp_path):
        settings.WITHDRAWAL_JOURNAL = tmp_path  # a folder
        withdraw(code)
        assert carry_out() == 0
        assert Conversation.objects.exists()
        assert not Tombstone.objects.exists()
        assert Withdrawal.objects.get().failed_as == "IsADirectoryError"

    @pytest.mark.parametrize("text", ["{", "{}", '{"receipt": "zz"}', "[]"])
    def test_a_damaged_journal_is_named_before_anything_is_done(self, stored, tmp_path, text):
        file = tmp_path / "journal"
        file.write_text(f"{text}\n")
        with pytest.raises(CommandError, match="Line 1"):
            call_command("replay_withdrawals", str(file))
        assert Conversation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_push_under_way_does_not_slip_through(city, listener, code):
    """It began before the withdrawal and commits after the job looked: the job waits for it."""
    digest = digest_of(read_code(code))
    submission = conversation(listener, receipt=digest, occurred_at=NOON)
    inserted, go_on = threading.Event(), threading.Event()

    def push():
        with transaction.atomic():
            accept(submission, by=listener)
            inserted.set()
            go_on.wait(20)
        connections.close_all()

    done = []
    pusher = threading.Thread(target=push)
    pusher.start()
    assert inserted.wait(20)
    ask(code)

    def work():
        done.append(carry_out())
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(0.5)
    assert worker.is_alive(), "it waits for the push"
    go_on.set()
    pusher.join(20)
    worker.join(20)
    assert done == [1]
    assert not Conversation.objects.exists()
    with connection.cursor() as cursor:
        lock_receipts(cursor, [])  # of nothing: nothing
