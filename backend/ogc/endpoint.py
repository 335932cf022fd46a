"""From a request to an answer: method, format, entity tag, problem. The same bytes for everybody.

Each view is a function of a `Call` that returns an `Answer`. Nobody signs in here, so an answer may be kept by anyone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.db import DataError, InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language
from psycopg.errors import InsufficientPrivilege

from backend.http.conditional import etag_of, not_modified
from backend.http.kept import Kept, KeptAnswer
from backend.http.local_limit import refuse_if_busy
from backend.http.rate_limit import limited
from backend.ogc.negotiation import HTML, chosen_format
from backend.ogc.service import Call, ServiceOf
from backend.policy import Public
from backend.problems import InvalidRequest, MethodNotAllowed, NotFound, Problem, ServiceUnavailable, as_problem

logger = logging.getLogger(__name__)

# The shape of the answers: a release that changes it must change every entity tag.
SHAPE: Final = 1
CACHE: Final = "public, max-age=60"
KEPT: Final = Kept()
METHODS: Final = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes with their media type; or a page: the name of a template and what it shows."""

    body: bytes | str = b""
    media_type: str = ""
    template: str = ""
    shown: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    made: HttpResponseBase | None = None  # as it is, such as a part of a file


View = Callable[..., Answer]


def endpoint(
    service_of: ServiceOf, home: str, view: View, formats: Sequence[str] = ("json", "html")
) -> Callable[..., HttpResponseBase]:
    """A Django view below the path `home`, open to anyone."""

    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        shows_page = False
        try:
            if request.method == "OPTIONS":
                return HttpResponse(status=204, headers={"Allow": ", ".join(METHODS)})
            if request.method not in METHODS:
                raise MethodNotAllowed(f"{request.method} is not known here: this is for reading.")
            refuse_if_busy(request)
            chosen = chosen_format(request, formats)
            shows_page = chosen == "html"
            # Programs are answered in English, whatever a browser's language.
            language = str(get_language()) if shows_page else "en"
            with translation.override(language):
                service = service_of(request)
                call = Call(request, service, chosen, request.build_absolute_uri(home))
                # Weak: what says when it was made differs in that alone (RFC 9110, section 8.8.1).
                etag = etag_of(SHAPE, service.version, chosen, language, request.build_absolute_uri())
                headers = {"ETag": f"W/{etag}", "Cache-Control": CACHE, "Vary": "Accept"}
                if not_modified(request, etag):
                    return HttpResponse(status=304, headers=headers)
                kept = KEPT.get(etag)
                if kept is None:
                    return _response(view(call, **kwargs), headers, etag)
                return HttpResponse(kept.body, headers=dict(kept.headers))
        except (Problem, OperationalError, InterfaceError) as error:
            problem = as_problem(error)
        except ProgrammingError as error:
            # As after a migration when nobody gave the rights anew; the check at start names the tables.
            if not isinstance(error.__cause__, InsufficientPrivilege):
                raise
            logger.error("The role of open data lacks a right: run set_up_database_roles.")
            problem = ServiceUnavailable("What is published cannot be read at the moment; the operator is told.")
        except (DataError, InternalError):
            # PostGIS says in its own words that it cannot do with such a shape, or such a place, what was asked.
            problem = InvalidRequest("A geometry or a number of the query cannot be worked with; is it on earth?")
        if isinstance(problem, MethodNotAllowed):
            problem.headers["Allow"] = ", ".join(METHODS)
        return refusal(request, problem or NotFound("There is nothing here."), shows_page or _asks_for_page(request))

    open_view: Any = limited(None)(answer)  # counted in the process, see `local_limit`: no query for it
    open_view.access_policy = Public
    return answer


def _response(answer: Answer, headers: dict[str, str], etag: str) -> HttpResponseBase:
    """What a program is told is kept: whoever asks the same before anything changes gets the same bytes."""
    if answer.made is not None:
        return answer.made
    if answer.template:
        body = page(answer.template, answer.shown)
        return HttpResponse(body, status=answer.status, content_type=f"{HTML}; charset=utf-8", headers=headers)
    response = HttpResponse(
        answer.body, status=answer.status, content_type=answer.media_type, headers={**headers, **answer.headers}
    )
    if response.status_code == HTTPStatus.OK:
        KEPT.put(etag, KeptAnswer(response.content, dict(response.items())))
    return response


def page(template: str, shown: dict[str, Any]) -> str:
    """A page that knows nothing of who is asking: the context processors are not run."""
    return render_to_string(template, {"city": settings.CITY_NAME, "demo": settings.DEMO, **shown})


def refusal(request: HttpRequest, problem: Problem, as_page: bool) -> HttpResponse:
    """The problem, for programs or for people."""
    response = problem.as_response(request.path)
    if as_page:
        response.content = page("ogc/problem.html", {"problem": problem}).encode()
        response["Content-Type"] = f"{HTML}; charset=utf-8"
    response["Vary"] = "Accept"
    return response


def _asks_for_page(request: HttpRequest) -> bool:
    """Whether a browser asks, as far as can be told from a request that may be wrong."""
    return request.GET.get("f", "html") == "html" and HTML in request.headers.get("Accept", "")
