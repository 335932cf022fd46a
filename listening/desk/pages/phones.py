"""Phones, those not heard of for longest first: a silent phone may hold what nobody has read."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from backend import clock
from backend.policy import access
from listening.desk.page import desk_page
from listening.fieldwork.models import Device
from listening.fieldwork.permissions import Coordinates
from listening.fieldwork.person import person_of
from listening.sync.freshness import fresh_phones

MOST_SHOWN: Final = 200
# A phone renews its lease every three days, if it finds a network.
SILENT_AFTER: Final = dt.timedelta(days=3)


@access(Coordinates)
@require_safe
def phones(request: HttpRequest) -> HttpResponse:
    """When each phone was seen, pushed and pulled last, and what of it waits."""
    found = list(fresh_phones(Device.objects.visible_to(person_of(request)))[:MOST_SHOWN])
    silent_since = clock.now() - SILENT_AFTER
    shown = [{**one, "is_silent": one["last_seen_at"] < silent_since} for one in found]
    return desk_page(request, "desk/phones.html", {"phones": shown, "silent_days": SILENT_AFTER.days})
