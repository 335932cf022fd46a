"""One structured line per request, and a formatter that lets only named keys through.

A log must never hold what a resident said: no body, no query string, no path with an id, no exception text (database
errors quote the row).
"""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from pythonjsonlogger.json import JsonFormatter

HEADER = "X-Request-ID"
logger = logging.getLogger("listening.requests")
request_id: ContextVar[str] = ContextVar("request_id", default="")

_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)

ALLOWED: Final = frozenset(
    {"timestamp", "level", "logger", "message", "request_id", "method", "route", "status", "duration_ms", "bytes"}
    | {"user_id", "error", "error_at", "duty", "attempts"}
)


class RequestLogMiddleware:
    """Gives each request an id, echoes it, and writes one line when it was answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get(HEADER, "")
        own = offered if _WELL_FORMED.fullmatch(offered) else uuid4().hex
        token = request_id.set(own)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = own
            match = request.resolver_match
            logger.info(
                "request",
                extra={
                    "method": request.method if request.method in _METHODS else "other",
                    "route": match.route if match else "(none)",
                    "status": response.status_code,
                    "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                    "bytes": None if response.streaming else len(response.content),
                    "user_id": _user_id(request),
                },
            )
            return response
        finally:
            request_id.reset(token)


_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


def _user_id(request: HttpRequest) -> int | None:
    """The person's number, when somebody was asked for; looking would cost a query on public pages.

    A session leaves the person in `_cached_user`, a token in `user`, which before is an unasked question.
    """
    user = request.__dict__.get("_cached_user") or request.__dict__.get("user")
    return None if user is None or isinstance(user, SimpleLazyObject) else user.pk


class AllowListedJsonFormatter(JsonFormatter):
    """JSON lines of the allowed keys. Of an exception: its class and where it was raised, never its text.

    Messages of other libraries may quote values, so of their records only the logger, level and place remain.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("%(message)s", *args, **kwargs)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in log_data.items() if name in ALLOWED and value is not None}

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data["timestamp"] = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        log_data["level"] = record.levelname
        log_data["logger"] = record.name
        log_data["request_id"] = request_id.get() or None
        # The template of the message is ours or a library's, its arguments may be anybody's words.
        log_data["message"] = record.msg if isinstance(record.msg, str) and not record.exc_info else record.name
        log_data.pop("exc_info", None)
        if record.exc_info and record.exc_info[0] is not None:
            log_data["error"] = record.exc_info[0].__name__
            log_data["error_at"] = _place_of(traceback.extract_tb(record.exc_info[2]))


def _place_of(frames: traceback.StackSummary) -> str | None:
    """file:line of the innermost frame of our own code, else of any."""
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or list(frames)
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else None
