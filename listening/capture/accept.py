"""The only door to the records: check a submission, place it, write it once.

`accept` takes one submission of a person, `accept_many` a batch under the same rules. What happens to a record later
is in `amend` and `delete`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from backend import clock
from backend.db import sql
from backend.db.locks import lock_receipts
from backend.problems import FieldError
from listening.capture.envelope import city_envelope
from listening.capture.errors import (
    FindingIdTaken,
    InvalidSubmission,
    ReceiptTaken,
    RecordDeleted,
    SameIdOtherContent,
)
from listening.capture.rules import Envelope, Mistake, mistakes
from listening.capture.submission import Place, Submission
from listening.consent.models import Withdrawal
from listening.fieldwork.models import User
from listening.records.models import Consent, Conversation, Tombstone

BATCH = 1_000  # submissions per statement: large enough to amortise planning, small enough to keep locks short


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What became of a submission: `created` is False when the same one had been accepted before."""

    conversation_id: UUID
    created: bool


@transaction.atomic
def accept(submission: Submission, *, by: User) -> Acceptance:
    """Store a submission exactly once, however often it is sent.

    Raises InvalidSubmission (with every mistake), SameIdOtherContent, RecordDeleted (also when its residents withdrew
    it before it came), FindingIdTaken, ReceiptTaken.
    """
    if submission.listener_id != by.pk:
        raise ValueError("A submission is accepted from the person who listened.")
    received_at = submission.received_at or clock.now()
    check(submission, received_at=received_at, envelope=city_envelope())
    if _insert([submission], received_at):
        return Acceptance(submission.id, created=True)
    # The id is known: another request stored it, perhaps a moment ago (the insert waited for its commit).
    stored = Conversation.objects.filter(pk=submission.id).values_list("submission_fingerprint", flat=True).first()
    # Of somebody else's record nobody learns more than that the id is taken.
    if stored is None and submission.receipt and Withdrawal.objects.filter(digest=submission.receipt).exists():
        raise RecordDeleted(record=submission.id)
    if stored is None and Tombstone.objects.visible_to(by).filter(pk=submission.id).exists():
        raise RecordDeleted(record=submission.id)
    if stored is None or not hmac.compare_digest(bytes(stored), fingerprint(submission)):
        raise SameIdOtherContent(record=submission.id)
    return Acceptance(submission.id, created=False)


@transaction.atomic
def accept_many(submissions: Sequence[Submission], *, by: User | None = None) -> int:
    """Store a batch: all of it, or nothing when any submission has a mistake. Returns how many were new.

    `by` None is the system itself (demo data, benchmarks), which may bring records of several listeners.
    Raises InvalidSubmission, whose pointers start with the index in the batch.
    """
    now = clock.now()
    envelope = city_envelope()
    wrong = []
    for index, submission in enumerate(submissions):
        if by is not None and submission.listener_id != by.pk:
            raise ValueError("A submission is accepted from the person who listened.")
        for mistake in mistakes(submission, received_at=submission.received_at or now, envelope=envelope):
            wrong.append(_field_error(mistake, prefix=f"/{index}"))
    if wrong:
        raise InvalidSubmission(wrong)
    rest = iter(submissions)
    new = 0
    while batch := list(islice(rest, BATCH)):
        new += len(_insert(batch, now))
    return new


def check(submission: Submission, *, received_at: dt.datetime, envelope: Envelope | None) -> None:
    """Raise InvalidSubmission with every mistake of a submission."""
    wrong = [_field_error(mistake) for mistake in mistakes(submission, received_at=received_at, envelope=envelope)]
    if wrong:
        raise InvalidSubmission(wrong)


def fingerprint(submission: Submission) -> bytes:
    """HMAC-SHA-256 of what was submitted: 32 bytes. Keyed, because a plain hash of a short text can be guessed."""
    content = json.dumps(_plain(submission), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(settings.SECRET_KEY.encode(), content.encode(), hashlib.sha256).digest()


def may_be_counted(submission: Submission) -> bool:
    """Whether there is a legal basis for statistics: the city's public task, or where it asks for it, consent."""
    if not submission.may_be_counted or settings.STATISTICS_BASIS == "public_task":
        return submission.may_be_counted
    return any(agreed.purpose == Consent.Purpose.STATISTICS for agreed in submission.consents)


def _insert(batch: Sequence[Submission], now: dt.datetime) -> list[UUID]:
    rows = [
        {
            **_plain(submission),
            "occurred_on": clock.local_date(submission.occurred_at).isoformat(),
            "received_at": (submission.received_at or now).isoformat(),
            "fingerprint": fingerprint(submission).hex(),
            "may_be_counted": may_be_counted(submission),
        }
        for submission in batch
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Whoever withdraws waits for this one, or has it refused: nothing comes in between.
            lock_receipts(cursor, [one.receipt for one in batch if one.receipt])
            cursor.execute(
                sql.read("listening.capture", "insert_conversations.sql"),
                {"batch": json.dumps(rows), "ids": [one.id for one in batch]},
            )
            cursor.nextset()  # the first result is of those who delete, and were waited for
            return [row[0] for row in cursor.fetchall()]
    except IntegrityError as error:
        if "records_finding_pkey" in str(error):
            raise FindingIdTaken(submissions=[submission.id for submission in batch]) from None
        if "consent_receipt_pkey" in str(error):
            raise ReceiptTaken(submissions=[submission.id for submission in batch]) from None
        raise


def _plain(submission: Submission) -> dict[str, Any]:
    """A submission as JSON values, without what the server adds. Instants in UTC: an offset is not content."""
    # Only when they were told: what was sent before there were any must still be recognised.
    told: dict[str, Any] = {}
    if submission.consents:
        told["consents"] = sorted(
            ({"purpose": one.purpose, "mode": one.mode, "notice_version": one.notice_version}
             for one in submission.consents),
            key=lambda one: one["purpose"],
        )  # fmt: skip
    if submission.receipt:
        told["receipt"] = submission.receipt.hex()
    return {
        **told,
        "id": str(submission.id),
        "listener_id": submission.listener_id,
        "session_id": submission.session_id and str(submission.session_id),
        "venue_id": submission.venue_id,
        "occurred_at": submission.occurred_at.astimezone(dt.UTC).isoformat(),
        "channel": submission.channel,
        "language": submission.language,
        "people_count": submission.people_count,
        "summary": submission.summary,
        "is_test": submission.is_test,
        "may_be_counted": submission.may_be_counted,
        **_plain_place(submission.place),
        "bands": [
            {"variable": band.variable, "band": band.band, "people": band.people}
            for band in sorted(submission.bands, key=lambda band: (band.variable, band.band))
        ],
        "findings": [
            {
                "id": str(finding.id),
                "kind": finding.kind,
                "text": finding.text,
                "severity": finding.severity,
                "shared_by": finding.shared_by,
                "themes": sorted(set(finding.themes)),
                **_plain_place(finding.place),
            }
            for finding in submission.findings
        ],
    }


def _plain_place(place: Place) -> dict[str, Any]:
    return {
        "place": place.kind,
        "lon": place.lon,
        "lat": place.lat,
        "accuracy_m": place.accuracy_m,
        "district_id": place.district_id,
    }


def _field_error(mistake: Mistake, prefix: str = "") -> FieldError:
    return {"pointer": prefix + mistake.pointer, "code": mistake.code, "detail": mistake.detail}
