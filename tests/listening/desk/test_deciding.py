"""What a coordinator decides: themes, clashes, quarantine. By the doors of the API, and nobody's change is lost."""

from __future__ import annotations

import datetime as dt
from html import unescape
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid6 import uuid7

from backend import clock
from listening.audit.verbs import Verb
from listening.capture.amend import amend
from listening.capture.api.serializers import read_submission
from listening.codelists.models import Theme
from listening.desk.wording import (
    BANDS,
    CHANNELS,
    DISMISSALS,
    KINDS,
    MEMBERS,
    OPS,
    PURPOSES,
    SESSION_KINDS,
    VENUE_KINDS,
)
from listening.fieldwork.models import Session, Venue
from listening.records.field_versions import FINDING_MEMBERS
from listening.records.field_versions import MEMBERS as CONVERSATION_MEMBERS
from listening.records.models import Conversation, Finding, ParticipantBand
from listening.records.render import document_of
from listening.sync.models import Clash, Op, WaitingOp
from listening.sync.ops import MEMBERS as OP_MEMBERS
from listening.sync.outcomes import Dismissal
from tests.listening.desk.conftest import at_desk, text_of
from tests.listening.submissions import heard
from tests.listening.sync.conftest import Phone, logged, op
from tests.people import person

CONFLICTS, WAITING = "/desk/conflicts/", "/desk/waiting/"


def changed(record: Conversation, **members: object) -> None:
    """Somebody else changes a conversation."""
    told = {**document_of(record.pk), **members}
    amend(record, read_submission(told, listener=record.listener), by=record.listener)


def themes_of(record: Conversation) -> list[str]:
    return sorted(Theme.objects.filter(findings__conversation=record).values_list("code", flat=True))


class TestThemes:
    @pytest.fixture
    def told(self, log, themes):
        record = log(heard("need", themes["rent"], text="Piove in casa"))
        (finding,) = record.findings.all()
        return SimpleNamespace(record=record, pk=finding.pk, page=f"/desk/findings/{finding.pk}/themes/")

    def test_it_works(self, desk, told, trail, carla):
        page = desk.get(told.page, {"back": "day=2026-05-12"})
        assert page.status_code == 200
        assert 'value="rent" checked' in page.content.decode()
        form = {"themes": ["repairs", "mobility"], "version": "1", "back": "day=2026-05-12&evil=//x&listener=anna"}
        answer = desk.post(told.page, form)
        assert answer.status_code == 302
        assert answer["Location"] == f"/desk/?day=2026-05-12&listener=anna#f-{told.pk}"
        assert themes_of(told.record) == ["mobility", "repairs"]
        told.record.refresh_from_db()
        assert told.record.version == 2
        (finding,) = told.record.findings.all()
        assert (finding.text, finding.kind) == ("Piove in casa", "need")
        entries = [(entry.verb, entry.person_id, entry.ids) for entry in trail() if entry.model]
        ids = [str(told.record.pk)]
        assert entries == [(Verb.READ_DETAIL, carla.pk, ids), (Verb.CHANGE, carla.pk, ids)]

    def test_none_is_a_choice_too(self, desk, told):
        assert desk.post(told.page, {"version": "1"}).status_code == 302
        assert themes_of(told.record) == []

    def test_a_change_meanwhile_is_not_overwritten_and_the_choice_stays(self, desk, told):
        changed(told.record, summary="Changed")
        answer = desk.post(told.page, {"version": "1", "themes": ["mobility"]})
        assert answer.status_code == 412
        assert "Somebody changed this conversation" in text_of(answer)
        assert 'value="mobility" checked' in answer.content.decode()
        assert 'name="version" value="2"' in answer.content.decode()
        assert themes_of(told.record) == ["rent"]

    @pytest.mark.parametrize(
        ("form", "named"),
        [
            ({"version": "1", "themes": ["nonsense"]}, "nonsense"),
            ({"version": "1", "themes": ["a\0b"]}, "ull character"),
            ({"version": "one"}, "“one”"),
            ({}, "“”"),
            ({"version": "9" * 400}, "999"),
            ({"version": "1", "purpose": "curiosity"}, "curiosity"),
        ],
    )
    def test_a_bad_value_is_named_and_nothing_changes(self, desk, told, form, named):
        answer = desk.post(told.page, form)
        assert answer.status_code == 400
        assert named in unescape(text_of(answer))
        assert themes_of(told.record) == ["rent"]

    def test_elsewhere_and_absent_are_alike(self, desk, log, trail):
        (elsewhere,) = log(area=9).findings.all()
        pages = {pk: desk.get(f"/desk/findings/{pk}/themes/") for pk in (elsewhere.pk, uuid7())}
        posts = {pk: desk.post(f"/desk/findings/{pk}/themes/", {"version": "1", "themes": ["rent"]}) for pk in pages}
        assert {answer.status_code for answer in (*pages.values(), *posts.values())} == {404}
        assert themes_of(elsewhere.conversation) == []
        assert {entry.verb for entry in trail()} == {Verb.REFUSED}

    def test_a_retired_theme_that_a_finding_has_can_be_kept(self, desk, told):
        Theme.objects.filter(code="rent").update(retired_on=clock.today())
        Theme.objects.filter(code="health").update(retired_on=clock.today())
        page = desk.get(told.page).content.decode()
        assert 'value="rent" checked' in page
        assert 'value="health"' not in page

    def test_where_the_city_asks_for_a_purpose_a_change_takes_one(self, desk, log, themes, settings, trail):
        settings.PURPOSE_REQUIRED = True
        (finding,) = log(heard("need", themes["health"])).findings.all()
        page, form = f"/desk/findings/{finding.pk}/themes/", {"version": "1", "themes": ["health", "rent"]}
        assert desk.post(page, form).status_code == 403
        assert desk.get(page).status_code == 403
        assert Finding.objects.get().themes.count() == 1
        assert desk.post(page, {**form, "purpose": "correction"}).status_code == 302
        assert [entry.purpose for entry in trail() if entry.verb == Verb.CHANGE] == ["correction"]


class TestConflicts:
    @pytest.fixture
    def clash(self, log, anna):
        record = log(summary="Al mercato")
        brought = Op.objects.create(id=uuid7(), person=anna, fingerprint=b"x", received_at=clock.now(), outcome={})
        return Clash.objects.create(
            conversation=record, op=brought, field="summary", ours="Al mercato", theirs="In piazza", at=clock.now()
        )

    def settle(self, desk, clash, **form):
        return desk.post(f"{CONFLICTS}{clash.pk}/settle/", {"version": "1", **form})

    def test_it_works(self, desk, clash, carla, trail):
        said = text_of(desk.get(CONFLICTS))
        assert "Al mercato" in said
        assert "In piazza" in said
        assert "Brought by anna" in said
        assert self.settle(desk, clash, take="theirs").status_code == 302
        clash.refresh_from_db()
        record = Conversation.objects.get()
        assert (clash.settlement, clash.settled_by, record.summary, record.version) == ("theirs", carla, "In piazza", 2)
        assert "Nothing clashes." in text_of(desk.get(CONFLICTS))
        assert [entry.verb for entry in trail() if entry.model] == [Verb.READ_LIST, Verb.CHANGE]

    def test_what_is_stored_may_stay(self, desk, clash):
        assert self.settle(desk, clash, take="ours").status_code == 302
        clash.refresh_from_db()
        assert (clash.settlement, Conversation.objects.get().summary) == ("ours", "Al mercato")

    def test_the_stored_value_is_the_one_of_now(self, desk, clash):
        changed(clash.conversation, summary="Nel portico")
        said = text_of(desk.get(CONFLICTS))
        assert "Nel portico" in said
        assert "Al mercato" not in said

    def test_nothing_is_chosen_of_what_was_not_seen(self, desk, clash):
        changed(clash.conversation, summary="Nel portico")
        answer = self.settle(desk, clash, take="theirs")
        assert answer.status_code == 412
        clash.refresh_from_db()
        assert (clash.settlement, Conversation.objects.get().summary) == ("", "Nel portico")

    def test_who_comes_second_is_told(self, desk, clash, city):
        other = at_desk(person("other", "coordinator", within=city.area(5)))
        assert self.settle(other, clash, take="ours").status_code == 302
        answer = self.settle(desk, clash, take="theirs")
        assert answer.status_code == 409
        assert "Somebody else has settled" in text_of(answer)

    @pytest.mark.parametrize("take", ["", "both", "a\0b"])
    def test_a_bad_choice_is_named(self, desk, clash, take):
        answer = self.settle(desk, clash, take=take)
        assert answer.status_code == 400
        assert "choose one of: ours, theirs" in text_of(answer)

    def test_a_value_that_holds_no_longer_is_told_and_nothing_changes(self, desk, clash):
        Clash.objects.update(field="channel", theirs="by pigeon")
        answer = self.settle(desk, clash, take="theirs")
        assert answer.status_code == 400
        clash.refresh_from_db()
        assert clash.settlement == ""

    def test_a_finding_that_was_removed_leaves_what_is_stored(self, desk, clash):
        (finding,) = clash.conversation.findings.all()
        Clash.objects.update(field=f"{finding.pk}.text")
        changed(clash.conversation, findings=[])
        assert "The finding was removed." in text_of(desk.get(CONFLICTS))
        assert desk.post(f"{CONFLICTS}{clash.pk}/settle/", {"version": "2", "take": "theirs"}).status_code == 404
        assert desk.post(f"{CONFLICTS}{clash.pk}/settle/", {"version": "2", "take": "ours"}).status_code == 302

    def test_elsewhere_and_absent_are_alike(self, clash, city):
        client = at_desk(person("other", "coordinator", within=city.area(9)))
        assert "In piazza" not in client.get(CONFLICTS).content.decode()
        for pk in (clash.pk, clash.pk + 1, 10**30):
            assert client.post(f"{CONFLICTS}{pk}/settle/", {"version": "1", "take": "ours"}).status_code == 404


class TestQuarantine:
    @pytest.fixture
    def late(self, city, themes):
        """What somebody brings today who listened in area 5 until yesterday."""
        owner = person("late", "listener", within=city.area(5))
        phone, yesterday = Phone(owner), clock.today() - dt.timedelta(days=1)
        owner.assignments.update(first_day=yesterday - dt.timedelta(days=90), last_day=yesterday)
        told = logged(occurred_at=(clock.now() - dt.timedelta(days=2)).isoformat(), summary="Al mercato")
        assert phone.push_one(told)["status"] == "quarantined"
        return SimpleNamespace(phone=phone, told=told, owner=owner, page=f"{WAITING}{told['op']}/")

    def test_it_is_let_in(self, desk, late, trail):
        page = desk.get(WAITING)
        assert "late: a new conversation" in text_of(page)
        assert "Al mercato" not in page.content.decode()
        assert desk.post(f"{late.page}release/").status_code == 302
        assert Conversation.objects.get().listener == late.owner
        assert "Nothing waits for your decision." in text_of(desk.get(WAITING))
        assert [(e.verb, e.subject_id) for e in trail() if e.model] == [(Verb.CREATE, late.owner.pk)]

    def test_it_is_refused_with_a_reason_which_the_phone_is_told(self, desk, late, trail):
        assert desk.post(f"{late.page}dismiss/", {"why": "logged_twice"}).status_code == 302
        assert not WaitingOp.objects.exists()
        outcome = {"status": "rejected", "reason": "forbidden", "dismissed": "logged_twice"}
        assert late.phone.push_one(late.told)["outcome"] == outcome
        (entry,) = [entry for entry in trail() if entry.verb == Verb.DELETE]
        assert (entry.model, entry.ids, entry.subject_id) == ("sync.waitingop", [late.told["op"]], late.owner.pk)

    @pytest.mark.parametrize("why", ["", "because", "a\0b"])
    def test_without_a_reason_of_the_list_nothing_is_refused(self, desk, late, why):
        answer = desk.post(f"{late.page}dismiss/", {"why": why})
        assert answer.status_code == 400
        assert "choose one of: not_allowed" in text_of(answer)
        assert WaitingOp.objects.exists()

    def test_elsewhere_and_absent_are_alike(self, late, city):
        client = at_desk(person("other", "coordinator", within=city.area(9)))
        assert "late" not in text_of(client.get(WAITING))
        for page in (late.page, f"{WAITING}{uuid7()}/"):
            assert client.post(f"{page}release/").status_code == 404
            assert client.post(f"{page}dismiss/", {"why": "trial"}).status_code == 404
        assert WaitingOp.objects.exists()

    def test_what_cannot_be_stored_is_told(self, desk, late):
        waits = WaitingOp.objects.get()
        waits.body["fields"]["channel"] = "by pigeon"
        waits.save()
        answer = desk.post(f"{late.page}release/")
        assert answer.status_code == 409
        assert "invalid" in text_of(answer)
        assert not Conversation.objects.exists()

    def test_what_waits_for_something_else_is_shown_and_not_to_be_let_in(self, desk, anna):
        told = op("update", "conversation", base=1, set={"summary": "x"})
        assert Phone(anna).push_one(told)["status"] == "deferred"
        assert "anna: a change of a conversation" in text_of(desk.get(WAITING))
        assert desk.post(f"{WAITING}{told['op']}/release/").status_code == 404


PAGES = [CONFLICTS, WAITING, "/desk/phones/", "/desk/sessions/", "/desk/venues/", "/desk/next/"]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_asked_per_row(desk, log, anna, carla, page):
    from tests.listening.fieldwork.phone import enrolled

    def fill(rows: int) -> None:
        record = log(heard("need"))
        for _ in range(rows):
            brought = Op.objects.create(id=uuid7(), person=anna, fingerprint=b"x", received_at=clock.now(), outcome={})
            Clash.objects.create(conversation=record, op=brought, field="summary", ours="a", theirs="b", at=clock.now())
            WaitingOp.objects.create(
                op=brought, why="quarantined", body=op("update", "conversation", base=1, set={}) | {"x": rows}
            )
            venue = Venue.objects.create(code=f"venue-{uuid7()}", name="Venue", kind="library")
            Session.objects.create(kind="desk", venue=venue, started_at=clock.now(), convener=carla)
            enrolled(anna)

    counts = []
    for rows in (1, 30):
        fill(rows)
        desk.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(page).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_every_code_has_a_word():
    assert set(KINDS) == set(Finding.Kind)
    assert set(CHANNELS) == set(Conversation.Channel)
    assert set(SESSION_KINDS) == set(Session.Kind)
    assert set(VENUE_KINDS) == set(Venue.Kind)
    assert set(DISMISSALS) == set(Dismissal)
    assert len(PURPOSES) == 5
    assert set(OPS) == set(OP_MEMBERS)
    assert {*CONVERSATION_MEMBERS, *FINDING_MEMBERS} <= set(MEMBERS)
    known = {(variable.value, band) for variable, bands in ParticipantBand.BANDS.items() for band in bands}
    assert set(BANDS) <= known
