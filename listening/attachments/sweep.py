"""Delete what nobody waits for any longer, and what crashes have left in the storage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from django.db import transaction

from backend import clock
from listening.attachments import storing
from listening.attachments.discard import discard_attachments, discard_files
from listening.attachments.models import Attachment, Chunk, StoredFile
from listening.attachments.querysets import AttachmentQuerySet

AT_ONCE: Final = 500
# Younger bytes without a row may be those of a transaction that is under way.
LEFT_BEHIND: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Swept:
    """How many of each were deleted."""

    never_completed: int
    never_claimed: int
    of_deleted: int
    unused_files: int
    left_behind: int

    def __str__(self) -> str:
        return (
            f"deleted {self.never_completed} attachments that were never completed, {self.never_claimed} whose "
            f"conversation never came, {self.of_deleted} whose conversation was deleted, "
            f"{self.unused_files} files that nobody refers to, {self.left_behind} that were left behind"
        )


def sweep() -> Swept:
    """Delete what is over. A few transactions for each kind; attachments that somebody is sending are passed over."""
    now = clock.now()
    return Swept(
        never_completed=_discard_all(Attachment.objects.never_completed(now)),
        never_claimed=_discard_all(Attachment.objects.never_claimed(now)),
        of_deleted=_discard_all(Attachment.objects.of_deleted()),
        unused_files=sum(iter(discard_files, 0)),
        left_behind=_discard_left_behind(now),
    )


def _discard_all(attachments: AttachmentQuerySet) -> int:
    def discard_some() -> int:
        with transaction.atomic():
            locked = attachments.order_by().select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]
            return discard_attachments([attachment.pk for attachment in locked])

    return sum(iter(discard_some, 0))


def _discard_left_behind(now: dt.datetime) -> int:
    """Bytes that no row names: what a crash between the two left."""
    found = 0
    for folder in ("chunks", "files"):
        names_in_folder = _names_in(folder)
        while names := list(islice(names_in_folder, AT_ONCE)):
            known = set(Chunk.objects.filter(name__in=names).values_list("name", flat=True))
            known |= {file.name for file in StoredFile.objects.filter(pk__in=[n.rpartition("/")[2] for n in names])}
            lost = [n for n in names if n not in known and storing.age(n, now) > LEFT_BEHIND]
            storing.delete(lost)
            found += len(lost)
    return found


def _names_in(folder: str) -> Iterator[str]:
    folders, files = storing.list_folder(folder)
    yield from (f"{folder}/{name}" for name in files)
    for inner in folders:
        yield from _names_in(f"{folder}/{inner}")
