"""Quarantine: what people brought who may not log there today; it is let in, or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backend.policy import access
from backend.problems import Conflict, InvalidRequest, Problem
from listening.desk.page import FAULTS, desk_page, problem_of, to_page
from listening.desk.wording import DISMISSALS, OPS, Text
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.sync import quarantine
from listening.sync.models import WaitingOp
from listening.sync.outcomes import Dismissal

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ShownOp:
    """An op that waits; what it says is hidden until it is let in."""

    op: WaitingOp
    what: Text


@access(Coordinates)
@require_safe
def waiting_ops(request: HttpRequest) -> HttpResponse:
    """Ops that wait, of oneself and of those whom one looks after, the oldest first."""
    return _page(request)


@access(Coordinates)
@require_POST
def release_op(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let an op in."""
    try:
        outcome = quarantine.release(pk, by=person_of(request), request=request)
        if outcome.status != "accepted":
            said = f"It could not be let in: {outcome.members.get('reason', outcome.status)}."
            return _page(request, Conflict(said, errors=outcome.members.get("errors", ())))
    except FAULTS as fault:
        return _page(request, problem_of(fault))
    return to_page(request, "desk-waiting")


@access(Coordinates)
@require_POST
def dismiss_op(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Refuse an op, for a reason of the list."""
    try:
        why = request.POST.get("why", "")
        if why not in list(Dismissal):
            words = {"value": why[:50], "reasons": ", ".join(Dismissal)}
            raise InvalidRequest(_("“%(value)s” is no reason; choose one of: %(reasons)s.") % words)
        quarantine.dismiss(pk, by=person_of(request), request=request, why=Dismissal(why))
    except FAULTS as fault:
        return _page(request, problem_of(fault))
    return to_page(request, "desk-waiting")


def _page(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    ops = WaitingOp.objects.visible_to(person_of(request)).select_related("op__person")
    found = list(ops.order_by("op__received_at", "pk")[:MOST_SHOWN])
    shown = [ShownOp(op, OPS.get((op.body["type"], op.body["kind"]), op.body["type"])) for op in found]
    return desk_page(
        request,
        "desk/waiting.html",
        {
            "quarantined": [one for one in shown if one.op.why == WaitingOp.Why.QUARANTINED],
            "deferred": [one for one in shown if one.op.why == WaitingOp.Why.DEFERRED],
            "reasons": DISMISSALS.items(),
        },
        problem=problem,
    )
