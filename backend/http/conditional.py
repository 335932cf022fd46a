"""Conditional requests (RFC 9110, section 13): entity tags, 304, and changes that name their version."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.request import Request

from backend.problems import PreconditionFailed, PreconditionRequired

AnyRequest = Request | HttpRequest


def etag_of(*parts: Any) -> str:
    """A strong entity tag of what determines a representation."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(str(part).encode("utf-8", "surrogatepass"))
        digest.update(b"\x00")
    return f'"{digest.hexdigest()}"'


def not_modified(request: AnyRequest, etag: str) -> bool:
    """True when If-None-Match holds the tag: the client has this representation (weak comparison)."""
    tags = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    return "*" in tags or etag in tags


def check_if_match(request: AnyRequest, etag: str) -> None:
    """Let a change go on only when it names the present version (strong comparison).

    Raises PreconditionRequired without If-Match, PreconditionFailed with another tag.
    """
    header = request.headers.get("If-Match", "")
    if not header.strip():
        raise PreconditionRequired("Send If-Match with the ETag that you read, so that nobody's change is overwritten.")
    tags = parse_etags(header)
    if "*" not in tags and etag not in tags:
        raise PreconditionFailed("The record changed since you read it; read it again and change that.", current=etag)
