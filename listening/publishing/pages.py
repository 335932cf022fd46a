"""The page of releases for stewards: propose a quarter, read the audit, approve, withdraw. No script is needed."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from backend import clock
from backend.periods import Period
from backend.policy import access
from backend.problems import Problem
from listening.fieldwork.permissions import Publishes
from listening.fieldwork.person import person_of
from listening.publishing.build import DAYS_CLOSED
from listening.publishing.models import ReleaseProposal
from listening.publishing.propose import approve, propose, reject, withdraw
from listening.releases.models import Release

QUARTERS_OFFERED: Final = 12


@access(Publishes)
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """Releases, open proposals, and the quarters that could be proposed."""
    return _page(request)


@access(Publishes)
@require_POST
def propose_release(request: HttpRequest) -> HttpResponse:
    affected = request.POST.get("affected", "")
    try:
        propose(
            request.POST.get("quarter", ""),
            by=person_of(request),
            correction=request.POST.get("correction", "")[:2_000],
            affected=int(affected) if affected.isdecimal() and len(affected) < 9 else 0,
            request=request,
        )
    except Problem as problem:
        return _page(request, problem)
    return redirect("releases")


@access(Publishes)
@require_POST
def approve_release(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        approve(_proposal(pk), by=person_of(request), request=request)
    except Problem as problem:
        return _page(request, problem)
    return redirect("releases")


@access(Publishes)
@require_POST
def reject_release(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        reject(_proposal(pk), by=person_of(request), request=request)
    except Problem as problem:
        return _page(request, problem)
    return redirect("releases")


@access(Publishes)
@require_POST
def withdraw_release(request: HttpRequest, code: str) -> HttpResponse:
    release = Release.objects.filter(code=code).first() if "\0" not in code else None
    if release is None:
        raise Http404
    try:
        withdraw(release, by=person_of(request), reason=request.POST.get("reason", "")[:2_000], request=request)
    except Problem as problem:
        return _page(request, problem)
    return redirect("releases")


def _proposal(pk: int) -> ReleaseProposal:
    found = ReleaseProposal.objects.select_related("proposed_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    held = list(Release.objects.all())
    proposals = list(ReleaseProposal.objects.filter(state="open").select_related("proposed_by"))
    taken = {one.quarter for one in held if one.status == Release.Status.PUBLISHED} | {one.quarter for one in proposals}
    return render(
        request,
        "publishing/releases.html",
        {
            "person": person_of(request),
            "releases": held,
            "proposals": proposals,
            "quarters": [label for label in _ready_quarters() if label not in taken],
            "withdrawn": {one.quarter for one in held} - taken,
            "problem": problem,
        },
        status=problem.status if problem else HTTPStatus.OK,
    )


def _ready_quarters() -> list[str]:
    """The newest quarters that are closed for long enough, the newest first."""
    day = clock.local_date(clock.now()) - dt.timedelta(days=DAYS_CLOSED)
    quarter = Period.quarter(day.year, (day.month + 2) // 3)
    found = []
    for _ in range(QUARTERS_OFFERED):
        last = quarter.first - dt.timedelta(days=1)
        quarter = Period.quarter(last.year, (last.month + 2) // 3)
        found.append(quarter.label)
    return found
