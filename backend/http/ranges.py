"""A file of which a part may be asked for (RFC 9110, section 14): one range of bytes, for downloads that go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK: Final = 262_144
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


def ranged(request: HttpRequest, file: BinaryIO, size: int, *, etag: str, media_type: str) -> HttpResponseBase:
    """The file, or the part of it that is asked for; closes the file when all was sent.

    Several ranges at once, and ranges of another version (If-Range), get the whole file; one that begins behind the end
    gets 416.
    """
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or asked[0] == "bytes=-" or not _same_version(request, etag) or request.method == "HEAD":
        return _sent(file, 0, size, headers, media_type, request)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if asked[2] and int(asked[2]) < first:
            return _sent(file, 0, size, headers, media_type, request)
    else:  # the last so many bytes
        first, last = max(size - int(asked[2]), 0), size - 1
    if first > last:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _sent(file, first, last - first + 1, headers, media_type, request, status=206)


def _same_version(request: HttpRequest, etag: str) -> bool:
    """Whether If-Range names this version; a date never does, as a file here has none."""
    wanted = request.headers.get("If-Range", "").strip()
    return not wanted or wanted == etag


def _sent(
    file: BinaryIO, first: int, length: int, headers: dict[str, str], media_type: str, request: HttpRequest,
    status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    headers = {**headers, "Content-Length": str(length)}
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, content_type=media_type, headers=headers)
    response = StreamingHttpResponse(_parts(file, first, length), status=status, content_type=media_type)
    for name, value in headers.items():
        response[name] = value
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _parts(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    file.seek(first)
    while length > 0 and (part := file.read(min(CHUNK, length))):
        length -= len(part)
        yield part
