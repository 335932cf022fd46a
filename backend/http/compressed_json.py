"""JSON that may come and go compressed: phones pay for every byte."""

from __future__ import annotations

import functools
import gzip
import io
import zlib
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

import zstandard
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from backend.http.strict_json import StrictJSONParser
from backend.problems import BodyTooLarge, InvalidRequest, UnsupportedMediaType

LARGEST_WINDOW: Final = 8 * 1024 * 1024
WORTH_IT: Final = 200  # bytes; shorter answers grow


class CompressedJSONParser(StrictJSONParser):
    """application/json, plain or with `Content-Encoding: gzip` or `zstd`; the limit counts for what comes out."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        headers = {} if parser_context is None else parser_context["request"].headers
        match headers.get("Content-Encoding", "identity").strip().lower():
            case "identity":
                pass
            case "gzip":
                stream = io.BytesIO(_gunzipped(stream))
            case "zstd":
                stream = io.BytesIO(_unzstded(stream))
            case other:
                raise UnsupportedMediaType(
                    f"The encoding {other[:40]!r} of a body is not read here; send gzip, zstd, or none."
                )
        return super().parse(stream, media_type, parser_context)


def _gunzipped(stream: IO[Any]) -> bytes:
    """At most one byte more than the limit is ever made of a body, whatever it claims."""
    limit: int = settings.BODY_LIMIT_BYTES
    wanted = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        body = wanted.decompress(stream.read(limit + 1), limit + 1)
    except zlib.error:
        raise InvalidRequest("The body is not gzip, though Content-Encoding says so.") from None
    _refuse_larger(body, limit)
    if not wanted.eof:
        raise InvalidRequest("The body ends before its gzip does.")
    return body


def _unzstded(stream: IO[Any]) -> bytes:
    """One frame, no more of it than the limit and a byte; its window is 8 MB at most (RFC 9659).

    One that ends too early is not told by the library: what came out of it is no JSON.
    """
    limit: int = settings.BODY_LIMIT_BYTES
    packed = io.BytesIO(stream.read(limit + 1))
    wanted = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
    try:
        body: bytes = wanted.stream_reader(packed).read(limit + 1)
    except zstandard.ZstdError:
        raise InvalidRequest("The body is not zstd, though Content-Encoding says so.") from None
    _refuse_larger(body, limit)
    return body


def _refuse_larger(body: bytes, limit: int) -> None:
    if len(body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes when it is unpacked.", limit_bytes=limit)


def compressed_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view whose answers are compressed for who accepts it: zstd, which costs a third of the time, or gzip.

    For answers to bearer tokens: nothing is padded, as what a browser sends by itself would need.
    """

    @functools.wraps(view)
    def compressed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if hasattr(response, "render") and callable(response.render):
            response = response.render()
        patch_vary_headers(response, ("Accept-Encoding",))
        accepted = {
            name.strip().lower()
            for name, _, weight in (one.partition(";") for one in request.headers.get("Accept-Encoding", "").split(","))
            if weight.replace(" ", "") not in {"q=0", "q=0.0"}
        }
        if response.streaming or "Content-Encoding" in response or not isinstance(response, HttpResponse):
            return response
        body = response.content
        if len(body) < WORTH_IT:
            return response
        if "zstd" in accepted:
            response.content = zstandard.ZstdCompressor(level=3).compress(body)
            response["Content-Encoding"] = "zstd"
        elif "gzip" in accepted:
            response.content = gzip.compress(body, compresslevel=6, mtime=0)
            response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(response.content))
        return response

    return compressed
