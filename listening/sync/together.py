"""New conversations of one push in one transaction: most of what a phone brings, and most of what a push costs.

Nothing but speed depends on it. Whatever is not plainly new and right is left to be applied by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from rest_framework import serializers

from backend.db.locks import lock_records
from backend.problems import Problem
from listening.capture.accept import accept_many, check
from listening.capture.api.serializers import read_submission
from listening.capture.envelope import city_envelope
from listening.capture.rules import Envelope
from listening.capture.submission import Submission
from listening.records.models import Conversation, Tombstone
from listening.records.permissions import may_log
from listening.sync import ledger
from listening.sync.apply import Bringer
from listening.sync.ledger import Received
from listening.sync.models import Op as LedgerRow
from listening.sync.ops import Op
from listening.sync.outcomes import Outcome, accepted


class _NotTogether(Exception):
    """One of them is not new; nothing was stored."""


def create_together(ops: Sequence[tuple[Op, Received]], by: Bringer) -> Mapping[UUID, Outcome]:
    """Store those of some ops that log new conversations without a mistake; the outcomes of these, by op.

    Ops that share an id with another of the batch, or belong to a session that has not come, are left out.
    """
    told = _logging(ops)
    if len(told) < 2 or not may_log(by.person):
        return {}
    known = _known(told)
    envelope = city_envelope()
    new = [
        (op, received, read)
        for op, received in told
        if not {op.op, op.id} & known and (read := _read(op, by, envelope)) is not None
    ]
    if len(new) < 2:
        return {}
    try:
        return _store(new, by)
    except (_NotTogether, IntegrityError, OperationalError, Problem):
        return {}


@transaction.atomic
def _store(new: Sequence[tuple[Op, Received, tuple[Submission, bool]]], by: Bringer) -> Mapping[UUID, Outcome]:
    with connection.cursor() as cursor:
        lock_records(cursor, [op.id for op, _, _ in new])
    # Between the first look and the lock another may have brought one.
    if _known([(op, received) for op, received, _ in new]):
        raise _NotTogether
    if accept_many([submission for _, _, (submission, _) in new], by=by.person) != len(new):
        raise _NotTogether
    outcomes = {op.op: accepted(1, clock_adjusted=is_adjusted) for op, _, (_, is_adjusted) in new}
    ledger.write_many([(received, outcomes[op.op]) for op, received, _ in new])
    return outcomes


def _logging(ops: Iterable[tuple[Op, Received]]) -> list[tuple[Op, Received]]:
    told = list(ops)
    times = Counter(pk for op, _ in told for pk in {op.op, op.id})
    return [
        (op, received)
        for op, received in told
        if (op.type, op.kind) == ("conversation", "create") and times[op.op] == times[op.id] == 1
    ]


def _known(told: Sequence[tuple[Op, Received]]) -> set[UUID]:
    """The ids of ops and conversations that came before."""
    ops = LedgerRow.objects.filter(pk__in=[op.op for op, _ in told]).values_list("pk", flat=True)
    ids = [op.id for op, _ in told]
    held = Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True)
    deleted = Tombstone.objects.filter(pk__in=ids).values_list("pk", flat=True)
    return {*ops, *held, *deleted}


def _read(op: Op, by: Bringer, envelope: Envelope | None) -> tuple[Submission, bool] | None:
    """The submission, and whether its clock was put right; None when anything is wrong with it."""
    fields: dict[str, Any]
    fields, is_adjusted = by.clock.corrected(op.members("fields"))
    try:
        submission = read_submission({**fields, "id": str(op.id)}, listener=by.person)
        check(submission, received_at=by.clock.received_at, envelope=envelope)
    except (serializers.ValidationError, Problem):
        return None
    return submission, is_adjusted
