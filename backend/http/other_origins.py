"""Pages of other origins: which may read the API (CORS, in the settings), and that no cookie speaks for them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class OtherOriginsMiddleware:
    """Under /api/, the cookies of a request that a page of another origin sent are as if they were not there.

    SameSite does not see to that: maps.example.org and listening.example.org are one site. Stands before whatever
    reads a cookie.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") and is_foreign(request):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


def is_foreign(request: HttpRequest) -> bool:
    """Whether a browser says that a page of another origin sent this."""
    origin = request.META.get("HTTP_ORIGIN")
    own = {f"{request.scheme}://{request.META.get('HTTP_HOST', '')}", *settings.CSRF_TRUSTED_ORIGINS}
    return origin is not None and origin not in own


def is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers write it (RFC 6454), by https or on this machine."""
    try:
        parts = urlsplit(text)
        has_port = parts.port is not None
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return (
        parts.scheme in ({"http", "https"} if parts.hostname in LOOPBACK else {"https"})
        and bool(parts.hostname)
        and "*" not in text
        and text == f"{parts.scheme}://{host}{f':{parts.port}' if has_port else ''}"
    )
