"""The guards of a release one by one: each refuses by itself, and where it is taken away nothing else does."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from backend import clock
from listening.fieldwork.models import Assignment
from listening.publishing import propose, publish
from listening.publishing.errors import (
    AlreadyReleased,
    AuditFailed,
    NotASteward,
    NotPublished,
    QuarterNotReady,
    SamePerson,
)
from listening.publishing.propose import approve, dry_run, publish_release
from listening.releases.bulk.manifest import manifest_bytes, sha256
from listening.releases.files import folder_of
from listening.releases.models import Release

pytestmark = pytest.mark.django_db

PARTS = ("theme", "place", "cell", "need", "band", "file")
INSERTS = {
    "theme": "(release_id, code, parent, labels, sensitivity, position)"
    " VALUES ('2026-Q2-r1', 'x', '', '{}', 'normal', 99)",
    "place": "(release_id, layer, edition, code, name, district_id, merged, parents, geometry, position)"
    " SELECT release_id, layer, edition, 'x', name, district_id, merged, parents, geometry, 99"
    " FROM releases_releaseplace LIMIT 1",
    "cell": "(release_id, product, period, layer, place, theme, variable, band, value)"
    " VALUES ('2026-Q2-r1', 'P1', '2026-Q2', 'zona', 'A', 'x', '', '', 5)",
    "need": "(release_id, period, layer, place, theme) VALUES ('2026-Q2-r1', '2026-Q2', 'zona', 'A', 'x')",
    "band": "(release_id, period, layer, place, variable, band, people, source)"
    " VALUES ('2026-Q2-r1', '2026', 'zona', 'A', 'age', 'x', 5, '')",
    "file": "(release_id, name, media_type, bytes, sha256, is_canonical) VALUES ('2026-Q2-r1', 'x', 'x', 1, 'x', true)",
}
# What changes a release, and the trigger that stands in its way.
CHANGES = [
    *((f"INSERT INTO releases_release{part} {rest}", part, "releases_refuse_sealed") for part, rest in INSERTS.items()),
    *((f"UPDATE releases_release{part} SET id = id", part, "releases_refuse") for part in PARTS),
    *((f"DELETE FROM releases_release{part}", part, "releases_refuse") for part in PARTS),
    ("UPDATE releases_release SET licence = 'x'", "", "releases_withdraw_only"),
    ("UPDATE releases_release SET audit = '{}'", "", "releases_withdraw_only"),
    ("UPDATE releases_release SET manifest_sha256 = 'x'", "", "releases_withdraw_only"),
    ("DELETE FROM releases_release", "", "releases_refuse"),
]


@pytest.fixture
def release(told_quarter, steward, second_steward):
    return publish_release(told_quarter, proposed_by=steward, approved_by=second_steward)


def tried(*statements: str) -> str:
    """What the database says to some statements, of which nothing stays; empty where it does them."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Checks of foreign keys are put off, and would only say that a trigger has something to do.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for statement in statements:
                cursor.execute(statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        return str(error)
    return ""


class TestTriggers:
    def test_each_refuses_and_without_it_the_change_goes_through(self, release):
        for statement, part, trigger in CHANGES:
            said = tried(statement)
            assert "refused" in said or "withdrawn, once" in said, statement
            said = tried(f"ALTER TABLE releases_release{part} DISABLE TRIGGER {trigger}", statement)
            assert said == "" or "foreign key" in said, statement  # a release does not go before its parts

    def test_a_session_that_plays_a_replica_is_refused_too(self, release):
        """It skips triggers that are not enabled *always*."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE tgname LIKE 'releases%'"
            )
            found = {(table, name): enabled for table, name, enabled in cursor.fetchall()}
        assert {(f"releases_release{part}", trigger) for _, part, trigger in CHANGES} == found.keys()
        assert set(found.values()) <= {"A", b"A"}

    def test_a_withdrawn_release_does_not_come_back(self, release, steward):
        propose.withdraw(release, by=steward, reason="wrong")
        for statement in (
            "UPDATE releases_release SET status = 'published', withdrawn_at = NULL, withdrawal_reason = ''",
            "UPDATE releases_release SET withdrawal_reason = 'another'",
        ):
            assert "withdrawn, once" in tried(statement)


class TestTwoPeople:
    def test_in_one_go_too(self, told_quarter, steward):
        with pytest.raises(SamePerson):
            publish_release(told_quarter, proposed_by=steward, approved_by=steward)
        assert not Release.objects.exists()

    def test_who_is_no_steward_any_more_does_not_approve(self, told_quarter, steward, second_steward):
        proposal = propose.propose(told_quarter, by=steward)
        Assignment.objects.filter(person=second_steward).delete()
        with pytest.raises(NotASteward):
            approve(proposal, by=second_steward)

    def test_control_without_the_rule_of_the_service_the_database_refuses(self, told_quarter, steward, monkeypatch):
        monkeypatch.setattr(propose, "check_two_people", lambda *people: None)
        with pytest.raises(IntegrityError, match="proposal_approved_by_another"):
            approve(propose.propose(told_quarter, by=steward), by=steward)


class TestThirtyDays:
    EARLY = dt.datetime(2026, 7, 30, 21, 59, tzinfo=dt.UTC)  # a minute before midnight in Bologna

    def test_every_way_is_closed(self, told_quarter, steward, second_steward, monkeypatch):
        draft = dry_run(told_quarter)
        proposal = propose.propose(told_quarter, by=steward)
        monkeypatch.setattr(clock, "now", lambda: self.EARLY)
        for way in (
            lambda: dry_run(told_quarter),
            lambda: propose.propose(told_quarter, by=steward),
            lambda: approve(proposal, by=second_steward),
            lambda: publish_release(told_quarter, proposed_by=steward, approved_by=second_steward),
            lambda: publish.publish(draft),
        ):
            with pytest.raises(QuarterNotReady, match="2026-07-31"):
                way()
        assert not Release.objects.exists()
        monkeypatch.setattr(clock, "now", lambda: self.EARLY + dt.timedelta(minutes=1))
        assert approve(proposal, by=second_steward).quarter == told_quarter


class TestPublish:
    def test_a_draft_that_failed_its_audit_is_not_published(self, told_quarter):
        draft = dry_run(told_quarter)
        object.__setattr__(draft.report, "unanchored", 1)
        with pytest.raises(AuditFailed):
            publish.publish(draft)

    def test_a_draft_that_another_overtook_is_not_published(self, told_quarter, tell):
        tell("2026-Q1", {5: 30}, seed=4)
        draft, other = dry_run(told_quarter), dry_run("2026-Q1")
        publish.publish(other)
        with pytest.raises(NotPublished, match="Another release was published meanwhile"):
            publish.publish(draft)

    def test_a_draft_is_published_once(self, told_quarter):
        draft = dry_run(told_quarter)
        publish.publish(draft)
        with pytest.raises(AlreadyReleased):
            publish.publish(draft)


def broken_links() -> list[str]:
    """Releases whose manifest is not the one that it says, that its file holds, or that the next one names."""
    wrong, before = [], None
    for number, one in enumerate(Release.objects.order_by("number"), start=1):
        told = manifest_bytes(one.manifest)
        on_disk = (folder_of(one.code) / "manifest.json").read_bytes()
        link = (one.manifest["release"]["previous"], one.manifest["release"]["previous_sha256"])
        expected = (before.code, before.manifest_sha256) if before else ("", "")
        if (
            sha256(told) != one.manifest_sha256
            or on_disk != told
            or link != expected
            or one.previous != before
            or one.number != number
        ):
            wrong.append(one.code)
        before = one
    return wrong


class TestChain:
    def test_it_holds_and_shows_every_change(self, release, tell, steward, second_steward):
        tell("2026-Q3", {5: 30}, seed=4)
        publish_release("2026-Q3", proposed_by=steward, approved_by=second_steward)
        assert broken_links() == []
        first = json.loads(json.dumps(release.manifest))
        first["rows"]["themes"] += 1
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE releases_release DISABLE TRIGGER releases_withdraw_only")
            told = [json.dumps(first), release.pk]
            cursor.execute("UPDATE releases_release SET manifest = %s WHERE code = %s", told)
            assert broken_links() == [release.code]
            # Whoever mends its checksum breaks the next link.
            told = [sha256(manifest_bytes(first)), release.pk]
            cursor.execute("UPDATE releases_release SET manifest_sha256 = %s WHERE code = %s", told)
        (folder_of(release.code) / "manifest.json").write_bytes(manifest_bytes(first))
        assert broken_links() == ["2026-Q3-r1"]
