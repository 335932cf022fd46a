"""The box around the city, for telling a typing mistake from a place just outside."""

from __future__ import annotations

import math
from functools import lru_cache

from django.contrib.gis.db.models import Extent

from backend import clock
from districts.models import BoundaryEdition, District
from listening.capture.rules import Envelope

MARGIN_M = 5_000
METRES_PER_DEGREE = 111_195  # of latitude, on a sphere of 6,371 km


def city_envelope() -> Envelope | None:
    """The extent of today's base edition plus 5 km, or None when there is none. One short query."""
    edition = (
        BoundaryEdition.objects.valid_on(clock.local_date(clock.now()))
        .filter(layer__rank=0)
        .values_list("pk", "checksum")
        .first()
    )
    return None if edition is None else _envelope_of(*edition)


@lru_cache(maxsize=8)
def _envelope_of(edition_id: int, checksum: str) -> Envelope | None:
    """Cached: the districts of an active edition never move. The checksum tells editions of two databases apart."""
    extent = District.objects.filter(edition=edition_id).aggregate(box=Extent("geometry"))["box"]
    if extent is None:
        return None
    minx, miny, maxx, maxy = extent
    dy = MARGIN_M / METRES_PER_DEGREE
    dx = dy / math.cos(math.radians(max(abs(miny), abs(maxy))))
    return Envelope(minx - dx, miny - dy, maxx + dx, maxy + dy)
