"""What a coordinator does with ops that wait: look through them, let one in, refuse one. Each is told in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from backend.problems import NotFound
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import Session, User
from listening.records.models import Conversation
from listening.sync import waiting
from listening.sync.models import WaitingOp
from listening.sync.outcomes import Dismissal, Outcome

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request


def waiting_op(pk: UUID, *, by: User) -> WaitingOp:
    """Of somebody whom the person looks after. Raises NotFound."""
    found = WaitingOp.objects.visible_to(by).select_related("op__person").filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such op.")
    return found


@transaction.atomic
def release(pk: UUID, *, by: User, request: Request | HttpRequest) -> Outcome:
    """Apply an op of somebody who has lost the role since; what it makes must lie in the districts of `by`.

    Raises NotFound, also for what waits for something that has not come.
    """
    op = waiting_op(pk, by=by)
    if op.why != WaitingOp.Why.QUARANTINED:
        raise NotFound("It is not for a coordinator to decide: it waits for something that has not come.")
    outcome = waiting.settle(op.pk, vouched_by=by)
    made = Session if op.body["type"] == "session" else Conversation
    if outcome.status == "accepted":
        # What it says was hidden until now; also where it lies.
        if not made.objects.visible_to(by).filter(pk=op.body["id"]).exists():
            raise NotFound("There is no such op.")
        record(Verb.CREATE, made, [op.body["id"]], request=request, subject=op.op.person)
    return outcome


@transaction.atomic
def dismiss(pk: UUID, *, by: User, request: Request | HttpRequest, why: Dismissal | None = None) -> None:
    """Refuse an op that waits, for good; whoever brought it is told why. Raises NotFound."""
    op = waiting_op(pk, by=by)
    brought_by = op.op.person
    waiting.dismiss(op, why)
    record(Verb.DELETE, WaitingOp, [pk], request=request, subject=brought_by)
