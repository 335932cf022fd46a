"""Security headers per surface: the API shows nothing, pages load only their own files.

Content-Security-Policy (W3C CSP level 3); values as ASVS 5.0, chapter V3.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse

API = "default-src 'none'; frame-ancestors 'none'"
PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# The documentation page brings its own inline style and start-up script; it holds no data and no form of ours.
DOCS = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def framed_by(policy: str, origins: Sequence[str]) -> str:
    """The same policy for a page that pages of other origins may show within themselves."""
    return policy.replace("frame-ancestors 'none'", f"frame-ancestors {' '.join(origins)}")


class SecurityHeadersMiddleware:
    """Sets the headers that are missing; a view that needs others sets its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # In place of the name of the program that serves.
        response.headers.setdefault("Server", "listening")
        response.headers.setdefault("Content-Security-Policy", policy_for(request.path))
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
        if not request.path.startswith("/static/"):
            # Unless a view says that its answer may be kept, it is somebody's own.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def policy_for(path: str) -> str:
    if path == "/api/v1/docs":
        return DOCS
    return API if path.startswith(("/api/", "/health/")) else PAGES
