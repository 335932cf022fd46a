"""The page of the need map: read the address, build the map, render. No script is needed to use it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from backend import clock
from backend.policy import access
from backend.webclients.addresses import library
from listening.dashboard import choices
from listening.dashboard.files import file_of
from listening.dashboard.panel import panel_of
from listening.dashboard.reading import LONGEST_VALUE, NoLayer, read
from listening.dashboard.shown import page_of
from listening.drawing import wording
from listening.fieldwork.permissions import ReadsCounts
from listening.fieldwork.person import person_of
from listening.needmaps.need import ENOUGH_CONVERSATIONS


@access(ReadsCounts)
@require_safe
@gzip_page  # safe here: CSRF tokens are masked anew in every answer, and Django pads what it compresses
def dashboard(request: HttpRequest) -> HttpResponse:
    """The need map of a layer, period, theme and kind, as picture, sentence and table; or another view of the same.

    With `format=csv` or `geojson` it is the file of the view.
    """
    language = get_language() or ""
    scope = person_of(request).scope
    try:
        reading = read(request.GET.dict(), scope, language)
    except NoLayer:
        return render(request, "dashboard/page.html")
    layers = choices.layers_today()
    page, more_notices = page_of(reading, scope, layers, language)
    notices = [*reading.notices, *more_notices]
    # A file has no place for a notice: where there is something to say, the page says it.
    if (kind := request.GET.get("format", "")) and not notices:
        if (file := file_of(page, kind)) is not None:
            patch_cache_control(file, private=True, no_cache=True)
            return file
        notices.append(_("This view has no file “%(value)s”.") % {"value": kind[:LONGEST_VALUE]})
    response = render(
        request,
        "dashboard/page.html",
        {
            "page": page,
            "panel": panel_of(page, reading, scope),
            "notices": notices,
            "chosen_sort": reading.chosen_sort,
            "has_records": bool(reading.available),
            "choices": {
                "themes": reading.themes.grouped(reading.query.theme),
                "kinds": choices.kinds(reading.query.kind),
                "periods": choices.periods(reading.available, reading.query.period),
                "layers": choices.layers(layers, reading.query.layer, language),
            },
            "enough": ENOUGH_CONVERSATIONS,
            "library": library(),
            "today": wording.day(clock.local_date(clock.now())),
        },
        status=400 if notices else 200,
    )
    patch_cache_control(response, private=True, no_cache=True)
    return response
