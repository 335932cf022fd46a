"""From a closed quarter to a release: all of it or nothing, by two people, and never changed afterwards."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction
from uuid6 import uuid7

from backend import clock
from backend.db import locks
from districts.models import BoundaryEdition, District
from listening.capture.amend import delete
from listening.codelists.models import Theme
from listening.disclosure import revisions
from listening.disclosure.audit import audit
from listening.publishing import build, propose
from listening.publishing.build import build_release, parse_quarter
from listening.publishing.errors import (
    AlreadyReleased,
    AuditFailed,
    NoDisclosureKey,
    NotASteward,
    NothingToPublish,
    NotPublished,
    PlanRefused,
    ProposalClosed,
    ProposalOpen,
    ProposalOutdated,
    QuarterNotReady,
    SamePerson,
    TooFewAffected,
)
from listening.publishing.models import ReleaseProposal
from listening.publishing.propose import approve, publish_release, reject, withdraw
from listening.records.models import Conversation, Tombstone
from listening.releases.bulk.write import write_files
from listening.releases.content import content_of
from listening.releases.files import folder_of
from listening.releases.models import Release, ReleaseCell, ReleaseFile
from tests.listening.publishing.conftest import QUARTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(told_quarter, steward, second_steward):
    return publish_release(told_quarter, proposed_by=steward, approved_by=second_steward)


def files(code):
    return {path.name: path.read_bytes() for path in folder_of(code).iterdir()}


def test_it_works(release):
    assert release.code == "2026-Q2-r1"
    assert release.status == "published"
    assert release.audit["passed"]
    assert release.audit["min_candidates"] >= 5
    assert release.audit["recovered"] == 0
    counts = dict(ReleaseCell.objects.filter(release=release, layer="zona", theme="_n").values_list("place", "value"))
    # 108, 75 and 23 conversations; each is rounded to a neighbouring multiple of five.
    assert {place: value for place, value in counts.items() if value % 5} == {}
    assert abs(counts["A"] - 108) <= 4
    assert abs(counts["B"] - 75) <= 4
    assert abs(counts["C"] - 23) <= 4
    (city,) = ReleaseCell.objects.filter(release=release, layer="quartiere", theme="_n").values_list("value", flat=True)
    assert city == sum(counts.values())


def test_restricted_themes_are_not_in_a_quarter_and_internal_ones_nowhere(
    told_quarter, steward, second_steward, themes
):
    Theme.objects.filter(code="mobility").update(sensitivity="internal")
    release = publish_release(told_quarter, proposed_by=steward, approved_by=second_steward)
    assert set(release.cells.values_list("theme", flat=True)) == {"_n", "_persons", "housing", "rent", "repairs"}
    assert set(release.themes.values_list("code", flat=True)) == {"housing", "rent", "repairs"}
    for content in files(release.code).values():
        assert b"mobility" not in content


def test_people_are_ten_of_a_conversation_at_most(tell, steward, second_steward):
    tell(QUARTER, {5: 40})
    Conversation.objects.update(people_count=300)
    release = publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)
    (people,) = release.cells.filter(layer="zona", place="B", theme="_persons").values_list("value", flat=True)
    assert abs(people - 400) <= 4


def test_files_are_those_of_the_rows(release):
    rows = {one.name: (one.bytes, one.sha256) for one in ReleaseFile.objects.filter(release=release)}
    assert rows.keys() == files(release.code).keys()
    sums = dict(line.split("  ")[::-1] for line in files(release.code)["SHA256SUMS"].decode().splitlines())
    assert sums == {name: sha256 for name, (_, sha256) in rows.items() if name != "SHA256SUMS"}
    manifest = json.loads(files(release.code)["manifest.json"])
    assert manifest == release.manifest
    assert {name: one["sha256"] for name, one in manifest["files"].items()} == {
        one.name: one.sha256 for one in release.files.filter(is_canonical=True).exclude(name="manifest.json")
    }


class TestFrozen:
    def test_what_is_logged_changed_or_erased_afterwards_changes_nothing(self, release, tell, listener):
        before = files(release.code), content_of(release)
        tell(QUARTER, {1: 30, 9: 12}, seed=2)
        delete(Conversation.objects.first(), by=listener)
        Conversation.objects.update(may_be_counted=False)
        Release.objects.get(pk=release.pk)
        assert (files(release.code), content_of(release)) == before

    def test_the_same_counts_and_key_make_the_same_bytes(self, release, tmp_path):
        quarter = parse_quarter(QUARTER)
        again = build_release(quarter)
        # In the chain it would be the next; all else is as it was.
        head = content_of(release).head
        place = {"number": head.number, "previous": head.previous, "previous_sha256": head.previous_sha256}
        content = replace(again.content, head=replace(again.content.head, **place))
        written = write_files(content, tmp_path)
        assert written.manifest_sha256 == release.manifest_sha256
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == files(release.code)

    def test_the_rows_make_the_same_bytes(self, release, tmp_path):
        """Without the records and without the key."""
        assert write_files(content_of(release), tmp_path).manifest_sha256 == release.manifest_sha256

    def test_another_key_makes_another_release(self, release, settings):
        settings.DISCLOSURE_KEY = "ab" * 32
        other = build_release(parse_quarter(QUARTER))
        assert other.content.head.key_id != release.key_id
        assert other.content.cells != content_of(release).cells

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE releases_releasecell SET value = 0", "DELETE FROM releases_releaseneed",
            "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE releases_releasefile",
            "UPDATE releases_releaseplace SET name = ''", "DELETE FROM releases_release",
            "UPDATE releases_release SET licence = ''", "UPDATE releases_release SET withdrawal_reason = 'x'",
            "UPDATE releases_release SET status = 'withdrawn', withdrawn_at = now(), withdrawal_reason = 'x', number = 9",  # noqa: E501
            "INSERT INTO releases_releasetheme (release_id, code, parent, labels, sensitivity, position) VALUES ('2026-Q2-r1', 'x', '', '{}', 'normal', 99)",  # noqa: E501
        ],
    )  # fmt: skip
    def test_the_database_refuses_every_change(self, release, statement):
        refused = pytest.raises(DatabaseError, match=r"refused|withdrawn, once")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_conversations_that_come_later_are_in_no_release(self, release, tell, steward, second_steward):
        """They count in the quarter in which they were held, and that is frozen; the next one does not take them up."""
        tell(QUARTER, {9: 50}, seed=3)
        tell("2026-Q3", {5: 20}, seed=4)
        following = publish_release("2026-Q3", proposed_by=steward, approved_by=second_steward)
        (held,) = following.cells.filter(layer="quartiere", theme="_n").values_list("value", flat=True)
        assert abs(held - 20) <= 4


class TestChain:
    def test_each_manifest_holds_the_checksum_of_the_one_before(self, release, tell, steward, second_steward):
        tell("2026-Q3", {5: 30})
        following = publish_release("2026-Q3", proposed_by=steward, approved_by=second_steward)
        assert following.previous == release
        assert following.number == release.number + 1
        assert following.manifest["release"]["previous_sha256"] == release.manifest_sha256

    def test_the_chain_does_not_fork(self, release):
        with pytest.raises(IntegrityError), transaction.atomic():
            Release.objects.create(
                code="x", number=7, quarter="2025-Q1", revision=1, published_at=clock.now(), licence="", scheme="",
                rounding_base=5, key_id="", boundary_editions={}, codelist_version="", method="", code_version="",
                audit={}, manifest={}, manifest_sha256="", previous=None,
            )  # fmt: skip


class TestTwoPeople:
    def test_the_second_approves_what_the_first_proposed(self, told_quarter, steward, second_steward, trail):
        proposal = propose.propose(told_quarter, by=steward)
        assert not Release.objects.exists()
        release = approve(proposal, by=second_steward)
        proposal.refresh_from_db()
        assert (proposal.state, proposal.decided_by) == ("approved", second_steward)
        proposed, published = trail()
        assert (proposed.verb, proposed.person_id) == ("propose_release", steward.pk)
        assert (published.verb, published.person_id) == ("publish_release", second_steward.pk)
        assert published.ids == [str(release.number)]

    def test_nobody_approves_their_own(self, told_quarter, steward):
        proposal = propose.propose(told_quarter, by=steward)
        with pytest.raises(SamePerson):
            approve(proposal, by=steward)
        with pytest.raises(IntegrityError), transaction.atomic():
            ReleaseProposal.objects.filter(pk=proposal.pk).update(
                state="approved", decided_by=steward, decided_at=clock.now()
            )

    def test_others_do_neither(self, told_quarter, steward, planner, coordinator):
        for somebody in (planner, coordinator):
            with pytest.raises(NotASteward):
                propose.propose(told_quarter, by=somebody)
            with pytest.raises(NotASteward):
                publish_release(told_quarter, proposed_by=steward, approved_by=somebody)
        assert not ReleaseProposal.objects.exists()

    def test_what_changed_since_is_proposed_again(self, told_quarter, steward, second_steward, tell):
        proposal = propose.propose(told_quarter, by=steward)
        tell(QUARTER, {9: 25}, seed=9)
        with pytest.raises(ProposalOutdated):
            approve(proposal, by=second_steward)
        assert not Release.objects.exists()
        reject(proposal, by=second_steward)
        approve(propose.propose(told_quarter, by=steward), by=second_steward)

    def test_one_proposal_at_a_time(self, told_quarter, steward, second_steward):
        proposal = propose.propose(told_quarter, by=steward)
        with pytest.raises(ProposalOpen):
            propose.propose(told_quarter, by=second_steward)
        reject(proposal, by=steward)
        with pytest.raises(ProposalClosed):
            approve(proposal, by=second_steward)

    def test_a_report_holds_no_count_of_a_place(self, told_quarter, steward):
        report = propose.propose(told_quarter, by=steward).report
        assert set(report) == {
            "audit", "conversations", "cells", "needs", "themes", "layers", "compared_with", "notes",
        }  # fmt: skip
        assert report["conversations"] % 5 == 0


class TestRefusals:
    def test_a_quarter_that_is_not_closed_for_thirty_days(self, told_quarter, steward, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: dt.datetime(2026, 7, 30, 12, tzinfo=dt.UTC))
        with pytest.raises(QuarterNotReady, match="2026-07-31"):
            build.check_ready(parse_quarter(told_quarter))
        monkeypatch.setattr(clock, "now", lambda: dt.datetime(2026, 7, 31, 12, tzinfo=dt.UTC))
        assert build.check_ready(parse_quarter(told_quarter)) == 1

    def test_a_second_release_of_a_quarter(self, release):
        with pytest.raises(AlreadyReleased):
            propose.dry_run(QUARTER)

    def test_a_quarter_without_conversations(self, city, themes, steward):
        with pytest.raises(NothingToPublish):
            propose.dry_run(QUARTER)

    def test_a_city_without_boundaries(self, db, steward):
        with pytest.raises(NothingToPublish):
            propose.dry_run(QUARTER)

    @pytest.mark.parametrize("text", ["2026", "2026-05", "q2", "", "2026-Q5", "2026-Q2 ", "x" * 500, "2026-Q2\0"])
    def test_what_is_no_quarter(self, text):
        with pytest.raises(build.InvalidParameter):
            parse_quarter(text)

    def test_an_audit_that_fails(self, told_quarter, steward, second_steward, monkeypatch, releases_root):
        def leaky(*products, **told):
            report = audit(*products, **told)
            (product,) = report.products
            return replace(report, products=(replace(product, recovered=2, min_candidates=1),))

        monkeypatch.setattr(build, "audit", leaky)
        with pytest.raises(AuditFailed):
            publish_release(told_quarter, proposed_by=steward, approved_by=second_steward)
        assert not Release.objects.exists()
        assert not ReleaseProposal.objects.exists()
        assert not releases_root.exists() or not list(releases_root.iterdir())

    @pytest.mark.parametrize(("key", "demo"), [("", False), ("00", False), ("z" * 64, False), ("insecure", False)])
    def test_a_key_that_is_none(self, told_quarter, settings, key, demo):
        settings.DEMO = demo
        settings.DISCLOSURE_KEY = settings.INSECURE_DISCLOSURE_KEY if key == "insecure" else key
        with pytest.raises(NoDisclosureKey) as refused:
            build_release(parse_quarter(told_quarter))
        assert key == "" or settings.DISCLOSURE_KEY not in refused.value.detail

    def test_the_demo_has_a_key_that_everybody_knows(self, told_quarter, settings):
        settings.DEMO, settings.DISCLOSURE_KEY = True, ""
        assert build_release(parse_quarter(told_quarter)).report.passed

    def test_the_key_is_in_no_row_and_no_file(self, release, settings):
        key = bytes.fromhex(settings.DISCLOSURE_KEY)
        for content in files(release.code).values():
            assert key not in content
            assert settings.DISCLOSURE_KEY.encode() not in content
        assert settings.DISCLOSURE_KEY not in json.dumps(release.manifest)


class TestWithdrawal:
    def test_a_withdrawn_release_says_why(self, release, steward):
        withdraw(release, by=steward, reason="Area 5 was counted twice.")
        release.refresh_from_db()
        assert (release.status, release.withdrawal_reason) == ("withdrawn", "Area 5 was counted twice.")
        assert Release.objects.latest_published() is None

    def test_once_and_with_a_reason(self, release, steward):
        with pytest.raises(NotPublished, match="why"):
            withdraw(release, by=steward, reason="  ")
        withdraw(release, by=steward, reason="wrong")
        with pytest.raises(NotPublished, match="before"):
            withdraw(release, by=steward, reason="again")

    def test_a_revision_corrects_ten_conversations_or_more(self, release, steward, second_steward, tell):
        withdraw(release, by=steward, reason="A hall was missing.")
        two = {"proposed_by": steward, "approved_by": second_steward}
        with pytest.raises(AlreadyReleased):
            publish_release(QUARTER, **two)
        with pytest.raises(TooFewAffected):
            publish_release(QUARTER, **two, correction="The hall is in it.", affected=9)
        with pytest.raises(TooFewAffected, match="0 conversations of 2026-Q2 came, changed or were deleted"):
            publish_release(QUARTER, **two, correction="The hall is in it.", affected=12)
        tell(QUARTER, {9: 9}, seed=4)
        with pytest.raises(TooFewAffected, match="9 conversations of 2026-Q2 came, changed or were deleted"):
            publish_release(QUARTER, **two, correction="The hall is in it.", affected=12)
        tell(QUARTER, {9: 3}, seed=5)
        revised = publish_release(QUARTER, **two, correction="The hall is in it.", affected=12)
        assert (revised.code, revised.correction) == ("2026-Q2-r2", "The hall is in it.")
        assert Release.objects.latest_published() == revised
        assert revised.audit["revision"]["revisions"] == 1
        assert revised.audit["revision"]["min_candidates"] >= 4
        assert "revision" not in release.audit

    def test_a_revision_that_counts_the_same_is_none(self, release, steward, second_steward):
        withdraw(release, by=steward, reason="Words were wrong.")
        Conversation.objects.update(updated_at=clock.now())
        told = {"proposed_by": steward, "approved_by": second_steward, "correction": "They are right.", "affected": 12}
        with pytest.raises(TooFewAffected, match="No count differs"):
            publish_release(QUARTER, **told)

    def test_what_residents_withdraw_is_no_correction(self, release, steward, second_steward, tell):
        withdraw(release, by=steward, reason="A hall was missing.")
        for number in range(12):
            Tombstone.objects.create(
                id=uuid7(), version=2, listener=second_steward, deleted_at=clock.now(),
                deleted_by=None if number < 9 else second_steward,
            )  # fmt: skip
        tell(QUARTER, {9: 6}, seed=5)
        told = {"proposed_by": steward, "approved_by": second_steward, "correction": "Nothing much.", "affected": 12}
        with pytest.raises(TooFewAffected, match="9 conversations"):
            publish_release(QUARTER, **told)

    def test_counts_may_show_what_no_record_does(self, release, steward, second_steward):
        """As when trial entries were counted: they are none of the conversations that are counted now."""
        withdraw(release, by=steward, reason="Trial entries were counted.")
        Conversation.objects.filter(district__code="1").update(is_test=True)
        told = {"proposed_by": steward, "approved_by": second_steward, "correction": "They are not.", "affected": 40}
        assert publish_release(QUARTER, **told).code == "2026-Q2-r2"

    def test_a_revision_that_tells_too_much_beside_the_first_is_not_published(
        self, release, steward, second_steward, tell, monkeypatch, releases_root
    ):
        """The two are attacked together, and publication stops."""
        withdraw(release, by=steward, reason="A hall was missing.")
        tell(QUARTER, {1: 13, 9: 1}, seed=5)
        # So strict that a value which moved by one base is too much.
        monkeypatch.setattr(revisions, "LOST", -10)
        told = {"proposed_by": steward, "approved_by": second_steward, "correction": "It is in it.", "affected": 14}
        with pytest.raises(AuditFailed, match="beside what was published before"):
            publish_release(QUARTER, **told)
        assert not Release.objects.filter(revision=2).exists()
        assert [path.name for path in releases_root.iterdir()] == ["2026-Q2-r1"]

    def test_a_revision_on_other_boundaries_is_refused(self, release, steward, tell):
        withdraw(release, by=steward, reason="A hall was missing.")
        tell(QUARTER, {9: 12}, seed=5)
        BoundaryEdition.objects.filter(layer__code="zona").update(code="second")
        with pytest.raises(NothingToPublish, match="on other boundaries"):
            propose.dry_run(QUARTER, correction="It is in it.", affected=12)


class TestOddCodes:
    """Codes that tables cannot tell apart are refused, in words."""

    @pytest.mark.parametrize("code", ["a|b", "_n", "_persons", ""])
    def test_of_themes(self, told_quarter, code):
        Theme.objects.filter(code="mobility").update(code=code)
        with pytest.raises(PlanRefused, match="is no code of a theme"):
            propose.dry_run(QUARTER)

    def test_of_places(self, told_quarter):
        District.objects.filter(code="A").update(code="A|1")
        with pytest.raises(PlanRefused, match=r"'A\|1' is no code of a place"):
            propose.dry_run(QUARTER)

    @pytest.mark.parametrize("code", ["perché no", "1=1; --", "日本", "x" * 50, "a/b"])
    def test_others_are_codes(self, told_quarter, steward, second_steward, code):
        Theme.objects.filter(code="mobility").update(code=code)
        District.objects.filter(code="A").update(code=code)
        release = publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)
        assert release.cells.filter(place=code, theme=code).exists()

    def test_over_http_it_is_a_problem(self, told_quarter, steward, client):
        Theme.objects.filter(code="mobility").update(code="a|b")
        client.force_login(steward)
        answer = client.post("/api/v1/releases/proposals", {"quarter": QUARTER}, "application/json")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/plan-refused")


class TestCommands:
    def test_a_dry_run_writes_nothing(self, told_quarter, releases_root):
        said = io.StringIO()
        call_command("publish_release", QUARTER, "--dry-run", stdout=said)
        assert "minimum candidates" in said.getvalue()
        assert "nothing was written" in said.getvalue()
        assert not Release.objects.exists()
        assert not ReleaseProposal.objects.exists()
        assert not releases_root.exists()

    def test_publish_export_and_withdraw(self, told_quarter, steward, second_steward, tmp_path):
        said = io.StringIO()
        call_command("publish_release", QUARTER, "--proposed-by", "stella", "--approved-by", "sergio", stdout=said)
        assert "2026-Q2-r1: published" in said.getvalue()
        call_command("export_release", "2026-Q2-r1", "--to", tmp_path / "site", stdout=said)
        call_command("withdraw_release", "2026-Q2-r1", "--by", "stella", "--reason", "wrong", stdout=said)
        with pytest.raises(CommandError, match="withdrawn"):
            call_command("export_release", "2026-Q2-r1", "--to", tmp_path / "late", stdout=said)

    @pytest.mark.parametrize(
        "people",
        [[], ["--proposed-by", "stella"], ["--proposed-by", "stella", "--approved-by", "stella"],
         ["--proposed-by", "stella", "--approved-by", "nobody"], ["--proposed-by", "stella", "--approved-by", "anna"]],
    )  # fmt: skip
    def test_two_stewards_are_named(self, told_quarter, steward, people):
        with pytest.raises(CommandError):
            call_command("publish_release", QUARTER, *people, stdout=io.StringIO())
        assert not Release.objects.exists()


def test_the_feed_goes_on_while_it_is_published(told_quarter, steward, second_steward):
    """Under one number for both, every phone that pulled waited for the release."""
    publish_release(QUARTER, proposed_by=steward, approved_by=second_steward)
    with connection.cursor() as cursor:
        cursor.execute("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted")
        held = {objid for (objid,) in cursor.fetchall()}
    assert locks.RELEASES in held
    assert 4_712 not in held  # that of sync_sequence()
