"""Change or delete a record that was accepted, under the same rules."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import IntegrityError, connection, transaction

from backend import clock
from backend.db.locks import lock_receipts
from districts.locate import locate
from listening.capture.accept import check, may_be_counted
from listening.capture.envelope import city_envelope
from listening.capture.errors import FindingIdTaken, InvalidSubmission, ReceiptTaken
from listening.capture.submission import Place, Submission
from listening.consent.models import Receipt, Withdrawal
from listening.fieldwork.models import User
from listening.records.field_versions import note_changes
from listening.records.models import Consent, Conversation, Finding, FindingTheme, ParticipantBand, Tombstone
from listening.records.querysets import sensitivity_of
from listening.records.render import document_of
from listening.vault.contacts import forget


@transaction.atomic
def amend(conversation: Conversation, submission: Submission, *, by: User) -> Conversation:
    """Make a conversation say what the submission says; its version goes up by one.

    The caller holds the row lock (SELECT ... FOR UPDATE) and has checked the version and the permission.
    Findings are matched by id: those left out are removed. Raises InvalidSubmission, FindingIdTaken, ReceiptTaken.
    """
    if submission.id != conversation.pk or submission.listener_id != conversation.listener_id:
        raise ValueError("An amendment keeps the id and the listener.")
    before = document_of(conversation.pk)
    now = clock.now()
    check(submission, received_at=now, envelope=city_envelope())
    conversation.version += 1
    conversation.updated_at = now
    conversation.occurred_at = submission.occurred_at
    conversation.occurred_on = clock.local_date(submission.occurred_at)
    for name in (
        "channel", "language", "people_count", "summary", "session_id", "venue_id", "is_test"
    ):  # fmt: skip
        setattr(conversation, name, getattr(submission, name))
    conversation.may_be_counted = may_be_counted(submission)
    _put(conversation, submission.place)
    conversation.save()

    ParticipantBand.objects.filter(conversation=conversation).delete()
    ParticipantBand.objects.bulk_create(
        ParticipantBand(conversation=conversation, variable=band.variable, band=band.band, people=band.people)
        for band in submission.bands
    )
    if not any(agreed.purpose == Consent.Purpose.RECONTACT for agreed in submission.consents):
        _forget_contact(conversation)
    Consent.objects.filter(conversation=conversation).delete()
    Consent.objects.bulk_create(
        Consent(conversation=conversation, purpose=one.purpose, mode=one.mode, notice_version=one.notice_version)
        for one in submission.consents
    )
    if submission.receipt is not None:
        _bind(conversation, submission.receipt)
    _replace_findings(conversation, submission)
    note_changes(conversation, before, document_of(conversation.pk))
    return conversation


@transaction.atomic
def delete(conversation: Conversation, *, by: User | None) -> Tombstone:
    """Remove a conversation with all that was said in it; a tombstone keeps the id from coming back.

    The caller holds the row lock and has checked the permission. `by` None: its residents withdrew it, or its time is
    over.
    """
    tombstone = Tombstone.objects.create(
        id=conversation.pk,
        version=conversation.version + 1,
        listener=conversation.listener,
        district_id=conversation.district_id,
        sensitivity=sensitivity_of(conversation),
        deleted_at=clock.now(),
        deleted_by=by,
    )
    _forget_contact(conversation)
    conversation.delete()
    return tombstone


def _forget_contact(conversation: Conversation) -> None:
    """Nobody may be called back any longer. In another connection, so after the commit; a sweep mends a failure."""
    agreed = Consent.objects.filter(conversation=conversation, purpose=Consent.Purpose.RECONTACT)
    if settings.VAULT_KEYS and agreed.exists():
        pk = conversation.pk
        transaction.on_commit(lambda: forget([pk]), robust=True)


def _bind(conversation: Conversation, receipt: bytes) -> None:
    """Give a conversation its card, once."""
    with connection.cursor() as cursor:
        lock_receipts(cursor, [receipt])
    held = Receipt.objects.filter(conversation=conversation).values_list("digest", flat=True).first()
    if held is not None:
        if bytes(held) != receipt:
            detail = "This conversation has another card, which its residents hold."
            raise InvalidSubmission([{"pointer": "/receipt", "code": "has-another", "detail": detail}])
        return
    is_taken = Receipt.objects.filter(digest=receipt).exists() or Withdrawal.objects.filter(digest=receipt).exists()
    if is_taken:
        raise ReceiptTaken(submissions=[conversation.pk])
    Receipt.objects.create(digest=receipt, conversation=conversation)


def _put(record: Conversation | Finding, place: Place) -> None:
    """Set the columns of a place; a point is located anew only when it moved."""
    point = None if place.lon is None or place.lat is None else Point(place.lon, place.lat, srid=4326)
    has_moved = record.place != place.kind or record.location != point
    record.place, record.location, record.accuracy_m = place.kind, point, place.accuracy_m
    if point is None:
        record.district_id = place.district_id
    elif has_moved:
        record.district_id = locate(point).district_id


def _replace_findings(conversation: Conversation, submission: Submission) -> None:
    kept: dict[UUID, Finding] = {finding.pk: finding for finding in conversation.findings.all()}
    wanted = []
    for position, heard in enumerate(submission.findings):
        finding = kept.get(heard.id) or Finding(id=heard.id, conversation=conversation)
        finding.position, finding.kind, finding.text = position, heard.kind, heard.text
        finding.severity, finding.shared_by = heard.severity, heard.shared_by
        _put(finding, heard.place)
        wanted.append(finding)
    ids = [finding.pk for finding in wanted]
    Finding.objects.filter(conversation=conversation).exclude(pk__in=ids).delete()
    new = [finding for finding in wanted if finding.pk not in kept]
    try:
        with transaction.atomic():
            Finding.objects.bulk_create(new)
    except IntegrityError:
        raise FindingIdTaken(submissions=[conversation.pk]) from None
    Finding.objects.bulk_update(
        [finding for finding in wanted if finding.pk in kept],
        ["position", "kind", "text", "severity", "shared_by", "place", "location", "accuracy_m", "district"],
    )
    FindingTheme.objects.filter(finding__in=ids).delete()
    FindingTheme.objects.bulk_create(
        FindingTheme(finding_id=heard.id, theme_id=theme)
        for heard in submission.findings
        for theme in sorted(set(heard.themes))
    )
