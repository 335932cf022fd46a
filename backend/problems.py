"""Problem details (RFC 9457): every answer that is not a success says what was wrong with which value.

One class is one documented type: its docstring is the page at `/problems/<slug>`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypedDict

from django.core import exceptions as django_exceptions
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf
from rest_framework.settings import api_settings

MEDIA_TYPE = "application/problem+json"
logger = logging.getLogger(__name__)


class FieldError(TypedDict, total=False):
    """One mistake: where (JSON pointer, RFC 6901, or parameter name), a stable code, a sentence."""

    pointer: str
    parameter: str
    code: str
    detail: str


class Problem(Exception):
    """Something is wrong with a request; raised anywhere, rendered once.

    `members` are extension members (RFC 9457, section 3.2); they must be JSON values.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = (), **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.members = members
        self.headers: dict[str, str] = {}

    def as_response(self, instance: str = "") -> HttpResponse:
        """The problem as application/problem+json."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            body["instance"] = instance
        body.update(self.members)
        if self.errors:
            body["errors"] = self.errors
        # ASCII escapes: whatever odd characters a value had, the answer is valid UTF-8.
        return HttpResponse(
            json.dumps(body, default=str, allow_nan=False),
            status=self.status,
            content_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store", **self.headers},
        )


class InvalidRequest(Problem):
    """The request cannot be understood or has values that are not allowed; `errors` lists each with its place."""

    slug, title, status = "invalid-request", "The request is not valid", 400


class InvalidParameter(Problem):
    """A query parameter is unknown or has a value that is not allowed; `allowed` lists what would be right."""

    slug, title, status = "invalid-parameter", "A parameter is not valid", 400

    def __init__(self, detail: str, *, parameter: str, value: str, allowed: Sequence[str] = (), **members: Any) -> None:
        super().__init__(detail, parameter=parameter, value=value[:200], allowed=list(allowed), **members)


class Unauthenticated(Problem):
    """Nobody is signed in, or the token is unknown, expired or revoked. Sign in, or ask for a new token."""

    slug, title, status = "unauthenticated", "Sign in first", 401


class Forbidden(Problem):
    """You are signed in, but your role does not allow this."""

    slug, title, status = "forbidden", "Your role does not allow this", 403


class NotFound(Problem):
    """There is nothing here, or nothing that you may see: the two look alike."""

    slug, title, status = "not-found", "There is nothing here", 404


class MethodNotAllowed(Problem):
    """This address does not know the method; the Allow header lists those it knows."""

    slug, title, status = "method-not-allowed", "The method is not allowed here", 405


class NotAcceptable(Problem):
    """None of the media types in the Accept header is offered here."""

    slug, title, status = "not-acceptable", "No acceptable media type", 406


class Conflict(Problem):
    """The request contradicts what is stored."""

    slug, title, status = "conflict", "The request contradicts what is stored", 409


class Gone(Problem):
    """What was here was deleted for good."""

    slug, title, status = "gone", "It was deleted", 410


class LengthRequired(Problem):
    """The body came without its length. Send Content-Length: a body in chunks is not read here."""

    slug, title, status = "length-required", "Content-Length is required", 411


class PreconditionFailed(Problem):
    """The record changed since you read it. Read it again, and change that."""

    slug, title, status = "precondition-failed", "It changed since you read it", 412


class BodyTooLarge(Problem):
    """The body is larger than `limit_bytes`. Send it in smaller parts."""

    slug, title, status = "body-too-large", "The body is too large", 413


class AddressTooLong(Problem):
    """The query string is longer than `limit_bytes`. Ask for less at once."""

    slug, title, status = "address-too-long", "The address is too long", 414


class UnsupportedMediaType(Problem):
    """The body has a media type that is not understood here."""

    slug, title, status = "unsupported-media-type", "The media type is not understood", 415


class PreconditionRequired(Problem):
    """A change must say which version it is a change of: send If-Match with the ETag that you read (RFC 6585)."""

    slug, title, status = "precondition-required", "If-Match is required", 428


class TooManyRequests(Problem):
    """You sent too many requests; the Retry-After header says when to come back."""

    slug, title, status = "too-many-requests", "Too many requests", 429


class InternalError(Problem):
    """Something broke on our side. Nothing was changed; the request id helps to find it in the log."""

    slug, title, status = "internal-error", "Something broke on our side", 500


class ServiceUnavailable(Problem):
    """The service cannot answer at the moment; try again shortly. Nothing was changed."""

    slug, title, status = "service-unavailable", "Not available at the moment", 503


# What REST framework raises by itself, as ours.
_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        InvalidRequest, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, NotAcceptable,
        UnsupportedMediaType, TooManyRequests,
    )
}  # fmt: skip


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """REST framework's EXCEPTION_HANDLER; None lets an unknown error through to `server_error`."""
    request: HttpRequest = context["request"]
    problem = as_problem(error)
    if problem is None:
        return None
    if isinstance(problem, ServiceUnavailable):
        logger.error("not available", exc_info=error)
    return problem.as_response(request.path)


def as_problem(error: Exception) -> Problem | None:
    """The problem that an exception stands for, or None when it is a fault of ours."""
    match error:
        case Problem():
            return error
        case Http404():
            return NotFound("There is nothing at this address.")
        case django_exceptions.PermissionDenied():
            return Forbidden("Your role does not allow this.")
        case drf.ValidationError():
            errors = list(_field_errors(error.detail))
            detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} mistakes were found."
            return InvalidRequest(detail, errors=errors)
        case drf.APIException():
            kind = _BY_STATUS.get(error.status_code)
            if kind is None:
                return None
            problem = kind(str(error.detail))
            if (challenge := getattr(error, "auth_header", None)) is not None:
                problem.headers["WWW-Authenticate"] = challenge
            if (wait := getattr(error, "wait", None)) is not None:
                problem.headers["Retry-After"] = str(int(wait) + 1)
            return problem
        case OperationalError() | InterfaceError():
            # The database is away, or gave up: a lock or a query took too long. Its transaction was rolled back.
            problem = ServiceUnavailable("The service is busy or its database is away; try again shortly.")
            problem.headers["Retry-After"] = "5"
            return problem
        case _:
            return None


def _field_errors(detail: Any, pointer: str = "") -> Iterator[FieldError]:
    """Flatten REST framework's nested details into JSON pointers."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _field_errors(inner, pointer if is_whole else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _field_errors(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "code": getattr(detail, "code", "invalid") or "invalid", "detail": str(detail)}


def _escaped(name: str) -> str:
    """A member name in a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def catalogue() -> dict[str, type[Problem]]:
    """Every problem type by slug, also those that capabilities define."""
    found: dict[str, type[Problem]] = {}
    pending = [Problem]
    while pending:
        for kind in pending.pop().__subclasses__():
            found.setdefault(kind.slug, kind)
            pending.append(kind)
    return dict(sorted(found.items()))
