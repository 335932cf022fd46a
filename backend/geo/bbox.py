"""Bounding boxes as OGC API writes them: minx,miny,maxx,maxy in degrees of WGS 84, longitude first."""

from __future__ import annotations

import math
from typing import NamedTuple


class BBox(NamedTuple):
    """A box in degrees of EPSG:4326; never across the antimeridian."""

    minx: float
    miny: float
    maxx: float
    maxy: float


class BBoxError(ValueError):
    """A text that is no box; the message says what would be right."""


def parse_bbox(text: str) -> BBox:
    """Read a box.

    Raises BBoxError for other than four finite numbers, for a place off the earth and for swapped corners.

    References
    ----------
    OGC API - Features - Part 1: Core (OGC 17-069r4), section 7.15.3, parameter bbox. Six numbers (with height) are
    refused, and so is a box across the antimeridian: no city lies there.
    """
    form = "write minx,miny,maxx,maxy in degrees, longitude first"
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise BBoxError(f"{text[:80]!r} is not a box: {form}.") from None
    if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
        raise BBoxError(f"{text[:80]!r} is not a box of four numbers: {form}.")
    box = BBox(*numbers)
    if abs(box.minx) > 180 or abs(box.maxx) > 180 or abs(box.miny) > 90 or abs(box.maxy) > 90:
        raise BBoxError(f"{text[:80]!r} is not on earth: {form}.")
    if box.minx > box.maxx or box.miny > box.maxy:
        raise BBoxError(f"{text[:80]!r} has its corners swapped: {form}.")
    return box
