"""Photos and sound for the tests, made here byte by byte; and a reader of what is in a photo beside its pixels."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

# What must be in nothing that is kept, in any of the forms in which a file may have it.
SECRETS = (b"Kanarie7Vogel", b"Exif\x00\x00", b"GPS", b"http://ns.adobe.com", b"Photoshop", b"ICC_PROFILE")
BOLOGNA = ((44.0, 29.0, 38.0), (11.0, 20.0, 34.0))


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """Red on the left, blue on the right: one sees which way up it is."""
    made = Image.new("RGB", (width, height), (200, 30, 30))
    made.paste((30, 30, 200), (width // 2, 0, width, height))
    return made


def exif(orientation: int = 1) -> bytes:
    """EXIF as a phone writes it: where, with what, and which way it was held."""
    told = Image.Exif()
    told[0x010F], told[0x0112] = "Kanarie7Vogel Phone", orientation
    told[0x8825] = {1: "N", 2: BOLOGNA[0], 3: "E", 4: BOLOGNA[1]}
    told[0x8769] = {0x9003: "2026:05:12 14:00:00", 0x927C: b"Kanarie7Vogel maker note"}
    return told.tobytes()


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:exif="http://ns.adobe.com/exif/1.0/">'
    b"Kanarie7Vogel exif:GPSLatitude</rdf:RDF></x:xmpmeta>"
)
ICC = b"Kanarie7Vogel GPS profile".ljust(256, b"\0")


def jpeg(*, orientation: int = 1, told: bool = True, size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    more: dict[str, Any] = {}
    if told:
        more = {"exif": exif(orientation), "xmp": XMP, "icc_profile": ICC, "comment": b"Kanarie7Vogel GPS"}
    picture(*size).save(out, "JPEG", quality=92, **more)
    content = out.getvalue()
    if told:  # IPTC as Photoshop keeps it
        iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x10\x1c\x02\x5a\x00\x0dKanarie7Vogel"
        content = content[:2] + b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc + content[2:]
    return content


def png() -> bytes:
    out = io.BytesIO()
    text = PngImagePlugin.PngInfo()
    text.add_text("Location", "Kanarie7Vogel GPS 44.49 11.34")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    text.add_text("Raw profile type iptc", "Kanarie7Vogel", zip=True)
    picture().save(out, "PNG", pnginfo=text, exif=exif(), icc_profile=ICC)
    return out.getvalue()


def webp() -> bytes:
    out = io.BytesIO()
    picture().save(out, "WEBP", exif=exif(), xmp=XMP, icc_profile=ICC)
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A few kilobytes that claim, and hold, any number of black pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    press = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 2)
    packed = b"".join(press.compress(row) for _ in range(min(height, 20_000))) + press.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def m4a(
    *, handler: bytes = b"soun", brand: bytes = b"M4A ", sound: bytes = bytes(range(256)) * 8, told: bytes = b""
) -> bytes:
    """The container of a recording, with bytes for its sound."""
    hdlr = box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13)
    moov = box(b"moov", box(b"mvhd", b"\0" * 100) + box(b"trak", box(b"tkhd", b"\0" * 84) + box(b"mdia", hdlr)) + told)
    return box(b"ftyp", brand + b"\0\0\0\0" + b"isom") + moov + box(b"mdat", sound)


def page_of_ogg(number: int, content: bytes, *, stream: int = 7) -> bytes:
    lengths = bytes([255] * (len(content) // 255) + [len(content) % 255])
    head = b"OggS\0" + bytes([2 if number == 0 else 0]) + b"\0" * 8 + struct.pack("<III", stream, number, 0)
    return head + bytes([len(lengths)]) + lengths + content


def ogg(sound: bytes = b"sound" * 300) -> bytes:
    head = b"OpusHead\x01\x01" + b"\0" * 9
    return page_of_ogg(0, head) + page_of_ogg(1, b"OpusTags" + b"\0" * 8) + page_of_ogg(2, sound)


# --- the oracle: what stands in a file beside its pixels, found without Pillow --------------------------
def parts_of(content: bytes) -> list[str]:
    """The names of all parts of a JPEG, PNG or WebP file, in order; fails where they do not fill it exactly."""
    if content.startswith(b"\xff\xd8"):
        return _parts_of_jpeg(content)
    if content.startswith(b"\x89PNG"):
        return _parts_of_png(content)
    assert content.startswith(b"RIFF")
    return _parts_of_webp(content)


def _parts_of_jpeg(content: bytes) -> list[str]:
    found, at = [], 2
    while True:
        assert content[at] == 0xFF
        marker = content[at + 1]
        (length,) = struct.unpack_from(">H", content, at + 2)
        found.append(
            f"{marker:02X}" + (f" {content[at + 4 : at + 8].decode('latin-1')}" if 0xE0 <= marker < 0xF0 else "")
        )
        at += 2 + length
        if marker == 0xDA:
            end = content.index(b"\xff\xd9", at)
            assert end + 2 == len(content), "something stands behind the picture"
            return found


def _parts_of_png(content: bytes) -> list[str]:
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        found.append(content[at + 4 : at + 8].decode())
        at += 12 + length
    assert found[-1] == "IEND"
    return found


def _parts_of_webp(content: bytes) -> list[str]:
    found, at = [], 12
    assert struct.unpack_from("<I", content, 4)[0] + 8 == len(content)
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at + 4)
        found.append(content[at : at + 4].decode())
        at += 8 + length + length % 2
    return found


# Quantisation, frame, Huffman tables, scan; the JFIF head says the shape of a pixel. Nothing else.
PIXELS_ALONE = {"DB", "C0", "C2", "C4", "DA", "E0 JFIF", "IHDR", "IDAT", "IEND", "VP8 ", "VP8L"}
