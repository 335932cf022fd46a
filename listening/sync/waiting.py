"""Ops that are stored and not applied: until what they belong to comes, or until a coordinator lets them in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from backend.db.locks import lock_records
from listening.fieldwork.models import User
from listening.sync.apply import Bringer, apply
from listening.sync.clocks import PhoneClock
from listening.sync.conflicts import keep_clashes
from listening.sync.models import Op as LedgerRow
from listening.sync.models import WaitingOp
from listening.sync.ops import read_op
from listening.sync.outcomes import Dismissal, NotNow, NotYet, Outcome, Rejected


def keep(row: LedgerRow, told: Any, why: str, waiting_for: UUID | None) -> None:
    WaitingOp.objects.create(op=row, why=why, waiting_for=waiting_for, body=told)


def try_again(ops: QuerySet[WaitingOp]) -> None:
    """Apply what waits, each op in its own transaction, until nothing more comes of it: one may wait for another."""
    tried = set[UUID]()
    while pending := [pk for pk in ops.values_list("pk", flat=True) if pk not in tried]:
        for pk in pending:
            tried.add(pk)
            if settle(pk).status != "deferred":
                # It may have brought what another waits for, which was tried before.
                tried = {pk}


def settle(pk: UUID, *, vouched_by: User | None = None) -> Outcome:
    """Apply one op that waits, by its own person; the ledger then tells what became of it.

    `vouched_by`: a coordinator lets it in whatever the person may do today.
    """
    with transaction.atomic():
        found = WaitingOp.objects.select_related("op__person").filter(pk=pk).first()
        if found is None:
            return Outcome("accepted")
        op, row = read_op(found.body), found.op
        with connection.cursor() as cursor:
            lock_records(cursor, [op.conversation_id])
        # Another may have applied it while this one waited for the lock.
        if not WaitingOp.objects.select_for_update().filter(pk=pk).exists():
            return Outcome("accepted")
        by = Bringer(row.person, PhoneClock(None, row.received_at), vouched=vouched_by is not None)
        try:
            with transaction.atomic():
                applied = apply(op, by)
        except Rejected as rejected:
            outcome = rejected.outcome
        except NotYet as missing:
            WaitingOp.objects.filter(pk=pk).update(waiting_for=missing.waiting_for)
            return Outcome("deferred", {"waiting_for": str(missing.waiting_for)})
        except NotNow:
            WaitingOp.objects.filter(pk=pk).update(why=WaitingOp.Why.QUARANTINED, waiting_for=None)
            outcome = Outcome("quarantined")
            _tell(row, outcome)
            return outcome
        else:
            outcome = applied.outcome
            keep_clashes(applied, row, at=row.received_at)
        _tell(row, outcome)
        WaitingOp.objects.filter(pk=pk).delete()
        return outcome


@transaction.atomic
def dismiss(op: WaitingOp, why: Dismissal | None = None) -> None:
    """Refuse an op that waits, for good; the ledger keeps why."""
    _tell(op.op, Outcome("rejected", {"reason": "forbidden", **({"dismissed": why.value} if why else {})}))
    op.delete()


def _tell(row: LedgerRow, outcome: Outcome) -> None:
    LedgerRow.objects.filter(pk=row.pk).update(outcome=outcome.as_json())
