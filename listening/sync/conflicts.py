"""Clashes: both values are kept, and whoever coordinates there says which holds."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from backend import clock
from backend.problems import NotFound
from listening.capture.amend import amend
from listening.capture.api.serializers import read_submission
from listening.fieldwork.models import User
from listening.records.models import Conversation
from listening.records.permissions import may_change
from listening.records.render import document_of
from listening.sync.apply import Applied
from listening.sync.merge import with_value
from listening.sync.models import Clash, Op


def keep_clashes(applied: Applied, row: Op, *, at: dt.datetime) -> None:
    """Store what clashed in an op that was applied."""
    if not applied.clashes:
        return
    Clash.objects.bulk_create(
        Clash(conversation=applied.conversation, op=row, field=clash.field, ours=clash.ours, theirs=clash.theirs, at=at)
        for clash in applied.clashes
    )


def clashes_of(person: User) -> QuerySet[Clash]:
    """Clashes in conversations that a person may read, the newest first."""
    return Clash.objects.filter(conversation__in=Conversation.objects.visible_to(person))


@transaction.atomic
def settle_clash(clash_id: int, take: Clash.Settlement, *, by: User) -> Clash:
    """Let one of the two values hold. "theirs" makes a new version of the record. Raises NotFound.

    A clash that was settled before stays as it is.
    """
    clash = clashes_of(by).select_related("conversation").filter(pk=clash_id).first()
    if clash is None:
        raise NotFound("There is no such clash.")
    conversation = (
        Conversation.objects.select_for_update(of=("self",)).select_related("listener").get(pk=clash.conversation_id)
    )
    if not may_change(by, conversation):
        raise NotFound("There is no such clash.")
    clash.refresh_from_db()
    if clash.settlement:
        return clash
    if take == Clash.Settlement.THEIRS:
        try:
            document = with_value(document_of(conversation.pk), clash.field, clash.theirs)
        except KeyError:
            raise NotFound("The finding was removed meanwhile; there is nothing to settle.") from None
        amend(conversation, read_submission(document, listener=conversation.listener), by=by)
    clash.settlement, clash.settled_at, clash.settled_by = take, clock.now(), by
    clash.save(update_fields=["settlement", "settled_at", "settled_by"])
    return clash
