"""Query parameters of the geography, read into values; every refusal names what would be right."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from django.contrib.gis.geos import Point, Polygon
from django.http import QueryDict

from backend import clock
from backend.geo.bbox import BBoxError, parse_bbox
from backend.http.query_parameters import refuse_unknown
from backend.problems import InvalidParameter, NotFound
from districts.models import BoundaryEdition, Layer

DEFAULT_TOLERANCE_M = 20.0
LARGEST_TOLERANCE_M = 1_000.0


@dataclass(frozen=True, slots=True)
class DistrictsQuery:
    """Which districts, and how finely drawn. `tolerance_m` None: without geometry; 0: as imported."""

    edition: BoundaryEdition
    bbox: Polygon | None
    point: Point | None
    code: str | None
    tolerance_m: float | None


PARAMETERS = ("layer", "edition", "date", "bbox", "point", "code", "tolerance_m", "geometry")


def parse_districts_query(params: QueryDict) -> DistrictsQuery:
    """Read the parameters of a list of districts. At most three queries. Raises InvalidParameter."""
    refuse_unknown(params, PARAMETERS)
    layer = _layer(params.get("layer", ""))
    return DistrictsQuery(
        edition=_edition(layer, params.get("edition"), params.get("date")),
        bbox=_bbox(params.get("bbox")),
        point=_point(params.get("point")),
        code=params.get("code"),
        tolerance_m=parse_tolerance(params),
    )


def parse_edition(layer: str, params: QueryDict) -> BoundaryEdition:
    """The edition of a layer that `edition` or `date` names; the one of today without. At most two queries.

    Raises NotFound for a layer that there is not, which stands in the address, and InvalidParameter.
    """
    refuse_unknown(params, ("edition", "date"))
    layers = list(Layer.objects.all())
    found = next((one for one in layers if one.code == layer), None)
    if found is None:
        known = ", ".join(one.code for one in layers) or "none yet"
        raise NotFound(f"There is no layer {layer[:80]!r}; there are: {known}.")
    return _edition(found, params.get("edition"), params.get("date"))


def parse_crosswalk(params: QueryDict) -> tuple[BoundaryEdition, BoundaryEdition]:
    """Read two editions of a layer; what is left out is the edition of today. Raises InvalidParameter."""
    refuse_unknown(params, ("layer", "from", "to"))
    layer = _layer(params.get("layer", ""))
    return _edition(layer, params.get("from"), None, name="from"), _edition(layer, params.get("to"), None, name="to")


def parse_tolerance(params: QueryDict) -> float | None:
    """How finely to draw: metres, or None for `geometry=none`."""
    geometry, text = params.get("geometry", "simplified"), params.get("tolerance_m")
    if geometry not in {"simplified", "full", "none"}:
        raise InvalidParameter(
            f"There is no geometry {geometry!r}.",
            parameter="geometry",
            value=geometry,
            allowed=["simplified", "full", "none"],
        )
    if geometry == "none":
        return None
    if geometry == "full":
        return 0.0
    if text is None:
        return DEFAULT_TOLERANCE_M
    try:
        tolerance_m = float(text)
    except ValueError:
        tolerance_m = math.nan
    if not 0 <= tolerance_m <= LARGEST_TOLERANCE_M:
        raise InvalidParameter(
            f"tolerance_m={text!r}: give metres from 0 to {LARGEST_TOLERANCE_M:.0f}.",
            parameter="tolerance_m",
            value=text,
            allowed=[f"0 to {LARGEST_TOLERANCE_M:.0f}"],
        )
    return tolerance_m


def _layer(code: str) -> Layer:
    layers = list(Layer.objects.all())
    found = [layer for layer in layers if (layer.code == code if code else layer.is_default)]
    if not found and not code:
        found = layers
    if not found:
        raise InvalidParameter(
            f"There is no layer {code!r}." if code else "No boundaries have been imported yet.",
            parameter="layer",
            value=code,
            allowed=[layer.code for layer in layers],
        )
    return found[0]


def _edition(layer: Layer, code: str | None, date: str | None, *, name: str = "edition") -> BoundaryEdition:
    editions = list(BoundaryEdition.objects.active().filter(layer=layer).select_related("layer"))
    if code is not None:
        found = [edition for edition in editions if edition.code == code]
        said, value = name, code
    else:
        day = _date(date)
        found = [e for e in editions if e.valid_from <= day and (e.valid_to is None or day < e.valid_to)]
        said, value = "date", day.isoformat()
    if not found:
        raise InvalidParameter(
            f"Layer {layer.code!r} has no {'edition' if code is not None else 'date'} {value!r}.",
            parameter=said,
            value=value,
            allowed=[
                e.code if code is not None else f"{e.valid_from} to {e.valid_to or 'further notice'}" for e in editions
            ],
        )
    return found[0]


def _date(text: str | None) -> dt.date:
    if text is None:
        return clock.local_date(clock.now())
    try:
        if len(text) == 10:
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidParameter(f"{text!r} is not a date.", parameter="date", value=text, allowed=["2026-11-23"])


def _bbox(text: str | None) -> Polygon | None:
    if text is None:
        return None
    try:
        minx, miny, maxx, maxy = parse_bbox(text)
        box = Polygon.from_bbox((minx, miny, maxx, maxy))
    except BBoxError as error:
        raise InvalidParameter(str(error), parameter="bbox", value=text, allowed=["minx,miny,maxx,maxy"]) from error
    box.srid = 4326
    return box


def _point(text: str | None) -> Point | None:
    if text is None:
        return None
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        lon = lat = math.nan
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InvalidParameter(
            f"{text[:80]!r} is not a point: write longitude,latitude in degrees.",
            parameter="point",
            value=text,
            allowed=["longitude,latitude"],
        )
    return Point(lon, lat, srid=4326)
