"""Withdrawal by the code of a card: asked for by anybody who has one, carried out by the worker.

To ask is one INSERT whether the code is known or not, so neither the answer nor its time tells. What is carried out
goes through the same door as every deletion (`capture.amend.delete`): cells, change feed, search and attachments
follow it.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from backend import clock
from backend.db import sql
from backend.db.locks import lock_receipts
from listening.consent.codes import NotACode, digest_of, read_code
from listening.consent.models import Receipt, Withdrawal
from listening.erasure import journal
from listening.erasure.erase import erase, locked_conversation
from listening.records.models import Tombstone
from listening.sync.models import Op, WaitingOp

AT_ONCE: Final = 1_000
# A phone may bring the conversation later than its resident sends the code; longer, no unknown code is kept.
AWAITED: Final = dt.timedelta(days=90)
# No request that began before somebody asked is still under way after this.
UNDER_WAY: Final = dt.timedelta(minutes=10)
# Until what failed is tried again: twice as long each time. All that failed is tried within the day that was promised.
SOONEST: Final = dt.timedelta(seconds=10)
LATEST: Final = dt.timedelta(hours=1)
logger = logging.getLogger(__name__)


@transaction.atomic
def ask(code: str) -> None:
    """Note that whoever holds a card wants its conversation deleted. Again: nothing changes. Raises NotACode."""
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.erasure", "ask_withdrawal.sql"),
            {"digest": digest_of(read_code(code)), "asked_at": clock.now()},
        )


def carry_out() -> int:
    """Delete every conversation whose card was used to withdraw it; how many. A transaction for each.

    Call it outside of a transaction. What fails, or ends the worker, is put off and holds up nothing behind it. Unknown
    codes that nobody came for in 90 days are forgotten. Raises DatabaseError when the database itself is away.
    """
    now = clock.now()
    recent = Withdrawal.objects.filter(carried_out_at=None, asked_at__gt=now - UNDER_WAY)
    with transaction.atomic(), connection.cursor() as cursor:
        # Wait for those who bring such a conversation at this moment; whoever comes later finds the withdrawal.
        lock_receipts(cursor, [bytes(one) for one in recent.values_list("digest", flat=True)[:AT_ONCE]])
    done = 0
    for digest in [bytes(one) for one in Withdrawal.objects.due(now).values_list("digest", flat=True)[:AT_ONCE]]:
        attempts = _begin(digest, now)
        try:
            done += _carry_out(digest)
        except (DatabaseError, OSError) as error:
            _note_failure(digest, attempts, error)
    _refuse_waiting()
    Withdrawal.objects.filter(carried_out_at=None, asked_at__lt=now - AWAITED).delete()
    return done


@transaction.atomic
def _begin(digest: bytes, now: dt.datetime) -> int:
    """Put it off before it is tried: a worker that ends in the middle of it comes back to the others first."""
    withdrawal = Withdrawal.objects.select_for_update().get(digest=digest)
    withdrawal.attempts += 1
    withdrawal.try_again_at = now + min(SOONEST * 2 ** min(withdrawal.attempts - 1, 20), LATEST)
    withdrawal.save(update_fields=["attempts", "try_again_at"])
    return withdrawal.attempts


def _note_failure(digest: bytes, attempts: int, error: Exception) -> None:
    kind = type(error).__name__
    logger.error("a withdrawal failed; it is tried again", extra={"attempts": attempts, "error": kind})
    Withdrawal.objects.filter(digest=digest).update(failed_as=kind[:60])


@transaction.atomic
def _refuse_waiting() -> None:
    """Conversations that a phone has brought and that wait, e.g. for their session: their words are stored already."""
    logging_ops = WaitingOp.objects.filter(body__type="conversation", body__fields__has_key="receipt")
    told = dict(logging_ops.select_for_update(of=("self",)).values_list("pk", "body__fields__receipt"))
    digests: dict[UUID, bytes] = {}
    for pk, code in told.items():
        with suppress(NotACode):
            digests[pk] = digest_of(read_code(str(code)))
    withdrawn = Withdrawal.objects.filter(digest__in=set(digests.values())).values_list("digest", flat=True)
    found = {bytes(one) for one in withdrawn}
    gone = [pk for pk, digest in digests.items() if digest in found]
    Op.objects.filter(pk__in=gone).update(outcome={"status": "rejected", "reason": "gone"})
    WaitingOp.objects.filter(pk__in=gone).delete()


@transaction.atomic
def _carry_out(digest: bytes) -> bool:
    """The journal is written before the commit: a line too many does no harm, a missing one would."""
    conversation_id: UUID | None = (
        Receipt.objects.filter(digest=digest).values_list("conversation_id", flat=True).first()
    )
    conversation = None if conversation_id is None else locked_conversation(conversation_id)
    if conversation is None:
        return False
    tombstone = erase(conversation)
    now = clock.now()
    Withdrawal.objects.filter(digest=digest).update(carried_out_at=now, try_again_at=None, failed_as="")
    Tombstone.objects.filter(pk=tombstone.pk).update(written_down_at=now)
    journal.append([journal.line_of(tombstone, receipt=digest)])
    return True
