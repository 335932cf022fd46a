"""How often one caller may ask. Counted in the database, so that all processes count together.

A caller is the credential of a request that was found good (a device, a key, a person), else an address. A limit
`10/5m` lets ten requests through at once, and one more for each 30 seconds that pass. Views declare the limit of
their requests by `rate_limit`; without, reading and writing have one each. `rate_limit = None` counts nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

from backend.db import sql
from backend.db.prepared import prepared_cursor
from backend.http.client_address import client_address
from backend.problems import TooManyRequests

if TYPE_CHECKING:
    # At run time rest_framework.views reads the default throttle, which is below.
    from rest_framework.request import Request
    from rest_framework.views import APIView

# An address may be an office or a mobile network: it tries to sign in for many people.
PEOPLE_PER_ADDRESS: Final = 6
# Every so many requests of a process, rows that have run out are deleted.
SWEEP_EVERY, SWEEP_MOST = 1_000, 5_000
OFF: Final = "off"
COUNTED: Final = "listening.counted"

_FORM = re.compile(r"([a-z]+)=([1-9][0-9]{0,5})/([1-9][0-9]{0,2})?([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
View = TypeVar("View", bound=Callable[..., Any])
_requests = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests at once, given back evenly over so many seconds."""

    requests: int
    window_s: int

    @property
    def each_s(self) -> float:
        """What one request costs."""
        return self.window_s / self.requests

    def times(self, factor: int) -> Limit:
        return Limit(self.requests * factor, self.window_s)


DEFAULTS: Final[Mapping[str, Limit]] = {
    "login": Limit(10, 300),
    "enrol": Limit(20, 600),
    "receipt": Limit(30, 600),
    "write": Limit(600, 60),
    "read": Limit(1_200, 60),
    "export": Limit(60, 600),
    "open": Limit(3_000, 60),  # counted by `local_limit`, in each process
}


@cache
def parse_limits(text: str) -> Mapping[str, Limit]:
    """The limits by name: the defaults, with those of a text such as `login=10/5m,read=100/s` put over them.

    `off` is no limit at all: for a city whose proxy limits, and for tests of something else.
    Raises ValueError, which names the part that is no limit.
    """
    if text.strip() == OFF:
        return {}
    limits = dict(DEFAULTS)
    for part in filter(None, map(str.strip, text.split(","))):
        match = _FORM.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no limit")
        name, requests, number, unit = match.groups()
        if name not in DEFAULTS:
            raise ValueError(f"{name!r} is none of {', '.join(DEFAULTS)}")
        limits[name] = Limit(int(requests), int(number or 1) * _SECONDS[unit])
    return limits


def refuse_if_too_many(request: HttpRequest, limit: str, name: str) -> None:
    """Count a try in somebody's name, before anything is looked up: one for the address, one for the name.

    Known and unknown names count alike. Call it outside a transaction, which could take the count back.
    Raises TooManyRequests.
    """
    one = parse_limits(settings.RATE_LIMITS).get(limit)
    if one is not None:
        spend(limit, f"address {client_address(request)}", one.times(PEOPLE_PER_ADDRESS))
        spend(limit, f"name {unicodedata.normalize('NFKC', name).casefold()}", one)


def spend(name: str, caller: str, limit: Limit) -> None:
    """Spend one request of a caller's limit. Raises TooManyRequests."""
    with prepared_cursor() as cursor:
        if next(_requests) % SWEEP_EVERY == 0:
            cursor.execute(sql.read("backend.http", "forget_allowances.sql"), {"most": SWEEP_MOST})
        asked: dict[str, bytes | float] = {
            "key": _key(name, caller),
            "each_s": limit.each_s,
            "window_s": limit.window_s,
        }
        cursor.execute(sql.read("backend.http", "spend_allowance.sql"), asked)
        if cursor.fetchone():
            return
        cursor.execute(sql.read("backend.http", "wait_for_allowance.sql"), asked)
        found = cursor.fetchone()
    wait_s = max(1, math.ceil(found[0])) if found else 1
    refusal = TooManyRequests(f"These were too many requests; come back in {wait_s} seconds.")
    refusal.headers = {
        "Retry-After": str(wait_s),
        # draft-ietf-httpapi-ratelimit-headers
        "RateLimit-Policy": f'"{name}";q={limit.requests};w={limit.window_s}',
        "RateLimit": f'"{name}";r=0;t={wait_s}',
    }
    raise refusal


def _key(name: str, caller: str) -> bytes:
    """What a row is found by; nobody reads an address or a name from it."""
    secret = settings.SECRET_KEY.encode()[:64]
    return hashlib.blake2b(f"{name} {caller}".encode("utf-8", "surrogatepass"), digest_size=16, key=secret).digest()


# --- which requests are counted ----------------------------------------------------------------------
class RateLimitMiddleware:
    """Counts each request that has a view, once; stands behind the middleware that knows the session.

    Pages are counted before their view. REST framework must find out first who is asking: `RateLimit` counts there, and
    what was refused before it (no valid token, no role) is counted here, on its way out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.resolver_match is not None and COUNTED not in request.META:
            try:
                count(request, request.resolver_match.func, getattr(request, "user", None))
            except TooManyRequests as refusal:
                return refused(request, refusal)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if not hasattr(view, "cls"):
            try:
                count(request, view, request.user)
            except TooManyRequests as refusal:
                return refused(request, refusal)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """For pages that refuse by themselves, such as sign-in; REST framework has answered for its views."""
        return refused(request, exception) if isinstance(exception, TooManyRequests) else None


def refused(request: HttpRequest, refusal: TooManyRequests) -> HttpResponse:
    """The problem under /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        return refusal.as_response(request.path)
    wait_s = int(refusal.headers["Retry-After"])
    response = render(request, "429.html", {"wait_s": wait_s}, status=refusal.status)
    for name, value in {"Cache-Control": "no-store", **refusal.headers}.items():
        response[name] = value
    return response


class RateLimit(BaseThrottle):
    """REST framework's throttle: it knows who is asking, and has done nothing for them yet."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        # By person, whatever tokens they get themselves, except what says that it counts by itself: a device, a key.
        counts = getattr(request.auth, "has_own_allowance", False)
        count(request._request, view, request.auth if counts else request.user)
        return True


def count(request: HttpRequest, view: Any, credential: Any) -> None:
    """Count a request to a view for a credential, or for its address. Raises TooManyRequests."""
    request.META[COUNTED] = True
    name = declared(view, request.method or "")
    limit = parse_limits(settings.RATE_LIMITS).get(name or "")
    if name is None or limit is None:
        return
    known = getattr(credential, "pk", None)
    caller = f"{credential._meta.label} {known}" if known else f"address {client_address(request)}"
    spend(name, caller, limit)


def limited(name: str | None) -> Callable[[View], View]:
    """Declare the limit of a view that is a function; None: it is not counted."""

    def declare(view: View) -> View:
        view.rate_limit = name  # type: ignore[attr-defined]
        return view

    return declare


def declared(view: Any, method: str) -> str | None:
    """The limit that a view declares, itself or by its class; None when it is not limited."""
    usual = "read" if method in SAFE_METHODS else "write"
    for holder in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if holder is not None and hasattr(holder, "rate_limit"):
            return cast("str | None", holder.rate_limit)
    return usual
