"""Take the chunks of an attachment, and make the whole of them.

A chunk counts when its row is committed, the last one when the whole is found good. So a phone is never told to have
sent more than is there, and an upload that stands at its full size is complete.

1. Under the lock of the row: does the chunk begin where the last one ended? Its bytes first, then its row: a crash in
   between leaves bytes that no row names.
2. The last chunk is put together with the others outside of any transaction: drawing a photo anew takes a while, and
   nobody should wait for it. Two phones may both do so.
3. Under the lock again, the first of them completes it; for the other the chunk begins at a wrong place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from backend import clock
from backend.problems import Forbidden, InvalidRequest, NotFound
from listening.attachments import storing
from listening.attachments.blank import blank
from listening.attachments.errors import ContentDiffers, UnsupportedContent, WrongOffset
from listening.attachments.media_types import MediaType, Refusal, Refused
from listening.attachments.models import Attachment, Chunk
from listening.attachments.redraw import redraw
from listening.attachments.sniff import ENOUGH, identify, sniff
from listening.fieldwork.models import User


def receive(pk: UUID, chunk: bytes, *, start: int, by: User) -> Attachment:
    """Append a chunk that begins at a byte; the attachment as it is then.

    Call it outside of a transaction. Raises NotFound, Forbidden, WrongOffset, InvalidRequest, UnsupportedContent,
    ContentDiffers.
    """
    with transaction.atomic():
        attachment = _awaiting(pk, start=start, by=by)
        end = start + len(chunk)
        if not chunk or end > attachment.size:
            raise InvalidRequest(f"From byte {start} on, 1 to {attachment.size - start} bytes are missing.")
        is_known = start > 0 or len(chunk) < ENOUGH or sniff(chunk) is not None
        if is_known and end < attachment.size:
            return _append(attachment, chunk)
        before = list(attachment.chunks.order_by("start").values_list("name", flat=True))
    if not is_known:
        # Told at once, not after megabytes that nobody keeps.
        raise _refuse(attachment, Refusal.UNKNOWN_KIND, start=start, by=by)
    return _finish(attachment, before, chunk, start=start, by=by)


def _awaiting(pk: UUID, *, start: int, by: User) -> Attachment:
    """The attachment, locked, when it waits for a chunk that begins at a byte. Call it inside a transaction."""
    attachment = Attachment.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=pk).first()
    if attachment is None:
        raise NotFound("There is no such attachment.")
    if attachment.announced_by_id != by.pk:
        raise Forbidden("Only who announced it sends it.")
    if attachment.refused_for:
        raise UnsupportedContent(attachment.refused_for)
    if attachment.received != start:
        raise WrongOffset(offset=attachment.received)
    return attachment


def _append(attachment: Attachment, chunk: bytes) -> Attachment:
    name = storing.save_chunk(attachment.pk, chunk)
    Chunk.objects.create(attachment=attachment, start=attachment.received, name=name)
    attachment.received += len(chunk)
    attachment.updated_at = clock.now()
    attachment.save(update_fields=["received", "updated_at"])
    return attachment


def _finish(attachment: Attachment, before: Sequence[str], chunk: bytes, *, start: int, by: User) -> Attachment:
    try:
        content = b"".join([*map(storing.read, before), chunk])
    except FileNotFoundError:
        content = b""  # somebody else has completed it meanwhile, or the storage lost a chunk
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise _start_again(attachment, start=start, by=by)
    try:
        media_type = identify(content)
        kept = redraw(content, media_type) if media_type.is_photo else blank(content, media_type)
    except Refused as refusal:
        raise _refuse(attachment, refusal.reason, start=start, by=by) from None
    return _complete(attachment, kept, media_type, start=start, by=by)


@transaction.atomic
def _complete(attachment: Attachment, kept: bytes, media_type: MediaType, *, start: int, by: User) -> Attachment:
    attachment = _awaiting(attachment.pk, start=start, by=by)
    attachment.file = storing.keep(kept, media_type)
    attachment.received = attachment.size
    attachment.completed_at = attachment.updated_at = clock.now()
    attachment.save(update_fields=["file", "received", "completed_at", "updated_at"])
    _forget_chunks(attachment)
    return attachment


@transaction.atomic
def _start_again(attachment: Attachment, *, start: int, by: User) -> ContentDiffers:
    """Forget what came; the answer to it. Raises WrongOffset when it is no longer as it was."""
    attachment = _awaiting(attachment.pk, start=start, by=by)
    attachment.received, attachment.updated_at = 0, clock.now()
    attachment.save(update_fields=["received", "updated_at"])
    _forget_chunks(attachment)
    return ContentDiffers()


@transaction.atomic
def _refuse(attachment: Attachment, reason: Refusal, *, start: int, by: User) -> UnsupportedContent:
    """Refuse the content for good; the answer to it. Raises WrongOffset when it is no longer as it was."""
    attachment = _awaiting(attachment.pk, start=start, by=by)
    attachment.received, attachment.refused_for, attachment.updated_at = 0, reason, clock.now()
    attachment.save(update_fields=["received", "refused_for", "updated_at"])
    _forget_chunks(attachment)
    return UnsupportedContent(reason)


def _forget_chunks(attachment: Attachment) -> None:
    """Delete the chunks; their bytes once that is committed, so that they are there when it is not."""
    names = list(attachment.chunks.values_list("name", flat=True))
    attachment.chunks.all().delete()
    transaction.on_commit(lambda: storing.delete(names), robust=True)
