"""Apply one op to the records, through the same doors as everybody: `accept`, `amend`, `delete`, `open_session`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.request import Request

from backend import clock
from backend.problems import FieldError, as_problem
from listening.capture.accept import accept
from listening.capture.amend import amend, delete
from listening.capture.api.serializers import read_submission
from listening.capture.errors import (
    FindingIdTaken,
    InvalidSubmission,
    ReceiptTaken,
    RecordDeleted,
    SameIdOtherContent,
)
from listening.capture.submission import Submission
from listening.capture.warnings import warnings_of
from listening.fieldwork.api.serializers import SessionSerializer
from listening.fieldwork.models import Assignment, Session, User, Venue
from listening.fieldwork.roles import CONVENE, LOG
from listening.fieldwork.sessions import SessionIdTaken, open_session
from listening.records.field_versions import finding_field, versions_of
from listening.records.models import Conversation, Tombstone
from listening.records.permissions import may_change, may_log
from listening.records.render import document_of
from listening.sync.clocks import PhoneClock
from listening.sync.merge import FieldClash, Merge, merge_conversation, merge_finding
from listening.sync.ops import Op
from listening.sync.outcomes import BROUGHT_WITHIN, NotNow, NotYet, Outcome, Rejected, accepted


@dataclass(frozen=True, slots=True)
class Bringer:
    """Who brings ops, and by which clock. `vouched`: a coordinator has let the op in; `request`: for the audit."""

    person: User
    clock: PhoneClock
    vouched: bool = False
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What an op did: its outcome, and the members that clashed in a conversation which was there before."""

    outcome: Outcome
    clashes: Sequence[FieldClash] = ()
    conversation: Conversation | None = None


def apply(op: Op, by: Bringer) -> Applied:
    """Apply an op. The caller holds the lock of its record, and a savepoint to go back to.

    Raises Rejected, NotYet, NotNow; what is wrong with the content is in Rejected("invalid").
    """
    try:
        return HANDLERS[op.type, op.kind](op, by)
    except serializers.ValidationError as error:
        raise Rejected("invalid", list(_errors(error))) from None
    except InvalidSubmission as error:
        raise Rejected("invalid", error.errors) from None
    except (SameIdOtherContent, FindingIdTaken, ReceiptTaken, SessionIdTaken):
        raise Rejected("id_taken") from None
    except RecordDeleted:
        raise Rejected("gone") from None


def _create_session(op: Op, by: Bringer) -> Applied:
    _check_role(by, CONVENE, op.members("fields").get("started_at"))
    serializer = SessionSerializer(data={**op.members("fields"), "id": str(op.id)})
    serializer.is_valid(raise_exception=True)
    told = serializer.validated_data
    venue = None
    if told.get("venue") is not None and (venue := Venue.objects.filter(code=told["venue"]).first()) is None:
        raise Rejected("invalid", [{"pointer": "/venue", "code": "unknown", "detail": "There is no such venue."}])
    open_session(
        pk=op.id,
        kind=told["kind"],
        title=told.get("title", ""),
        venue=venue,
        started_at=told["started_at"],
        ended_at=told.get("ended_at"),
        by=by.person,
    )
    return Applied(accepted(1))


def _create_conversation(op: Op, by: Bringer) -> Applied:
    fields, is_adjusted = by.clock.corrected(op.members("fields"))
    _check_role(by, LOG, fields.get("occurred_at"))
    session = _uuid(fields.get("session"))
    if session is not None and not Session.objects.filter(pk=session).exists():
        raise NotYet(session)
    submission = read_submission({**fields, "id": str(op.id)}, listener=by.person)
    accept(submission, by=by.person)
    version = Conversation.objects.values_list("version", flat=True).get(pk=op.id)
    return Applied(accepted(version, clock_adjusted=is_adjusted, warnings=warnings_of(submission)))


def _update_conversation(op: Op, by: Bringer) -> Applied:
    conversation = _locked(op.id, by)
    changes, is_adjusted = by.clock.corrected(op.members("set"))
    return _amend(
        conversation,
        merge_conversation(document_of(op.id), versions_of(conversation), op.base, changes),
        by,
        is_adjusted,
    )


def _delete_conversation(op: Op, by: Bringer) -> Applied:
    gone = Tombstone.objects.visible_to(by.person).filter(pk=op.id).first()
    if gone is not None:
        return Applied(accepted(gone.version))
    conversation = _locked(op.id, by)
    return Applied(accepted(delete(conversation, by=by.person).version), conversation=conversation)


def _create_finding(op: Op, by: Bringer) -> Applied:
    conversation = _locked(op.conversation_id, by)
    document = document_of(conversation.pk)
    found = {**op.members("fields"), "id": str(op.id)}
    if _finding(document, op.id) is None:
        if finding_field(op.id, "id") in versions_of(conversation):
            raise Rejected("gone")
        document["findings"].append(found)
        _change(conversation, document, by)
        return Applied(accepted(conversation.version), conversation=conversation)
    # It may be the same one: the answer was lost together with the ledger's row.
    again = {**document, "findings": [found if one["id"] == found["id"] else one for one in document["findings"]]}
    if _read(again, conversation) != _read(document, conversation):
        raise Rejected("id_taken")
    return Applied(accepted(conversation.version))


def _update_finding(op: Op, by: Bringer) -> Applied:
    conversation = _locked(op.conversation_id, by)
    document, versions = document_of(conversation.pk), versions_of(conversation)
    _require_finding(document, versions, op.id)
    themes = {name: op.members(name).get("themes", []) for name in ("add", "remove")}
    merge = merge_finding(
        document, versions, op.base, str(op.id), op.members("set"), add=themes["add"], remove=themes["remove"]
    )
    return _amend(conversation, merge, by)


def _delete_finding(op: Op, by: Bringer) -> Applied:
    conversation = _locked(op.conversation_id, by)
    document, versions = document_of(conversation.pk), versions_of(conversation)
    if _finding(document, op.id) is None and finding_field(op.id, "id") in versions:
        return Applied(accepted(conversation.version))
    _require_finding(document, versions, op.id)
    document["findings"] = [one for one in document["findings"] if one["id"] != str(op.id)]
    _change(conversation, document, by)
    return Applied(accepted(conversation.version), conversation=conversation)


HANDLERS: Final[Mapping[tuple[str, str], Callable[[Op, Bringer], Applied]]] = {
    ("session", "create"): _create_session,
    ("conversation", "create"): _create_conversation,
    ("conversation", "update"): _update_conversation,
    ("conversation", "delete"): _delete_conversation,
    ("finding", "create"): _create_finding,
    ("finding", "update"): _update_finding,
    ("finding", "delete"): _delete_finding,
}


# --- what the handlers share ---------------------------------------------------------------------------
def _check_role(by: Bringer, roles: frozenset[Any], happened_at: object) -> None:
    """Raise NotNow when the person had one of the roles when it happened, and has none now; Rejected without one."""
    if by.vouched or by.person.scope.has(*roles):
        return
    try:
        instant = parse_datetime(happened_at) if isinstance(happened_at, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not dt.timedelta(0) <= clock.now() - instant <= BROUGHT_WITHIN:
        raise Rejected("forbidden")
    held = Assignment.objects.valid_on(clock.local_date(instant)).filter(person=by.person, role__in=roles)
    if not held.exists():
        raise Rejected("forbidden")
    raise NotNow


def _locked(pk: UUID, by: Bringer) -> Conversation:
    """A conversation that the person may change, locked. Raises Rejected("gone"), NotYet.

    One that is hidden is answered like one that has not come.
    """
    visible = Conversation.objects.visible_to(by.person).filter(pk=pk)
    found: Conversation | None = visible.select_for_update(of=("self",)).select_related("listener").first()
    if found is not None and may_change(by.person, found):
        return found
    if Tombstone.objects.visible_to(by.person).filter(pk=pk).exists():
        raise Rejected("gone")
    if not may_log(by.person) and not by.person.scope.grants:
        raise Rejected("absent")
    raise NotYet(pk)


def _amend(conversation: Conversation, merge: Merge, by: Bringer, is_adjusted: bool = False) -> Applied:
    """Store what a merge has made; what clashed is told, and stored by the caller."""
    wanted = _read(merge.document, conversation)
    # Read all that was asked for, also what clashes: a mistake in it is a mistake.
    asked = _read(merge.asked, conversation)
    now = _read(merge.current, conversation)
    clashing = [clash for clash in merge.clashes if clash.differs(asked, now)]
    if wanted != now:
        amend(conversation, wanted, by=by.person)
    if clashing:
        names = sorted(clash.field for clash in clashing)
        outcome = Outcome("conflict", {"version": conversation.version, "fields": names})
        return Applied(outcome, clashing, conversation)
    return Applied(
        accepted(conversation.version, merged=merge.is_merged, clock_adjusted=is_adjusted), conversation=conversation
    )


def _change(conversation: Conversation, document: dict[str, Any], by: Bringer) -> None:
    amend(conversation, _read(document, conversation), by=by.person)


def _read(document: dict[str, Any], conversation: Conversation) -> Submission:
    return read_submission(document, listener=conversation.listener)


def _finding(document: Mapping[str, Any], pk: UUID) -> dict[str, Any] | None:
    return next((one for one in document["findings"] if one["id"] == str(pk)), None)


def _require_finding(document: Mapping[str, Any], versions: Mapping[str, int], pk: UUID) -> None:
    if _finding(document, pk) is None:
        if finding_field(pk, "id") in versions:
            raise Rejected("gone")
        raise NotYet(pk)


def _uuid(told: object) -> UUID | None:
    """A UUID written as text; None for whatever else, which the validation names."""
    try:
        return UUID(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _errors(error: serializers.ValidationError) -> list[FieldError]:
    problem = as_problem(error)
    return [] if problem is None else problem.errors
