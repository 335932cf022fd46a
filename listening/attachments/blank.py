"""Write over what a recording tells beside its sound, such as where it was made. Pure: bytes in, bytes out."""

from __future__ import annotations

from typing import Final

from listening.attachments.media_types import MediaType
from listening.attachments.sniff import Box, boxes, inside

# ISO 14496-12, sections 8.10, 8.11 and 11.1: what users, players and makers of phones add. Phones write the place as
# `©xyz` or `loci` in `udta`, or as com.apple.quicktime.location.ISO6709 in `meta`.
TOLD: Final = (b"udta", b"meta", b"uuid")
PADDING: Final = (b"free", b"skip", b"wide")


def blank(recording: bytes, media_type: MediaType) -> bytes:
    """The recording, with zeros in place of what MPEG-4 tells of it; sound and its addresses stay where they are.

    Ogg is left as it is: its comments are under a checksum, and recorders write their own name there and nothing else.
    `recording` was found good by `sniff.identify`.
    """
    if media_type is not MediaType.MP4:
        return recording
    tops = list(boxes(recording, 0, len(recording)))
    told = [box for box in tops if box.kind in (*TOLD, *PADDING)]
    for movie in (box for box in tops if box.kind in {b"moov", b"moof"}):
        told += inside(recording, movie, *TOLD, *PADDING)
        for track in inside(recording, movie, b"trak", b"traf"):
            told += inside(recording, track, *TOLD, *PADDING)
    return _without(recording, told)


def _without(recording: bytes, told: list[Box]) -> bytes:
    kept = bytearray(recording)
    for box in told:
        kept[box.at + 4 : box.at + 8] = b"free"
        kept[box.start : box.end] = bytes(box.end - box.start)
    return bytes(kept)
