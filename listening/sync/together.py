"""New conversations of one push in one transaction: most of what a phone brings, and most of what a push costs.

Nothing but speed depends on it. Whatever is not plainly new and right is left to be applied by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction

from backend.db.locks import lock_records
from backend.problems import Problem
from listening.capture.accept import accept_many
from listening.capture.api.serializers import read_submissions
from listening.capture.errors import InvalidSubmission
from listening.capture.submission import Submission
from listening.capture.warnings import warnings_of
from listening.records.models import Conversation, Tombstone
from listening.records.permissions import may_log
from listening.sync import ledger
from listening.sync.apply import Bringer
from listening.sync.ledger import Received
from listening.sync.models import Op as LedgerRow
from listening.sync.ops import Op
from listening.sync.outcomes import Outcome, accepted


@dataclass(frozen=True, slots=True)
class New:
    """An op that logs a conversation which nobody has brought before."""

    op: Op
    received: Received
    submission: Submission
    is_adjusted: bool


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
    unknown = [(op, received) for op, received in told if not {op.op, op.id} & known]
    read = zip(unknown, _read([op for op, _ in unknown], by), strict=True)
    new = [
        New(op, received, submission, is_adjusted) for (op, received), (submission, is_adjusted) in read if submission
    ]
    try:
        return _store(new, by)
    except InvalidSubmission as wrong:
        # Those with a mistake are told so one by one; what stands beside them goes on.
        spoilt = {int(error["pointer"].split("/")[1]) for error in wrong.errors}
        return _store([one for number, one in enumerate(new) if number not in spoilt], by)


def _store(new: Sequence[New], by: Bringer) -> Mapping[UUID, Outcome]:
    """Their outcomes; none when they could not be stored together. Raises InvalidSubmission."""
    if len(new) < 2:
        return {}
    try:
        return _store_all(new, by)
    except InvalidSubmission:
        raise
    except (_NotTogether, IntegrityError, OperationalError, Problem):
        return {}


@transaction.atomic
def _store_all(new: Sequence[New], by: Bringer) -> Mapping[UUID, Outcome]:
    with connection.cursor() as cursor:
        lock_records(cursor, [one.op.id for one in new])
    # Between the first look and the lock another may have brought one.
    if _known([(one.op, one.received) for one in new]):
        raise _NotTogether
    if accept_many([one.submission for one in new], by=by.person) != len(new):
        raise _NotTogether
    outcomes = {
        one.op.op: accepted(1, clock_adjusted=one.is_adjusted, warnings=warnings_of(one.submission)) for one in new
    }
    ledger.write_many([(one.received, outcomes[one.op.op]) for one in new])
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


def _read(ops: Sequence[Op], by: Bringer) -> list[tuple[Submission | None, bool]]:
    """The submissions, and whether their clocks were put right; None when anything is wrong with one."""
    corrected = [by.clock.corrected(op.members("fields")) for op in ops]
    documents = ({**fields, "id": str(op.id)} for op, (fields, _) in zip(ops, corrected, strict=True))
    read = read_submissions(documents, listener=by.person)
    return [(submission, is_adjusted) for submission, (_, is_adjusted) in zip(read, corrected, strict=True)]
