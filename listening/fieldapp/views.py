"""The three addresses of the app: its page, its service worker and its manifest. What they say is nobody's own.

The page is the same for everybody and in every language: phones keep it, and the app chooses the words.
"""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from backend.policy import Public, access
from listening.fieldapp import shell

# Asked anew each time, so that a new version is seen; what is the same comes from the phone.
NO_CACHE = {"Cache-Control": "no-cache"}


def _page() -> str:
    told = {
        "city": settings.CITY_NAME,
        "demo": settings.DEMO,
        "language": settings.LANGUAGE_CODE,
        "basis": settings.STATISTICS_BASIS,
        "worker": reverse("field-worker"),
        "languages": [
            {"code": one.code, "name": one.name, "dir": one.dir, "address": one.address} for one in shell.languages()
        ],
    }
    with translation.override(settings.LANGUAGE_CODE):
        shown = {"told": told, "city": settings.CITY_NAME, "modules": shell.preloaded()}
        return render_to_string("fieldapp/page.html", shown)


@access(Public)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The page of the app. Its head names the words, too, so that they come with the modules that will ask for them."""
    wanted = (tag for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()))
    words = shell.language_for(wanted).address
    link = f"<{words}>; rel=preload; as=fetch; crossorigin"
    return HttpResponse(_page(), headers={**NO_CACHE, "Link": link, "Vary": "Accept-Language"})


@access(Public)
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, told what to keep. It lies beside the page, because its address is its scope.

    With `?sync` it is a module that can also send what waits.
    """
    start = reverse("field")
    told = {"version": shell.version(_page()), "start": start, "files": [reverse("field-manifest"), *shell.addresses()]}
    source = f"const SHELL = {json.dumps(told)};\n{shell.WORKER.read_text(encoding='utf-8')}"
    if "sync" in request.GET:  # registered as a module
        source = f"import {{ sync }} from {json.dumps(static('fieldapp/sync.js'))};\n{source}"
    return HttpResponse(source, content_type="text/javascript; charset=utf-8", headers=NO_CACHE)


@access(Public)
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to install the app (W3C Web Application Manifest)."""
    start = reverse("field")
    icons = [("192x192", "any", "icon-192.png"), ("512x512", "any", "icon-512.png")]
    icons.append(("512x512", "maskable", "icon-maskable-512.png"))
    with translation.override(settings.LANGUAGE_CODE):
        told = {
            "id": start,
            "start_url": start,
            "scope": start,
            "name": f"{translation.gettext('Neighbourhood listening')} · {settings.CITY_NAME}",
            "short_name": translation.gettext("Listening"),
            "lang": settings.LANGUAGE_CODE,
            "dir": "rtl" if translation.get_language_bidi() else "ltr",
            "display": "standalone",
            "background_color": "#fbfaf6",
            "theme_color": "#0b2349",
            "icons": [
                {"src": static(f"fieldapp/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
                for sizes, purpose, name in icons
            ],
        }
    return JsonResponse(told, content_type="application/manifest+json", headers=NO_CACHE)
