"""Addresses where nobody is anybody: credentials are not looked at, so one answer serves all and may be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

PREFIXES: Final = ("/open/", "/map/")
ALLOWED: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, If-Match, If-None-Match, If-Range, Range",
    "Access-Control-Max-Age": "86400",
}
EXPOSED: Final = "Accept-Ranges, Content-Crs, Content-Disposition, Content-Range, ETag, Link, Retry-After, X-Request-ID"


class AnonymousMiddleware:
    """Stands before whatever reads a cookie or a token, and takes them away; pages of any origin may read the answers.

    What is not a page does not depend on the reader's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIXES):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        request.META.pop("HTTP_AUTHORIZATION", None)
        response = self.get_response(request)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            for name, value in ALLOWED.items():
                response.headers[name] = value
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            kept = [name for name in response.headers.get("Vary", "").split(", ") if name.lower() != "accept-language"]
            response.headers.pop("Content-Language", None)
            response.headers["Vary"] = ", ".join(filter(None, kept)) or "Accept"
        return response
