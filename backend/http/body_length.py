"""Bodies come with their length: WSGI has no other way to know where one ends."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from backend.problems import LengthRequired


class BodyLengthMiddleware:
    """Refuses a body that is sent in chunks, which Django would take for an empty one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return LengthRequired("Send the body with Content-Length, not in chunks.").as_response(request.path)
        return self.get_response(request)
