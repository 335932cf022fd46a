"""The API speaks English, whatever the reader's language: messages for programs must not change with a browser's."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation


class ApiLanguageMiddleware:
    """Stands behind LocaleMiddleware, which has found the language of a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(("/api/", "/health/")):
            return self.get_response(request)
        with translation.override("en"):
            return self.get_response(request)
