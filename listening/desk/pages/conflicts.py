"""Two people changed the same: both values, and the choice between them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from backend.policy import access
from backend.problems import Conflict, InvalidRequest, NotFound, PreconditionFailed, Problem
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.desk.page import FAULTS, check_purpose, desk_page, note_reading, problem_of, to_page
from listening.desk.wording import CHANNELS, MEMBERS, Text, worded
from listening.drawing.wording import listed
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.records.models import Conversation
from listening.records.render import render_conversations
from listening.sync.conflicts import clashes_of, settle_clash
from listening.sync.models import Clash

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ShownClash:
    """A clash: what is stored now, what the phone brought, and whose conversation it is in.

    `finding`: what the finding says, where it is one's; `is_moot`: the finding was removed meanwhile.
    """

    clash: Clash
    member: Text
    now: str
    theirs: str
    finding: str
    is_moot: bool
    about: str


@access(Coordinates)
@require_safe
def conflicts(request: HttpRequest) -> HttpResponse:
    """Clashes that nobody has settled, in conversations that a coordinator may read."""
    return _page(request)


@access(Coordinates)
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which of the two values holds."""
    try:
        take = request.POST.get("take", "")
        if take not in Clash.Settlement.values:
            words = {"value": take[:50], "choices": ", ".join(Clash.Settlement.values)}
            raise InvalidRequest(_("“%(value)s”: choose one of: %(choices)s.") % words)
        _settle(request, pk, Clash.Settlement(take), request.POST.get("version", ""))
    except FAULTS as fault:
        return _page(request, problem_of(fault))
    return to_page(request, "desk-conflicts")


@transaction.atomic
def _settle(request: HttpRequest, pk: int, take: Clash.Settlement, version: str) -> None:
    """Raises NotFound, PreconditionFailed when the conversation changed since, Conflict when another chose first."""
    person = person_of(request)
    found = clashes_of(person).filter(pk=pk).values_list("conversation_id", flat=True) if pk < 2**63 else None
    conversation = Conversation.objects.select_for_update().filter(pk__in=found).first() if found is not None else None
    if conversation is None:
        raise NotFound(_("There is no such clash."))
    purpose = check_purpose(request, [conversation.pk] if conversation.listener_id != person.pk else [])
    if str(conversation.version) != version:
        raise PreconditionFailed(
            _("Somebody changed this conversation since you opened the page. Both are shown anew.")
        )
    if Clash.objects.filter(pk=pk).exclude(settlement="").exists():
        raise Conflict(_("Somebody else has settled this clash meanwhile."))
    settle_clash(pk, take, by=person)
    record(Verb.CHANGE, Conversation, [conversation.pk], request=request, purpose=purpose)


def _page(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    person = person_of(request)
    clashes = list(clashes_of(person).filter(settlement="").select_related("op__person", "conversation")[:MOST_SHOWN])
    others = {clash.conversation_id for clash in clashes if clash.conversation.listener_id != person.pk}
    try:
        note_reading(request, others)
    except FAULTS as fault:
        return desk_page(request, "desk/conflicts.html", {}, problem=problem_of(fault))
    rendered = render_conversations(sorted({clash.conversation_id for clash in clashes}))
    documents = {one.id: json.loads(one.document) for one in rendered}
    shown = [_shown(clash, documents[clash.conversation_id]) for clash in clashes]
    return desk_page(request, "desk/conflicts.html", {"clashes": shown, "most": MOST_SHOWN}, problem=problem)


def _shown(clash: Clash, document: dict[str, Any]) -> ShownClash:
    finding_id, _, member = clash.field.rpartition(".")
    holder = document
    if finding_id:
        holder = next((one for one in document["findings"] if one["id"] == finding_id), {})
    return ShownClash(
        clash=clash,
        member=MEMBERS.get(member, member),
        now=worded(member, holder.get(member)),
        theirs=worded(member, clash.theirs),
        finding=holder.get("text", "") if finding_id and member != "text" else "",
        is_moot=bool(finding_id and not holder),
        about=listed(
            filter(None, [
                document["listener"],
                document["district"]["name"] if document["district"] else "",
                str(CHANNELS.get(document["channel"], document["channel"])),
                worded("occurred_at", document["occurred_at"]),
            ])
        ),
    )  # fmt: skip
