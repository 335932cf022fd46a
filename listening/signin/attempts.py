"""How often a password or a code may be tried: the one place that counts, in the database, for all processes.

allauth counts in Django's cache, which each process has for itself; its limits are off.
"""

from __future__ import annotations

from django.http import HttpRequest

from backend.http.rate_limit import refuse_if_too_many


def count(request: HttpRequest, account: str) -> None:
    """Count a try on an account, whether it exists or not, and by the address that it comes from.

    Raises TooManyRequests, which the middleware answers; then nothing may be compared.
    """
    refuse_if_too_many(request, "login", account)
