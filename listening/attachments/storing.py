"""Where the bytes are: Django's storage `attachments`. Files are named after their content, chunks at random.

The rows say what is true. Bytes without a row are left over from a crash: nobody reads them, the sweep deletes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import connection

from backend import clock
from backend.db import sql
from listening.attachments.media_types import MediaType
from listening.attachments.models import StoredFile

logger = logging.getLogger(__name__)


def storage() -> Storage:
    return storages["attachments"]


def save_chunk(attachment: UUID, chunk: bytes) -> str:
    """Store a chunk; its name. Never over another: a row that is rolled back leaves only a file that nobody names."""
    return storage().save(f"chunks/{attachment}/{uuid4().hex}", ContentFile(chunk))


def read(name: str) -> bytes:
    """Raises FileNotFoundError."""
    with storage().open(name) as file:
        content: bytes = file.read()
        return content


def keep(content: bytes, media_type: MediaType) -> StoredFile:
    """Store content under its hash, unless it is there. Call it inside the transaction that refers to it.

    Holds a lock of the row until its end: of two who bring the same bytes the second waits and finds them, and whoever
    deletes files leaves this one alone.
    """
    file = StoredFile(hashlib.sha256(content).hexdigest(), len(content), media_type, clock.now())
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.attachments", "keep_file.sql"),
            {"sha256": file.sha256, "size": file.size, "media_type": media_type.value, "now": file.stored_at},
        )
        (is_new,) = cursor.fetchone()
    is_there = storage().exists(file.name)
    if is_there and is_new:
        # Without a row it is what a crash left, perhaps half of it.
        storage().delete(file.name)
    if is_new or not is_there:
        saved = storage().save(file.name, ContentFile(content))
        if saved != file.name:
            raise RuntimeError("The storage gave content another name than its hash.")
        _settle(saved)
    return file


def delete(names: Iterable[str]) -> None:
    """Delete what no row names any longer. What cannot be deleted now is left to the sweep."""
    for name in names:
        try:
            storage().delete(name)
        except OSError as error:
            logger.warning("an unused file was not deleted", exc_info=error)


def list_folder(name: str) -> tuple[list[str], list[str]]:
    """Folders and files in a folder; none when it is not there yet."""
    try:
        folders, files = storage().listdir(name)
    except FileNotFoundError:
        return [], []
    return list(folders), list(files)


def age(name: str, now: dt.datetime) -> dt.timedelta:
    """How long ago a file was written; no time at all when it is gone by now."""
    try:
        return now - storage().get_modified_time(name)
    except FileNotFoundError:
        return dt.timedelta(0)


def _settle(name: str) -> None:
    """Have the disk hold it before a row says so: after a power cut a phone has nothing to send again.

    An object store answers only when it has stored.
    """
    where = storage()
    if not isinstance(where, FileSystemStorage):
        return
    path = Path(where.path(name))
    folders = [folder for folder in path.parents if folder.is_relative_to(where.location)]
    for place in (path, *folders):
        opened = os.open(place, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
