"""The clock and the city's calendar: the only place that asks what time it is."""

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """The current instant, aware, UTC. Tests replace this one function."""
    return timezone.now()  # noqa: TID251 - this is the one place


def local_date(instant: dt.datetime) -> dt.date:
    """The calendar day of an instant in the city's time zone (setting TIME_ZONE)."""
    return timezone.localtime(instant, timezone.get_default_timezone()).date()


def today() -> dt.date:
    """The city's calendar day at this moment."""
    return local_date(now())
