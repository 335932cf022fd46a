"""Delete what nobody refers to any longer: at once when a conversation goes, and in the sweep."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from listening.attachments import storing
from listening.attachments.models import Attachment, Chunk, StoredFile
from listening.records.models import Conversation

MOST_AT_ONCE = 500


@transaction.atomic
def discard_files(only: Collection[str] | None = None) -> int:
    """Delete stored files that no attachment refers to, all or some of them by hash; how many they were.

    Rows that somebody is about to refer to are locked, and passed over. The bytes go before the row: as long as it is
    locked nobody else stores the same, and bytes without a row would be found by nobody.
    """
    files = StoredFile.objects.unused() if only is None else StoredFile.objects.unused().filter(pk__in=only)
    locked = [file.pk for file in files.select_for_update(skip_locked=True, of=("self",))[:MOST_AT_ONCE]]
    # Asked again under the lock: until then one could have come.
    unused = list(StoredFile.objects.unused().filter(pk__in=locked))
    storing.delete(file.name for file in unused)
    StoredFile.objects.filter(pk__in=[file.pk for file in unused]).delete()
    return len(unused)


@transaction.atomic
def discard_attachments(pks: Collection[Any]) -> int:
    """Delete attachments with their chunks; of their files those that nobody else has. How many they were."""
    chunks = list(Chunk.objects.filter(attachment__in=pks).values_list("name", flat=True))
    files = set(Attachment.objects.filter(pk__in=pks, file__isnull=False).values_list("file_id", flat=True))
    _, deleted = Attachment.objects.filter(pk__in=pks).delete()
    transaction.on_commit(lambda: _discard(chunks, files), robust=True)
    return deleted.get("attachments.Attachment", 0)


def on_conversation_delete(sender: type[Conversation], instance: Conversation, **kwargs: Any) -> None:
    """The database deletes the rows of what belongs to a conversation (migrations/sql/0002); their bytes follow."""
    attachments = Attachment.objects.of_conversation(instance.pk).filter(announced_by=instance.listener_id)
    files = set(attachments.filter(file__isnull=False).values_list("file_id", flat=True))
    chunks = list(Chunk.objects.filter(attachment__in=attachments.order_by()).values_list("name", flat=True))
    if files or chunks:
        transaction.on_commit(lambda: _discard(chunks, files), robust=True)


def _discard(chunks: list[str], files: Collection[str]) -> None:
    storing.delete(chunks)
    if files:
        discard_files(files)
