"""The journal of withdrawals: a file beside the database, so that a restored backup can be put right.

One JSON object a line: HMAC of the code, id and version of the tombstone, id of the listener, instant. No word of what
was said. It is appended to and synced to the disk before the withdrawal commits.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend import clock
from listening.codelists.models import Theme
from listening.consent.models import Withdrawal
from listening.erasure.erase import erase, locked_conversation
from listening.fieldwork.models import User
from listening.records.models import Conversation, Tombstone


class JournalError(ValueError):
    """A line of the journal cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One withdrawal that was carried out."""

    receipt: str
    conversation: UUID
    listener: int
    version: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many lines there were, and of those how many conversations were back and are gone again."""

    lines: int
    erased: int


def append(line: Line) -> None:
    """Raises OSError when it cannot be written: then nothing is erased either, and the job tries again."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = json.dumps(
        {
            "receipt": line.receipt,
            "conversation": str(line.conversation),
            "listener": line.listener,
            "version": line.version,
            "at": line.at.isoformat(),
        }
    )
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # In one write: lines of two workers do not mix.
        os.write(handle, f"{written}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> Iterator[Line]:
    """The lines of a journal. Raises JournalError, OSError."""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            told = json.loads(text)
            line = Line(
                receipt=bytes.fromhex(told["receipt"]).hex(),
                conversation=UUID(told["conversation"]),
                listener=int(told["listener"]),
                version=int(told["version"]),
                at=dt.datetime.fromisoformat(told["at"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise JournalError(f"Line {number} of {path} cannot be read ({type(error).__name__}).") from None
        yield line


def replay(path: Path) -> Replayed:
    """Carry out again what a restored backup has forgotten. Again: nothing changes. All lines are read before any is.

    Raises JournalError, OSError.
    """
    lines = list(read(path))
    Withdrawal.objects.bulk_create(
        (Withdrawal(digest=bytes.fromhex(one.receipt), asked_at=one.at, carried_out_at=one.at) for one in lines),
        ignore_conflicts=True,
    )
    ids = [one.conversation for one in lines]
    back = list(Conversation.objects.filter(pk__in=ids).values_list("pk", flat=True))
    erased = sum(_erase_again(pk) for pk in back)
    # Those that were logged after the backup: a phone that sends them once more must find them gone.
    known = set(Tombstone.objects.filter(pk__in=ids).values_list("pk", flat=True))
    listeners = set(User.objects.filter(pk__in={one.listener for one in lines}).values_list("pk", flat=True))
    Tombstone.objects.bulk_create(
        (
            Tombstone(
                id=one.conversation,
                version=one.version,
                listener_id=one.listener,
                sensitivity=Theme.Sensitivity.INTERNAL,
                deleted_at=clock.now(),
            )
            for one in lines
            if one.conversation not in known and one.listener in listeners
        ),
        ignore_conflicts=True,
    )
    return Replayed(len(lines), erased)


@transaction.atomic
def _erase_again(pk: UUID) -> bool:
    conversation = locked_conversation(pk)
    if conversation is None:
        return False
    erase(conversation)
    return True
