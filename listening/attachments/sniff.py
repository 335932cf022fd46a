"""What content is by its bytes, whatever its name says; and whether it is that and nothing else.

Pure: bytes in, media type out. Photos are drawn anew (`redraw`), so here their beginning is enough. Sound is kept as it
came: its container is walked from the first byte to the last, so that nothing can stand between or behind.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from listening.attachments.media_types import MediaType, Refusal, Refused

ENOUGH: Final = 36  # bytes by which each of the media types is known
# Where browsers and other programs look for what a file is: WHATWG MIME Sniffing reads 1445 bytes, PDF readers 1024.
HEAD: Final = 4_096
PAGES: Final = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php)|<\?php|%PDF-|#!/", re.IGNORECASE)
LONGEST_ZIP_END: Final = 22 + 0xFFFF  # end of central directory with its comment (APPNOTE 4.3.16)

# ISO 14496-12: brands of files with sound alone, or with anything; what is in them is looked at.
BRANDS: Final = {b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash"}
BOXES: Final = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"styp", b"uuid"}
MOST_BOXES: Final = 100_000
OPUS_HEAD: Final = b"OpusHead"


def sniff(content: bytes) -> MediaType | None:
    """The media type by the first bytes, `ENOUGH` of them or all there are; None when it is none that is kept."""
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return MediaType.PNG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return MediaType.WEBP
    if content[4:8] == b"ftyp" and content[8:12] in BRANDS:
        return MediaType.MP4
    if content.startswith(b"OggS") and content[28:36] == OPUS_HEAD:
        return MediaType.OGG
    return None


def identify(content: bytes) -> MediaType:
    """The media type of whole content. Raises Refused."""
    media_type = sniff(content)
    if media_type is None:
        raise Refused(Refusal.UNKNOWN_KIND)
    if PAGES.search(content, 0, HEAD) or is_archive(content):
        raise Refused(Refusal.SEVERAL_KINDS)
    if media_type is MediaType.MP4:
        check_mp4(content)
    elif media_type is MediaType.OGG:
        check_ogg(content)
    return media_type


def is_archive(content: bytes) -> bool:
    """Whether it can be opened as a ZIP archive, which is read from its end: also a JAR, an APK, an office document."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - LONGEST_ZIP_END))
    return end >= 0 and (b"PK\x01\x02" in content or b"PK\x03\x04" in content)


def check_mp4(content: bytes) -> None:
    """MPEG-4 with sound and nothing but sound, whose boxes fill it exactly (ISO 14496-12). Raises Refused."""
    tops = list(boxes(content, 0, len(content)))
    kinds = [top.kind for top in tops]
    if set(kinds) - BOXES:
        raise Refused(Refusal.SEVERAL_KINDS)
    if kinds.count(b"moov") != 1 or b"mdat" not in kinds:
        raise Refused(Refusal.BROKEN)
    handlers = [
        content[handler.start + 8 : handler.start + 12]
        for movie in tops
        if movie.kind == b"moov"
        for track in inside(content, movie, b"trak")
        for media in inside(content, track, b"mdia")
        for handler in inside(content, media, b"hdlr")
    ]
    if not handlers:
        raise Refused(Refusal.BROKEN)
    if set(handlers) != {b"soun"}:
        raise Refused(Refusal.UNKNOWN_KIND)


@dataclass(frozen=True, slots=True)
class Box:
    """A box of MPEG-4: where its header begins, and what is in it."""

    kind: bytes
    at: int
    start: int
    end: int


def inside(content: bytes, outer: Box, *kinds: bytes) -> list[Box]:
    """The boxes of some kinds directly in another. Raises Refused."""
    return [box for box in boxes(content, outer.start, outer.end) if box.kind in kinds]


def boxes(content: bytes, at: int, end: int) -> Iterator[Box]:
    """The boxes that lie between two bytes, and fill what is between. Raises Refused."""
    for _ in range(MOST_BOXES):
        if at == end:
            return
        if end - at < 8:
            raise Refused(Refusal.BROKEN)
        size, kind = struct.unpack_from(">I4s", content, at)
        header = 8
        if size == 1 and end - at >= 16:
            (size,), header = struct.unpack_from(">Q", content, at + 8), 16
        if size < header or size > end - at:
            raise Refused(Refusal.BROKEN)
        yield Box(kind, at, at + header, at + size)
        at += size
    raise Refused(Refusal.TOO_COSTLY)


def check_ogg(content: bytes) -> None:
    """Ogg with one stream of Opus, whose pages fill it exactly (RFC 3533, section 6; RFC 7845). Raises Refused."""
    at, streams, pages = 0, set(), 0
    while at < len(content):
        if content[at : at + 5] != b"OggS\x00" or len(content) - at < 27:
            raise Refused(Refusal.BROKEN)
        segments = content[at + 26]
        lengths = content[at + 27 : at + 27 + segments]
        streams.add(content[at + 14 : at + 18])
        pages += 1
        at += 27 + segments + sum(lengths)
    if at != len(content) or len(streams) != 1 or pages < 2:
        raise Refused(Refusal.BROKEN)
