"""The page of one's phones: add one by a QR code, compare its number, take it away. No script is needed to use it."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backend import clock
from backend.policy import SignedIn, access
from listening.fieldwork.enrolment import CODE_HOLDS, confirm, issue_code
from listening.fieldwork.models import Device
from listening.fieldwork.person import person_of
from listening.fieldwork.qr import qr_of
from listening.fieldwork.revocation import revoke

# How long a phone that was taken away stays on the page: until everybody has seen whether it was told to forget.
SHOWN_AFTER_REVOCATION: Final = dt.timedelta(days=30)
MOST_OF_OTHERS: Final = 200


@access(SignedIn)
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """Own phones, and for those who look after others, theirs."""
    person = person_of(request)
    shown = _still_shown(Device.objects.visible_to(person)).select_related("person")
    own = list(shown.filter(person=person))
    return render(
        request,
        "fieldwork/devices.html",
        {
            "to_confirm": [device for device in own if device.state == "unconfirmed"],
            "own": own,
            "others": shown.exclude(person=person).order_by("person__username", "-enrolled_at")[:MOST_OF_OTHERS],
        },
    )


@access(SignedIn)
@require_http_methods(["GET", "HEAD", "POST"])
def add_device(request: HttpRequest) -> HttpResponse:
    """A code, drawn once: it is stored nowhere, so whoever comes back to the address goes to the list."""
    if request.method != "POST":
        return redirect("devices")
    issued = issue_code(person_of(request))
    return render(
        request,
        "fieldwork/add_device.html",
        {
            "code": issued.code,
            "expires_at": issued.expires_at,
            "minutes": CODE_HOLDS.seconds // 60,
            "qr": mark_safe(qr_of(request, issued.code)),  # noqa: S308 - drawn by us: numbers and letters of SVG alone
        },
    )


@access(SignedIn)
@require_POST
def confirm_device(request: HttpRequest, pk: UUID) -> HttpResponseRedirect:
    """Say that a phone is one's own; its number was compared."""
    device = Device.objects.select_related("person").filter(person=person_of(request), pk=pk).first()
    if device is None:
        raise Http404
    confirm(device, request=request)
    return redirect("devices")


@access(SignedIn)
@require_POST
def revoke_device(request: HttpRequest, pk: UUID) -> HttpResponseRedirect:
    """Take a phone away; `forget` in the form: it is told to delete what it holds."""
    person = person_of(request)
    found = Device.objects.visible_to(person).filter(pk=pk)
    if not revoke(found, by=person, request=request, forget="forget" in request.POST):
        raise Http404
    return redirect("devices")


def _still_shown(devices: QuerySet[Device]) -> QuerySet[Device]:
    return devices.filter(Q(revoked_at=None) | Q(revoked_at__gt=clock.now() - SHOWN_AFTER_REVOCATION))
