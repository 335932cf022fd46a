"""The page for who holds a card: read what was noted, or have it deleted. No account, and no script is needed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from backend.http.rate_limit import limited
from backend.policy import Public, access
from listening.consent.codes import NotACode
from listening.erasure.access_copy import as_json, copy_for
from listening.erasure.jobs import withdraw
from listening.erasure.wording import in_words

LONGEST_CODE = 60  # characters, as typed


@access(Public)
@limited("receipt")
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """The form; after it a copy, or the one answer that every code gets when it is withdrawn."""
    if request.method != "POST":
        return _page(request, "receipt", wish="copy")
    code, wish = request.POST.get("code", "")[:LONGEST_CODE], request.POST.get("wish", "")
    if wish == "deletion" and "sure" not in request.POST:
        return _again(request, code, wish, "sure")
    try:
        match wish:
            case "deletion":
                withdraw(code)
                return _page(request, "asked")
            case "copy" | "file":
                document = copy_for(code)
            case _:
                return _again(request, code, "", "wish")
    except NotACode:
        return _again(request, code, wish, "code")
    if document is None:
        return _again(request, code, wish, "unknown")
    if wish == "file":
        headers = {"Content-Disposition": 'attachment; filename="conversation.json"'}
        return HttpResponse(as_json(document), content_type="application/json", headers=headers)
    return _page(request, "copy", told=in_words(document, get_language() or settings.LANGUAGE_CODE), code=code)


def _again(request: HttpRequest, code: str, wish: str, mistake: str) -> HttpResponse:
    status = 404 if mistake == "unknown" else 400
    return _page(request, "receipt", status, code=code, wish=wish, mistake=mistake)


def _page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    spoken = [code for code, _name in settings.LANGUAGES]
    return render(request, f"erasure/{name}.html", {"spoken": spoken, **context}, status=status)
