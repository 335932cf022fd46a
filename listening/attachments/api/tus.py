"""tus 1.0 over HTTP: its headers, in and out. https://tus.io/protocols/resumable-upload, the sections named below."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import IO, Any, Final

from django.conf import settings
from django.utils.http import http_date
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from backend.problems import BodyTooLarge, InvalidRequest
from listening.attachments.errors import ChecksumMismatch, UnknownTusVersion
from listening.attachments.limits import MOST_BYTES
from listening.attachments.models import Attachment

VERSION: Final = "1.0.0"
CHUNK: Final = "application/offset+octet-stream"
# tus asks for SHA-1; whoever may choose takes SHA-256. Neither keeps anybody out: they find damage, not malice.
ALGORITHMS: Final = ("sha256", "sha1")
LONGEST_OFFSET: Final = 10  # digits

SPOKEN: Final[Mapping[str, str]] = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,checksum,expiration",
    "Tus-Max-Size": str(MOST_BYTES),
    "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
}


class ChunkParser(BaseParser):
    """REST framework's parser for a chunk: its bytes."""

    media_type = CHUNK

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit: int = settings.BODY_LIMIT_BYTES
        chunk: bytes = stream.read(limit + 1)
        if len(chunk) > limit:
            raise BodyTooLarge(f"A chunk has {limit} bytes at most.", limit_bytes=limit)
        return chunk


def check_version(request: Request) -> None:
    """Section "Tus-Resumable". Raises UnknownTusVersion; without the header it is taken for granted."""
    if request.headers.get("Tus-Resumable", VERSION) != VERSION:
        raise UnknownTusVersion(VERSION)


def offset_of(request: Request) -> int:
    """Where the chunk of a request begins. Raises InvalidRequest."""
    text = request.headers.get("Upload-Offset", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_OFFSET):
        raise InvalidRequest("Upload-Offset must say at which byte the chunk begins.")
    return int(text)


def chunk_of(request: Request) -> bytes:
    """The chunk of a request, whole and undamaged. Raises InvalidRequest, ChecksumMismatch, and as the parser does."""
    chunk = request.data if isinstance(request.data, bytes) else b""
    if len(chunk) != int(request.META.get("CONTENT_LENGTH") or 0):
        raise InvalidRequest("The body ended before its Content-Length.")
    if told := request.headers.get("Upload-Checksum"):
        _check_sum(chunk, told)
    return chunk


def _check_sum(chunk: bytes, told: str) -> None:
    """Section "Checksum": the name of an algorithm, and the digest in Base64."""
    algorithm, _, encoded = told.partition(" ")
    if algorithm not in ALGORITHMS:
        raise InvalidRequest(f"Upload-Checksum must begin with one of {', '.join(ALGORITHMS)}.")
    try:
        expected = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("Upload-Checksum must end with the digest in Base64.") from None
    if hashlib.new(algorithm, chunk, usedforsecurity=False).digest() != expected:
        raise ChecksumMismatch("The chunk does not have the checksum that Upload-Checksum names; send it again.")


def headers_of(attachment: Attachment) -> dict[str, str]:
    """What every answer about an attachment says (sections "HEAD", "PATCH", "Expiration")."""
    told = {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(attachment.received),
        "Upload-Length": str(attachment.size),
        "Cache-Control": "private, no-store",
    }
    if attachment.expires_at is not None:
        told["Upload-Expires"] = http_date(attachment.expires_at.timestamp())
    return told
