"""What every page may show: the name of the city, and whether its data are invented."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Context processor: `city` and `demo`."""
    return {"city": settings.CITY_NAME, "demo": settings.DEMO}
