"""The journal of deletions: a file beside the database, so that a restored backup can be put right.

One JSON object a line: id and version of the tombstone, id of the listener, who deleted it, instant, and of what was
withdrawn the HMAC of the code. No word of what was said. A withdrawal is on the disk before it commits; the worker adds
what staff and retention deleted. A line too many does no harm: what it names is deleted, or is about to be.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from backend import clock
from listening.codelists.models import Theme
from listening.consent.models import Withdrawal
from listening.erasure.erase import erase, locked_conversation
from listening.fieldwork.models import User
from listening.records.models import Conversation, Tombstone

AT_ONCE: Final = 1_000


class JournalError(ValueError):
    """A line of the journal cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation that was deleted. `receipt`: HMAC of the code in hexadecimal, "" unless it was withdrawn.

    `deleted_by` is the id of a person; None: its residents withdrew it, or its time was over.
    """

    receipt: str
    conversation: UUID
    listener: int
    version: int
    at: dt.datetime
    deleted_by: int | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many lines there were, and of those how many conversations were back and are gone again."""

    lines: int
    erased: int


def line_of(tombstone: Tombstone, *, receipt: bytes = b"") -> Line:
    return Line(
        receipt.hex(), tombstone.pk, tombstone.listener_id, tombstone.version, tombstone.deleted_at,
        tombstone.deleted_by_id,
    )  # fmt: skip


def append(lines: Sequence[Line]) -> None:
    """Raises OSError when they cannot be written: then nothing is erased either, and the job tries again."""
    path = Path(settings.WITHDRAWAL_JOURNAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = "".join(
        json.dumps(
            {
                "receipt": line.receipt,
                "conversation": str(line.conversation),
                "listener": line.listener,
                "version": line.version,
                "at": line.at.isoformat(),
                "deleted_by": line.deleted_by,
            }
        )
        + "\n"
        for line in lines
    )
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # lines of two workers do not mix
        end = _whole(file)
        try:
            if file.write(written.encode()) != len(written):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)
        except OSError:
            file.truncate(end)
            raise


def _whole(file: io.FileIO) -> int:
    """Go to the end of the last whole line, and cut off what a crash left behind it: it stands for no commit."""
    end = file.seek(0, os.SEEK_END)
    while end and (file.seek(end - 1), file.read(1))[1] != b"\n":
        end -= 1
    file.truncate(end)
    return file.seek(end)


def write_down() -> int:
    """Append what was deleted and is not in the journal yet; how many. Raises OSError, and then tries again.

    Found in the table, and so only what has committed: a deletion that was rolled back would return as a real one.
    """
    written = 0
    while step := _write_down_some():
        written += step
    return written


@transaction.atomic
def _write_down_some() -> int:
    found = Tombstone.objects.filter(written_down_at=None).order_by("deleted_at")
    tombstones = list(found.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
    if tombstones:
        append([line_of(one) for one in tombstones])
        Tombstone.objects.filter(pk__in=[one.pk for one in tombstones]).update(written_down_at=clock.now())
    return len(tombstones)


def read(path: Path) -> Iterator[Line]:
    """The lines of a journal, but for one that a crash cut off. Raises JournalError, OSError."""
    whole, _, _cut_off = path.read_text(encoding="utf-8").rpartition("\n")
    for number, text in enumerate(whole.splitlines(), start=1):
        try:
            told = json.loads(text)
            deleted_by = told.get("deleted_by")
            line = Line(
                receipt=bytes.fromhex(told["receipt"]).hex(),
                conversation=UUID(told["conversation"]),
                listener=int(told["listener"]),
                version=int(told["version"]),
                at=dt.datetime.fromisoformat(told["at"]),
                deleted_by=None if deleted_by is None else int(deleted_by),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise JournalError(f"Line {number} of {path} cannot be read ({type(error).__name__}).") from None
        yield line


def replay(path: Path) -> Replayed:
    """Carry out again what a restored backup has forgotten. Again: nothing changes. All lines are read before any is.

    Raises JournalError, OSError.
    """
    lines = list(read(path))
    Withdrawal.objects.bulk_create(
        (
            Withdrawal(digest=bytes.fromhex(one.receipt), asked_at=one.at, carried_out_at=one.at)
            for one in lines
            if one.receipt
        ),
        ignore_conflicts=True,
    )
    told = {one.conversation: one for one in lines}
    people = User.objects.in_bulk({pk for one in lines for pk in (one.listener, one.deleted_by) if pk is not None})
    back = list(Conversation.objects.filter(pk__in=told).values_list("pk", flat=True))
    erased = sum(_erase_again(pk, by=people.get(told[pk].deleted_by or 0)) for pk in back)
    # Those that were logged after the backup: a phone that sends them once more must find them gone.
    known = set(Tombstone.objects.filter(pk__in=told).values_list("pk", flat=True))
    Tombstone.objects.bulk_create(
        (
            Tombstone(
                id=one.conversation,
                version=one.version,
                listener_id=one.listener,
                sensitivity=Theme.Sensitivity.INTERNAL,
                deleted_at=clock.now(),
                deleted_by=people.get(one.deleted_by or 0),
            )
            for one in told.values()
            if one.conversation not in known and one.listener in people
        ),
        ignore_conflicts=True,
    )
    return Replayed(len(lines), erased)


@transaction.atomic
def _erase_again(pk: UUID, *, by: User | None) -> bool:
    conversation = locked_conversation(pk)
    if conversation is None:
        return False
    erase(conversation, by=by)
    return True
