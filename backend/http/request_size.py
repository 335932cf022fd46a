"""What is too long to be looked at, and bodies of which nobody says how long they are."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from backend.problems import AddressTooLong, LengthRequired, Problem


class RequestSizeMiddleware:
    """Refuses long query strings, and bodies in chunks: to WSGI these have no end, and Django reads them as empty."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        problem = fault_of(request)
        return problem.as_response(request.path) if problem else self.get_response(request)


def fault_of(request: HttpRequest) -> Problem | None:
    limit: int = settings.QUERY_LIMIT_BYTES
    if len(request.META.get("QUERY_STRING", "")) > limit:
        return AddressTooLong(f"The query string is longer than {limit} bytes.", limit_bytes=limit)
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return LengthRequired("Send the body with Content-Length, not in chunks.")
    return None
