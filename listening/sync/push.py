"""Push: each op in a transaction of its own, with an outcome of its own, exactly once.

The ledger makes it exactly once. An op is locked by its record, looked up in the ledger, applied, and written there, in
one transaction: whatever is lost on the way, sending it again finds the row or finds nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction
from rest_framework import serializers
from rest_framework.request import Request

from backend.db.locks import lock_records
from backend.problems import as_problem
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import User
from listening.records.models import Conversation
from listening.sync import ledger, waiting
from listening.sync.apply import Applied, Bringer, apply
from listening.sync.clocks import PhoneClock
from listening.sync.conflicts import keep_clashes
from listening.sync.ledger import Received
from listening.sync.models import WaitingOp
from listening.sync.ops import MOST_BYTES, SCHEMA, Op, fingerprint, read_op
from listening.sync.outcomes import NotNow, NotYet, Outcome, Rejected
from listening.sync.together import create_together

ATTEMPTS: Final = 4
# Two at once: a deadlock, a lock that was not given in time, a serialization failure. Trying again helps.
MEETING: Final = {"40001", "40P01", "55P03"}
# The database is short of time, memory or space: the op waits on the phone.
SHORT: Final = {"57014", "53100", "53200", "53300", "53400"}
RETRY_AFTER_S: Final = 5


@dataclass(frozen=True, slots=True)
class Pushed:
    """An op as it was told, with what became of it."""

    told: Any
    outcome: Outcome

    def as_json(self) -> dict[str, Any]:
        named = self.told if isinstance(self.told, dict) else {}
        return {"op": named.get("op"), "id": named.get("id"), **self.outcome.as_json()}


def push(
    ops: Sequence[Any], *, person: User, device_id: UUID | None, phone_clock: PhoneClock, request: Request | None = None
) -> list[Pushed]:
    """Apply ops in their order. Call it outside of a transaction.

    Raises OperationalError and InterfaceError when the database is gone; what was answered for then is in the ledger.
    """
    by = Bringer(person, phone_clock, request=request)
    read = [_read(told, by, device_id) for told in ops]
    # What most pushes hold first, at once: no op depends on not finding a conversation of the same push.
    stored = create_together([one for one in read if isinstance(one, tuple)], by)
    pushed = []
    for told, one in zip(ops, read, strict=True):
        if isinstance(one, Rejected):
            # Without an id of its own it can't be found again: it is no entry of the ledger.
            outcome = _in_full(one)
        else:
            op, received = one
            outcome = stored.get(op.op) or _push_one(op, told, by, received)
        pushed.append(Pushed(told, outcome))
    waiting.try_again(WaitingOp.objects.ready(person))
    return pushed


def _read(told: Any, by: Bringer, device_id: UUID | None) -> tuple[Op, Received] | Rejected:
    try:
        op = _readable(told)
    except Rejected as rejected:
        return rejected
    return op, Received(op.op, by.person, device_id, fingerprint(told), by.clock.received_at)


def _push_one(op: Op, told: Any, by: Bringer, received: Received) -> Outcome:
    for attempt in range(ATTEMPTS):
        try:
            return _once(op, told, by, received)
        except IntegrityError:
            # The same op came at the same time for another record: its row is there now.
            continue
        except OperationalError as error:
            match getattr(error.__cause__, "sqlstate", None):
                case state if state in MEETING:
                    time.sleep(random.uniform(0.02, 0.16) * (attempt + 1))  # noqa: S311 - to part those who met
                case state if state in SHORT:
                    break
                case _:
                    raise
    return Outcome("retry", {"retry_after": RETRY_AFTER_S})


def _readable(told: Any) -> Op:
    size = len(str(told).encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise Rejected("too_large")
    schema = told.get("schema") if isinstance(told, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise Rejected("schema")
    try:
        return read_op(told)
    except serializers.ValidationError as error:
        problem = as_problem(error)
        raise Rejected("invalid", [] if problem is None else problem.errors) from None


@transaction.atomic
def _once(op: Op, told: Any, by: Bringer, received: Received) -> Outcome:
    """The transaction of one op."""
    with connection.cursor() as cursor:
        lock_records(cursor, [op.conversation_id])
    if (before := ledger.find(received)) is not None:
        return before
    applied: Applied | None = None
    waits: tuple[str, UUID | None] | None = None
    try:
        with transaction.atomic():
            applied = apply(op, by)
        outcome = applied.outcome
        answer = outcome
    except Rejected as rejected:
        outcome, answer = rejected.outcome, _in_full(rejected)
    except NotYet as missing:
        outcome = answer = Outcome("deferred", {"waiting_for": str(missing.waiting_for)})
        waits = (WaitingOp.Why.DEFERRED, missing.waiting_for)
    except NotNow:
        outcome = answer = Outcome("quarantined")
        waits = (WaitingOp.Why.QUARANTINED, None)
    row = ledger.write(received, outcome)
    if waits is not None:
        waiting.keep(row, by.clock.put_right(told), *waits)
    if applied is not None:
        keep_clashes(applied, row, at=received.received_at)
        if applied.conversation is not None:
            verb = Verb.DELETE if (op.type, op.kind) == ("conversation", "delete") else Verb.CHANGE
            record(verb, Conversation, [op.conversation_id], request=by.request, by=by.person)
    return answer


def _in_full(rejected: Rejected) -> Outcome:
    """With the details, which may quote what was said: for the phone that said it, not for the ledger."""
    told = {"errors": list(rejected.errors)} if rejected.errors else {}
    return Outcome("rejected", {"reason": rejected.reason, **told})
