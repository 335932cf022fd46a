"""How often one address may ask for what is open to anyone. Counted in the process: reading must not cost a write.

With several processes the limit is as many times higher; it keeps one caller from taking all of the service, and is no
accounting. `backend.http.rate_limit` counts what must be exact.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from backend.http.client_address import client_address
from backend.http.rate_limit import parse_limits
from backend.problems import TooManyRequests

NAME: Final = "open"
MOST_CALLERS: Final = 20_000  # remembered; the one that was quiet longest is forgotten first
_spent_until: OrderedDict[str, float] = OrderedDict()


def refuse_if_busy(request: HttpRequest) -> None:
    """Count a request of an address. Raises TooManyRequests.

    The generic cell rate algorithm, as `spend_allowance.sql` has it, by the clock of this machine.
    """
    limit = parse_limits(settings.RATE_LIMITS).get(NAME)
    if limit is None:
        return
    caller, now = client_address(request), time.monotonic()
    until = max(_spent_until.get(caller, now), now) + limit.each_s
    if until - now > limit.window_s:
        wait_s = max(1, math.ceil(until - now - limit.window_s))
        refusal = TooManyRequests(f"These were too many requests; come back in {wait_s} seconds.")
        refusal.headers = {
            "Retry-After": str(wait_s),
            "RateLimit-Policy": f'"{NAME}";q={limit.requests};w={limit.window_s}',
            "RateLimit": f'"{NAME}";r=0;t={wait_s}',
        }
        raise refusal
    _spent_until[caller] = until
    _spent_until.move_to_end(caller)
    if len(_spent_until) > MOST_CALLERS:
        _spent_until.popitem(last=False)
