"""Which kinds of content are kept, and why others are not."""

from __future__ import annotations

from typing import Final

from django.db import models


class MediaType(models.TextChoices):
    """What is kept: photos, which are drawn anew, and sound."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    MP4 = "audio/mp4"
    OGG = "audio/ogg"

    @property
    def is_photo(self) -> bool:
        return self.value.startswith("image/")


class Refusal(models.TextChoices):
    """Why content is not kept; final, sending it again changes nothing."""

    UNKNOWN_KIND = "unknown_kind"  # none of the media types, whatever its name says
    SEVERAL_KINDS = "several_kinds"  # can also be read as something else, as a ZIP archive or a page
    BROKEN = "broken"  # cut off, or against the rules of its format
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_COSTLY = "too_costly"  # takes more memory or time than a photo does


EXTENSIONS: Final = {
    MediaType.JPEG: "jpg",
    MediaType.PNG: "png",
    MediaType.WEBP: "webp",
    MediaType.MP4: "m4a",
    MediaType.OGG: "ogg",
}


class Refused(Exception):
    """Content that is not kept."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason
