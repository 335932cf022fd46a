"""Delete what has had its time: texts first, then exact places, then the record; contacts when they run out.

By the day on which the service received a conversation. Each step is found in the tables anew, so a run that was broken
off goes on with the next.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from backend import clock
from backend.db import sql
from listening.audit.forget import LEAST_DAYS, entries_to_forget, forget_entries
from listening.erasure.erase import erase, locked_conversation
from listening.erasure.models import Hold
from listening.records.models import Conversation
from listening.sync.models import Op, WaitingOp
from listening.vault import contacts

DAYS: Final[Mapping[str, int]] = {"text": 365, "point": 730, "record": 1_826, "waiting": 90, "audit": 730}
AT_ONCE: Final = 1_000
logger = logging.getLogger(__name__)
_FORM: Final = re.compile(r"([a-z]+)=([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Applied:
    """How many of each were deleted, or would be; `held` were left alone, `failed` will be tried at the next run."""

    texts: int
    points: int
    records: int
    waiting: int
    contacts: int
    held: int
    failed: int = 0
    audit: int = 0

    def __str__(self) -> str:
        return (
            f"{self.texts} conversations without their texts, {self.points} without their exact place, "
            f"{self.records} deleted, {self.waiting} ops that waited, {self.contacts} contacts, "
            f"{self.audit} entries of the audit; {self.held} held"
            f"{f'; {self.failed} failed' if self.failed else ''}"
        )


def parse_days(text: str) -> Mapping[str, int]:
    """Days by name: the defaults, with those of a text such as `text=180,record=730` over them. Raises ValueError."""
    days = dict(DAYS)
    for part in filter(None, map(str.strip, text.split(","))):
        form = _FORM.fullmatch(part)
        if form is None or form[1] not in DAYS:
            raise ValueError(f"{part!r} is none of {', '.join(f'{name}=days' for name in DAYS)}")
        days[form[1]] = int(form[2])
    if not days["text"] <= days["record"] >= days["point"]:
        raise ValueError("a record is kept as long as its text and its point, or longer")
    if days["audit"] < LEAST_DAYS:
        raise ValueError(f"the audit is kept {LEAST_DAYS} days or longer")
    return days


def apply_retention(*, dry_run: bool = False) -> Applied:
    """Apply the rules; several transactions. Call it outside of one. `dry_run` changes nothing, and counts.

    A record that cannot be deleted is left for the next run, and holds up nothing.
    """
    days, now = parse_days(settings.RETENTION), clock.now()
    limits = {name: now - dt.timedelta(days=number) for name, number in days.items()}
    records = _free(limits["record"])
    waiting = WaitingOp.objects.filter(op__received_at__lt=limits["waiting"])
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.erasure", "count_over.sql"), limits)
        texts, points, held = cursor.fetchone()
    if dry_run:
        ended = contacts.expired(now) if settings.VAULT_KEYS else 0
        number = records.count(), waiting.count(), ended, held
        return Applied(texts, points, *number, audit=entries_to_forget(limits["audit"]))
    erased, failed = 0, set[UUID]()
    while pks := list(records.exclude(pk__in=failed).values_list("pk", flat=True)[:AT_ONCE]):
        for pk in pks:
            try:
                erased += _erase(pk)
            except DatabaseError as error:
                told = {"error": type(error).__name__}
                logger.error("a conversation whose time is over was not deleted", extra=told)
                failed.add(pk)
    shortened: dict[str, int] = {}
    for name, statement in (("text", "shorten_texts.sql"), ("point", "coarsen_points.sql")):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.read("listening.erasure", statement), {"before": limits[name], "now": now})
            shortened[name] = cursor.fetchone()[0]
    ended = contacts.forget_expired(now) if settings.VAULT_KEYS else 0
    refused, forgotten = _refuse_waiting(waiting), forget_entries(limits["audit"])
    return Applied(
        shortened["text"], shortened["point"], erased, refused, ended, held, failed=len(failed), audit=forgotten
    )


def _free(before: dt.datetime) -> QuerySet[Conversation]:
    """Conversations received before an instant that nobody holds."""
    return Conversation.objects.filter(
        ~Exists(Hold.objects.filter(conversation=OuterRef("pk"))), received_at__lt=before
    ).order_by("pk")


@transaction.atomic
def _erase(pk: UUID) -> bool:
    conversation = locked_conversation(pk)
    # Asked again under the lock: a hold could have come.
    if conversation is None or Hold.objects.filter(conversation=conversation).exists():
        return conversation is None
    erase(conversation)
    return True


@transaction.atomic
def _refuse_waiting(waiting: QuerySet[WaitingOp]) -> int:
    """What nobody let in for so long is refused: it holds what was said."""
    pks = list(waiting.select_for_update(of=("self",)).values_list("pk", flat=True))
    Op.objects.filter(pk__in=pks).update(outcome={"status": "rejected", "reason": "forbidden"})
    WaitingOp.objects.filter(pk__in=pks).delete()
    return len(pks)
