"""What is answered when no view could: problems under /api/, pages elsewhere."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.http import require_safe

from backend.http.rate_limit import limited
from backend.policy import Public, access
from backend.problems import Forbidden, InternalError, InvalidRequest, NotFound, catalogue


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return InvalidRequest("The request is malformed.").as_response(request.path)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return Forbidden("This is not yours to do.").as_response(request.path)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return NotFound("There is nothing at this address; /api/v1/docs lists what there is.").as_response(request.path)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        return InternalError("Something broke on our side; nothing was changed.").as_response(request.path)
    return defaults.server_error(request)


@limited(None)  # asks nothing of the database
@access(Public)
@require_safe
def problem_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What a problem type means: its `type` member leads here (RFC 9457, section 3.1.1)."""
    kind = catalogue().get(slug)
    if kind is None:
        raise Http404
    # Not the class itself: a template would call it.
    shown = {"slug": slug, "title": kind.title, "status": kind.status, "text": (kind.__doc__ or "").strip()}
    return render(request, "problem.html", {"problem": shown})
