import datetime as dt
from dataclasses import replace

import pytest
from uuid6 import uuid7

from backend import clock
from listening.capture.accept import accept, accept_many
from listening.capture.amend import delete
from listening.capture.errors import FindingIdTaken, InvalidSubmission, RecordDeleted, SameIdOtherContent
from listening.capture.submission import Band, Place
from listening.records.models import Conversation, Finding, FindingTheme, ParticipantBand, Tombstone
from tests.listening.submissions import NOON, conversation, heard
from tests.squareville import SIDE, SOUTH, WEST, inside

pytestmark = pytest.mark.django_db


def test_it_works(city, themes, listener):
    submission = conversation(
        listener,
        heard("need", themes["rent"], themes["mobility"], text="Serve un autobus", severity=4, shared_by=2),
        heard("asset", text="Una panchina"),
        people_count=3,
        bands=(Band("age", "65+", 2), Band("age", "18-34", 1), Band("tie", "lives", 3), Band("tie", "works", 1)),
        summary="Alla fermata",
        language="it",
    )
    acceptance = accept(submission, by=listener)

    assert acceptance.created
    stored = Conversation.objects.get(pk=submission.id)
    assert stored.district == city.area(5)
    assert stored.occurred_on == dt.date(2026, 5, 12)
    assert (stored.version, stored.people_count, stored.summary, stored.language) == (1, 3, "Alla fermata", "it")
    assert [(f.kind, f.text, f.severity, f.position) for f in stored.findings.all()] == [
        ("need", "Serve un autobus", 4, 0),
        ("asset", "Una panchina", None, 1),
    ]
    assert set(stored.findings.first().themes.all()) == {themes["rent"], themes["mobility"]}
    assert ParticipantBand.objects.filter(conversation=stored).count() == 4


def test_sent_again_changes_nothing(city, themes, listener):
    submission = conversation(listener, heard("need", themes["rent"]))
    accept(submission, by=listener)
    again = accept(submission, by=listener)
    assert not again.created
    assert (Conversation.objects.count(), Finding.objects.count(), FindingTheme.objects.count()) == (1, 1, 1)
    assert Conversation.objects.get().version == 1


def test_the_same_instant_in_another_offset_is_the_same_submission(city, listener):
    submission = conversation(listener)
    accept(submission, by=listener)
    rome = dt.timezone(dt.timedelta(hours=2))
    assert not accept(replace(submission, occurred_at=NOON.astimezone(rome)), by=listener).created


@pytest.mark.parametrize(
    "change", [{"summary": "altro"}, {"people_count": 2}, {"place": Place("city")}, {"findings": ()}]
)
def test_same_id_with_other_content_is_a_conflict(city, listener, change):
    submission = conversation(listener, heard("need"))
    accept(submission, by=listener)
    with pytest.raises(SameIdOtherContent):
        accept(replace(submission, **change), by=listener)
    assert Conversation.objects.get().version == 1


def test_the_same_content_from_another_listener_is_a_conflict(city, listener, other_listener):
    submission = conversation(listener)
    accept(submission, by=listener)
    with pytest.raises(SameIdOtherContent):
        accept(replace(submission, listener_id=other_listener.pk), by=other_listener)


def test_a_deleted_conversation_does_not_come_back(city, listener):
    submission = conversation(listener, heard("need"))
    accept(submission, by=listener)
    delete(Conversation.objects.get(), by=listener)
    with pytest.raises(RecordDeleted):
        accept(submission, by=listener)
    assert accept_many([submission]) == 0
    assert not Conversation.objects.exists()
    assert not Finding.objects.exists()
    assert Tombstone.objects.get().version == 2


def test_a_finding_id_of_another_conversation_is_refused_and_nothing_is_stored(city, listener):
    taken = heard("need")
    accept(conversation(listener, taken), by=listener)
    with pytest.raises(FindingIdTaken):
        accept(conversation(listener, heard("asset"), taken), by=listener)
    assert (Conversation.objects.count(), Finding.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (Place("point", *inside(1)), "1"),
        (Place("point", *inside(9)), "9"),
        # The corner of four areas belongs to the lowest code.
        (Place("point", *inside(1, 1, 1)), "1"),
        (Place("point", *inside(5, 1, 0.5)), "5"),
        # Half a metre outside is a rounding error of the boundary, 100 m is not.
        (Place("point", WEST - 0.5 / 80_000, SOUTH + SIDE / 2), "1"),
        (Place("point", WEST - 100 / 80_000, SOUTH + SIDE / 2), None),
        (Place("city"), None),
        (Place("none"), None),
    ],
)
def test_a_place_is_turned_into_a_district(city, listener, place, code):
    accept(conversation(listener, place=place), by=listener)
    district = Conversation.objects.get().district
    assert (district and district.code) == code


def test_a_named_district_of_any_layer_is_kept(city, listener):
    zona = city.districts["zona", "B"]
    accept(conversation(listener, place=Place("district", district_id=zona.pk)), by=listener)
    assert Conversation.objects.get().district == zona


def test_every_mistake_is_named_at_once(city, listener):
    future = clock.now() + dt.timedelta(hours=1)
    submission = conversation(
        listener,
        heard("wish", severity=6, shared_by=9),
        occurred_at=future,
        channel="telepathy",
        people_count=0,
        bands=(Band("age", "30-40", 1), Band("shoe-size", "42", 1)),
        place=Place("point", lon=inside(5)[1], lat=inside(5)[0]),
    )
    with pytest.raises(InvalidSubmission) as caught:
        accept(submission, by=listener)
    assert {(error["pointer"], error["code"]) for error in caught.value.errors} == {
        ("/occurred_at", "in-the-future"),
        ("/channel", "unknown"),
        ("/people_count", "out-of-range"),
        ("/bands/age/30-40", "unknown"),
        ("/bands/age", "too-many"),
        ("/bands/shoe-size", "unknown"),
        ("/bands/shoe-size", "too-many"),
        ("/place/point", "swapped"),
        ("/findings/0/kind", "unknown"),
        ("/findings/0/severity", "out-of-range"),
        ("/findings/0/shared_by", "out-of-range"),
    }
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"occurred_at": dt.datetime(1999, 12, 31, tzinfo=dt.UTC)}, "too-early"),
        ({"place": Place("point", lon=12.5, lat=41.9)}, "far-away"),
        ({"place": Place("point", lon=float("nan"), lat=44.5)}, "not-finite"),
        ({"place": Place("point", lon=float("inf"), lat=44.5)}, "not-finite"),
        ({"place": Place("district")}, "mismatch"),
        ({"place": Place("city", lon=11.3, lat=44.5)}, "mismatch"),
        ({"place": Place("point", lon=11.31, lat=44.49, accuracy_m=-1)}, "out-of-range"),
        ({"summary": "x" * 10_001}, "too-long"),
    ],
)
def test_a_mistake_is_named(city, listener, change, code):
    with pytest.raises(InvalidSubmission) as caught:
        accept(conversation(listener, **change), by=listener)
    assert code in {error["code"] for error in caught.value.errors}


def test_a_clock_a_little_fast_is_forgiven(city, listener):
    assert accept(conversation(listener, occurred_at=clock.now() + dt.timedelta(minutes=4)), by=listener).created


def test_one_submission_is_one_statement_however_much_was_heard(city, themes, listener, django_assert_num_queries):
    from listening.capture.envelope import city_envelope

    city_envelope()
    many = conversation(listener, *(heard("need", themes["rent"]) for _ in range(50)))
    # savepoint, edition, inner savepoint, insert, two releases
    with django_assert_num_queries(6):
        accept(many, by=listener)


def test_a_batch_with_one_mistake_stores_nothing_and_says_which(city, listener):
    batch = [conversation(listener) for _ in range(3)]
    batch[1] = replace(batch[1], channel="telepathy")
    with pytest.raises(InvalidSubmission) as caught:
        accept_many(batch)
    assert [error["pointer"] for error in caught.value.errors] == ["/1/channel"]
    assert not Conversation.objects.exists()


def test_a_batch_counts_what_was_new(city, listener):
    batch = [conversation(listener, heard("need")) for _ in range(5)]
    assert accept_many(batch[:2]) == 2
    assert accept_many(batch) == 3
    assert accept_many(batch) == 0
    assert Conversation.objects.count() == 5


def test_the_day_is_the_citys_not_utcs(city, listener):
    late = dt.datetime(2026, 5, 12, 22, 30, tzinfo=dt.UTC)  # half past midnight in Bologna
    accept(conversation(listener, occurred_at=late), by=listener)
    assert Conversation.objects.get().occurred_on == dt.date(2026, 5, 13)


def test_a_submission_is_accepted_from_its_listener_alone(city, listener, other_listener):
    with pytest.raises(ValueError, match="the person who listened"):
        accept(conversation(listener, id=uuid7()), by=other_listener)
