"""A JSON body that may come compressed: phones pay for every byte."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings

from backend.http.strict_json import StrictJSONParser
from backend.problems import BodyTooLarge, InvalidRequest, UnsupportedMediaType


class CompressedJSONParser(StrictJSONParser):
    """application/json, plain or with `Content-Encoding: gzip`; the limit counts for what comes out."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        headers = {} if parser_context is None else parser_context["request"].headers
        match headers.get("Content-Encoding", "identity").strip().lower():
            case "identity":
                pass
            case "gzip":
                stream = io.BytesIO(_decompressed(stream))
            case other:
                raise UnsupportedMediaType(
                    f"The encoding {other[:40]!r} of a body is not read here; send gzip, or none."
                )
        return super().parse(stream, media_type, parser_context)


def _decompressed(stream: IO[Any]) -> bytes:
    """At most one byte more than the limit is ever made of a body, whatever it claims."""
    limit: int = settings.BODY_LIMIT_BYTES
    wanted = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = wanted.decompress(stream.read(limit + 1), limit + 1)
    except zlib.error:
        raise InvalidRequest("The body is not gzip, though Content-Encoding says so.") from None
    if len(body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes when it is unpacked.", limit_bytes=limit)
    if not wanted.eof:
        raise InvalidRequest("The body ends before its gzip does.")
    return body
