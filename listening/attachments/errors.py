"""What can be wrong with an attachment, as problems. tus names the statuses and headers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.problems import BodyTooLarge, Conflict, InvalidRequest, PreconditionFailed, UnsupportedMediaType
from listening.attachments.limits import MOST_ATTACHMENTS, MOST_BYTES
from listening.attachments.media_types import MediaType, Refusal


class AttachmentIdTaken(Conflict):
    """An attachment with this id was announced, with other content. For another one, send a new id."""

    slug, title = "attachment-id-taken", "The id is taken by another attachment"

    def __init__(self, *, attachment: UUID) -> None:
        super().__init__(
            f"An attachment with the id {attachment} was announced with other content; send a new id.",
            attachment=str(attachment),
        )


class TooManyAttachments(Conflict):
    """The conversation has as many attachments as one may have."""

    slug, title = "too-many-attachments", "The conversation has too many attachments"

    def __init__(self) -> None:
        super().__init__(f"A conversation has {MOST_ATTACHMENTS} attachments at most.", limit=MOST_ATTACHMENTS)


class AttachmentTooLarge(BodyTooLarge):
    """The whole attachment is larger than `limit_bytes`. Make it smaller, or split the recording."""

    slug, title = "attachment-too-large", "The attachment is too large"

    def __init__(self) -> None:
        super().__init__(f"An attachment has {MOST_BYTES} bytes at most.", limit_bytes=MOST_BYTES)


class WrongOffset(Conflict):
    """The chunk does not begin where the last one ended; `offset`, also in Upload-Offset, says where to go on."""

    slug, title = "wrong-offset", "The chunk does not begin where the last one ended"

    def __init__(self, *, offset: int, detail: str = "") -> None:
        super().__init__(detail or f"Go on at byte {offset}.", offset=offset)
        self.headers["Upload-Offset"] = str(offset)


class ContentDiffers(WrongOffset):
    """All of it came, and its SHA-256 is not the one that was announced. Send it again from the start."""

    slug, title = "content-differs", "The content is not what was announced"

    def __init__(self) -> None:
        super().__init__(offset=0, detail="The SHA-256 of what came is not the one announced; start again at byte 0.")


class AttachmentIncomplete(Conflict):
    """Not all of the attachment has come yet, or its content was refused: there is nothing to read."""

    slug, title = "attachment-incomplete", "The attachment is not complete"

    def __init__(self, *, state: str) -> None:
        super().__init__("There is no content to read.", state=state)


class ChecksumMismatch(InvalidRequest):
    """The bytes of the chunk do not have the checksum that Upload-Checksum names. Send the same chunk again."""

    slug, title, status = "checksum-mismatch", "The chunk was damaged on its way", 460


class UnsupportedContent(UnsupportedMediaType):
    """By its bytes, the content is nothing that is kept here; `reason` says why. It is final: do not send it again."""

    slug, title = "unsupported-content", "The content is not kept here"

    def __init__(self, reason: Refusal | str) -> None:
        super().__init__(
            f"The content was refused: {reason}. Kept are {', '.join(MediaType)}.",
            reason=str(reason),
            allowed=list(MediaType),
        )


class UnknownTusVersion(PreconditionFailed):
    """Tus-Resumable names a version of tus that is not spoken here; Tus-Version lists those that are."""

    slug, title = "unknown-tus-version", "The version of tus is not spoken here"

    def __init__(self, version: str, **members: Any) -> None:
        super().__init__("Send Tus-Resumable: 1.0.0.", **members)
        self.headers["Tus-Version"] = version
