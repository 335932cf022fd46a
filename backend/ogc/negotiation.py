"""Which representation of a resource is sent: by the parameter `f`, which a link can hold, or by `Accept`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest

from backend.problems import InvalidParameter, NotAcceptable

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
HTML: Final = "text/html"
SCHEMA_JSON: Final = "application/schema+json"
OPENAPI_JSON: Final = "application/vnd.oai.openapi+json;version=3.0"
MVT: Final = "application/vnd.mapbox-vector-tile"

# Media types by which each format may be asked for; the first one is sent where a resource does not say otherwise.
ACCEPTED: Final[dict[str, tuple[str, ...]]] = {
    "json": (JSON, GEOJSON, SCHEMA_JSON, "application/vnd.oai.openapi+json", "application/problem+json"),
    "html": (HTML, "application/xhtml+xml"),
    "tilejson": ("application/vnd.mapbox.tilejson+json",),
    "mvt": (MVT, "application/x-protobuf"),
}


def chosen_format(request: HttpRequest, offered: Sequence[str]) -> str:
    """One of the formats that are offered, the first one when all are alike. Raises InvalidParameter, NotAcceptable.

    What is for programs alone is sent whatever is accepted: a browser shows it or saves it (RFC 9110, section 15.5.7).
    """
    asked = request.GET.get("f")
    if asked is not None:
        if asked not in offered:
            raise InvalidParameter(f"There is no format {asked!r} here.", parameter="f", value=asked, allowed=offered)
        return asked
    header = request.headers.get("Accept", "").strip() or "*/*"
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    best = max(offered, key=lambda name: (_quality(ranges, name), -offered.index(name)))
    if _quality(ranges, best) <= 0 and "html" in offered:
        types = ", ".join(ACCEPTED[name][0] for name in offered)
        raise NotAcceptable(f"{header[:80]!r} accepts none of what is offered here: {types}.")
    return best


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight (RFC 9110, section 12.5.1); a weight that is no number counts as none given."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return name, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return name, 1.0


def _quality(ranges: Sequence[tuple[str, float]], name: str) -> float:
    """How much a format is wanted: by the most specific range that holds one of its media types."""
    best = 0.0
    for media_type in ACCEPTED[name]:
        family = f"{media_type.partition('/')[0]}/*"
        for pattern in (media_type, family, "*/*"):
            found = [weight for asked, weight in ranges if asked == pattern]
            if found:
                best = max(best, max(found))
                break
    return best
