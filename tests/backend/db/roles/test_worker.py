"""What the role of the worker may do, and what it is refused."""

import datetime as dt
import io

import pytest
from django.core.management import call_command
from django.test import Client
from psycopg import errors

from backend import clock
from listening.attachments.models import Attachment, StoredFile
from listening.attachments.sweep import Swept, sweep
from listening.audit.verify import verify
from listening.consent.codes import new_code
from listening.erasure.retention import Applied, apply_retention
from listening.erasure.withdraw import carry_out
from listening.records.models import Conversation, Tombstone
from listening.records.redistrict import redistrict
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import reconcile
from listening.sync import feed
from listening.sync.models import Change
from tests.backend.db.roles.conftest import URL, committed, own_roles
from tests.listening.attachments.media import jpeg
from tests.listening.attachments.phone import Upload
from tests.listening.submissions import document

pytestmark = own_roles


class TestWorker:
    @committed
    def test_it_works(self, work_as, people, city, themes, client_of):
        token_city = document(findings=[{"kind": "need", "themes": ["rent"]}])
        assert client_of(people[0]).post(URL, token_city).status_code == 201
        client_of(people[1]).get(URL)
        Conversation.objects.update(district=None)  # as if the boundaries had moved
        work_as("listening_worker")
        assert merge_deltas() > 0
        assert redistrict().conversations == 1
        assert merge_deltas() > 0
        assert reconcile().differences == ()
        call_command("merge_rollups", stdout=io.StringIO())
        assert verify().is_sound

    @committed
    def test_it_carries_out_withdrawals(self, work_as, people, city, themes, client_of, settings, tmp_path):
        """With no contact in it: the vault is another role's."""
        settings.WITHDRAWAL_JOURNAL, settings.VAULT_KEYS = tmp_path / "journal", ""
        code = new_code()
        told = document(receipt=code, bands={"age": {"65+": 1}}, findings=[{"kind": "need", "themes": ["rent"]}])
        assert client_of(people[0]).post(URL, told).status_code == 201
        work_as("listening_api")
        assert Client().post("/api/v1/receipts/withdrawal", {"code": code}, "application/json").status_code == 202
        work_as("listening_worker")
        assert carry_out() == 1
        assert (Conversation.objects.count(), Tombstone.objects.count()) == (0, 1)
        assert reconcile().differences == ()
        assert feed.sequence() == 1

    @committed
    def test_it_applies_retention(self, work_as, people, city, themes, client_of, settings):
        settings.VAULT_KEYS = ""
        findings = [{"kind": "need", "text": "x", "themes": ["rent"]}]
        for days in (400, 800, 2_000):
            told = document(findings=findings)
            assert client_of(people[0]).post(URL, told).status_code == 201
            then = clock.now() - dt.timedelta(days=days)
            Conversation.objects.filter(pk=told["id"]).update(received_at=then)
        work_as("listening_worker")
        assert apply_retention() == Applied(texts=2, points=1, records=1, waiting=0, contacts=0, held=0)
        assert reconcile().differences == ()

    @committed
    def test_it_moves_records_and_shortens_the_feed(self, work_as, people, city, client_of):
        """What it writes to is noted for the phones, under its own rights."""
        client_of(people[0]).post(URL, document())
        work_as("listening_worker")
        Conversation.objects.update(district=city.area(6))
        assert feed.sequence() == 1
        call_command("compact_feed", stdout=io.StringIO())
        assert Change.objects.filter(district_id=city.area(6).pk).exists()

    @committed
    def test_it_sweeps_attachments(self, work_as, people, client_of):
        begun, never = Upload(client_of(people[0]), jpeg()), Upload(client_of(people[0]), jpeg(size=(9, 9)))
        begun.announce()
        begun.send(0, 500)
        never.bring()
        Attachment.objects.update(updated_at="2026-01-01T00:00Z")
        Attachment.objects.filter(pk=never.id).update(completed_at="2026-01-01T00:00Z")
        StoredFile.objects.create(sha256="0" * 64, size=1, media_type="image/png", stored_at="2026-01-01T00:00Z")
        work_as("listening_worker")
        assert sweep() == Swept(1, 1, 0, 1, 0)

    @committed
    def test_statistics_are_gathered_with_a_right_that_is_lent(self, session, city):
        worker = session("listening_worker")
        said = []
        worker.add_notice_handler(lambda notice: said.append(notice.message_primary))
        worker.execute("ANALYZE records_conversation")
        assert "skipping" in said[0] or "permission" in said[0]
        said.clear()
        worker.execute("SELECT records_analyze()")
        assert said == []

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (x int)", "TRUNCATE rollups_cell", "DELETE FROM records_tombstone",
            "UPDATE records_finding SET severity = 5", "INSERT INTO records_conversation DEFAULT VALUES",
            "UPDATE attachments_attachment SET announced_by_id = 1",
            "INSERT INTO fieldwork_apitoken DEFAULT VALUES",
            "UPDATE audit_entry SET person_id = 1", "DELETE FROM audit_inbox", "SET ROLE listening_api",
            "SELECT audit_forget(now() - interval '364 days')", "UPDATE audit_anchor SET position = 1",
            "UPDATE records_tombstone SET version = 9", "UPDATE consent_withdrawal SET asked_at = now()",
        ],
    )  # fmt: skip
    def test_what_it_may_not(self, session, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_worker").execute(statement)
