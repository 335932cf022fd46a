"""Which collections there are: places of each boundary edition, and five for each release and for the newest one.
Bands of people are one more, where a release has a year.

Built once for each state of the database; a request asks for that state alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backend.db import sql
from backend.languages import name_in
from backend.ogc.collection import Collection, Link, Property
from backend.ogc.crs import epsg, offered
from backend.ogc.negotiation import GEOJSON
from backend.ogc.service import Service
from backend.periods import Period
from backend.problems import Problem
from listening.opendata import shapes
from listening.opendata.reading import fetch
from listening.releases.errors import ReleaseWithdrawn
from listening.releases.licences import licence_url

LATEST: Final = "latest"
BANDS: Final = "representation"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of collection of a release: the first part of its id, and what stands behind it."""

    name: str
    source: str
    properties: tuple[Property, ...]
    title: str
    description: str
    has_geometry: bool = True
    has_periods: bool = True
    of_years: bool = False  # only in releases that have bands of a year
    shade: str = ""
    label: str = "name"


def kinds() -> tuple[Kind, ...]:
    """The kinds, told in the language of the reader."""
    return (
        Kind(
            "need-map", "needs.sql", shapes.NEEDS, _("Need map"),
            _("Which share of the conversations in a place mentions a theme, how certain that is, and on how much "
              "listening it rests. One feature for each period, layer, place and theme."),
            shade="class_index",
        ),
        Kind(
            "cells", "cells.sql", shapes.CELLS, _("Published counts"),
            _("The counts from which the need map is made, rounded at random so that nobody can be found in them. A "
              "table: places are in the collection of places."),
            has_geometry=False,
        ),
        Kind(
            "coverage", "coverage.sql", shapes.COVERAGE, _("Coverage"),
            _("How much listening stands behind each place: conversations, and people in them."),
        ),
        Kind(
            BANDS, "representation.sql", shapes.REPRESENTATION, _("Representation"),
            _("Whether those who were listened to in a year are like those who live there: people by age, gender, "
              "citizenship and language, beside residents. Counts are rounded at random; bands are never crossed."),
            of_years=True,
        ),
        Kind(
            "places", "places.sql", shapes.PLACES, _("Places"),
            _("The places of the release with their boundaries; districts of few residents are published as one."),
            has_periods=False,
        ),
        Kind(
            "themes", "themes.sql", shapes.THEMES, _("Themes"),
            _("The list of themes as it was. A table."), has_geometry=False, has_periods=False, label="code",
        ),
    )  # fmt: skip


def open_service(request: HttpRequest) -> Service:
    """The service as it is now. One query, two after something changed."""
    (version,) = fetch(sql.read("listening.opendata", "catalogue_version.sql"))[0]
    return _service(version, get_language() or "en")


@lru_cache(maxsize=8)
def _service(version: str, language: str) -> Service:
    """`language` tells apart what is told in several."""
    (found,) = fetch(sql.read("listening.opendata", "catalogue.sql"))[0]
    holding = [release for release in found["releases"] if release["status"] == "published"]
    made: list[Collection] = []
    for release in holding[:1]:
        made += [_latest(one, release) for one in _of_release(release) if not one.id.startswith(f"{BANDS}-")]
    for release in [one for one in holding if one["years"]][:1]:
        made += [_latest(one, release) for one in _of_release(release) if one.id.startswith(f"{BANDS}-")]
    made += [_of_edition(edition, language) for edition in found["editions"]]
    for release in holding:
        made += _of_release(release)
    replacing = {release["quarter"]: release["code"] for release in holding}
    gone: dict[str, Problem] = {
        f"{kind.name}-{release['code']}": withdrawn(release, replacing.get(release["quarter"]))
        for release in found["releases"]
        if release["status"] == "withdrawn"
        for kind in kinds()
    }
    return Service(
        title=_("Open data of %(city)s: what the neighbourhoods tell us") % {"city": settings.CITY_NAME},
        description=_(
            "Need maps, the listening behind them, and the places they are about. Counts are rounded at random before "
            "they are published; what people said, who they are and where they stood is not here."
        ),
        licence=holding[0]["licence"] if holding else "",
        version=version,
        collections={one.id: one for one in made},
        gone=gone,
        systems=offered(settings.METRIC_EPSG),
        storage_crs=epsg(4326),
        fetch=fetch,
        links=(
            Link("releases/", "related", "text/html", _("Releases and files")),
            Link("need-map.geojson", "related", GEOJSON, _("The newest need map as GeoJSON")),
            Link("catalogue.jsonld", "related", "application/ld+json", _("Catalogue (DCAT-AP)")),
            Link("feed.xml", "related", "application/atom+xml", _("Feed of releases")),
        ),
    )


def withdrawn(release: dict[str, Any], replaced_by: str | None) -> ReleaseWithdrawn:
    """Why a release is no more, and what took its place."""
    return ReleaseWithdrawn(
        f"{release['code']} was withdrawn: {release['reason']}",
        release=release["code"],
        reason=release["reason"],
        replaced_by=replaced_by,
    )


def _of_edition(edition: dict[str, Any], language: str) -> Collection:
    names: dict[str, str] = edition["names"]
    layer = name_in(language, names, edition["layer"])
    ends = edition["to"] and dt.date.fromisoformat(edition["to"]) - dt.timedelta(days=1)
    told = _("Districts of the layer %(layer)s in the boundary edition %(edition)s. Source: %(source)s") % {
        "layer": layer,
        "edition": edition["code"],
        "source": edition["source"],
    }
    return Collection(
        id=f"districts-{edition['layer']}-{edition['code']}",
        title=_("Districts: %(layer)s, %(edition)s") % {"layer": layer, "edition": edition["code"]},
        description=f"{told} ({edition['licence']})",
        source=sql.read("listening.opendata", "districts.sql"),
        rows={"edition_id": edition["id"]},
        properties=shapes.DISTRICTS,
        bbox=_box(edition["box"]),
        time=("valid_from", "valid_to"),
        interval=(dt.date.fromisoformat(edition["from"]), ends),
        label="name",
    )


def _of_release(release: dict[str, Any]) -> Iterator[Collection]:
    for kind in kinds():
        periods = release["years" if kind.of_years else "periods"]
        if kind.of_years and not periods:
            continue
        yield Collection(
            id=f"{kind.name}-{release['code']}",
            title=f"{kind.title}, {release['code']}",
            description=kind.description,
            source=sql.read("listening.opendata", kind.source),
            rows={"release": release["code"]},
            properties=kind.properties,
            has_geometry=kind.has_geometry,
            bbox=_box(release["box"]) if kind.has_geometry else None,
            time=("period_start", "period_end") if kind.has_periods else None,
            interval=span_of(periods) if kind.has_periods and periods else (None, None),
            shade=kind.shade,
            label=kind.label,
            links=_links(release),
        )


def _latest(one: Collection, release: dict[str, Any]) -> Collection:
    """The same features under an address that stays, whichever release is the newest."""
    kind = one.id.removesuffix(f"-{release['code']}")
    title = _("%(what)s, newest release (%(code)s)") % {
        "what": one.title.removesuffix(f", {release['code']}"),
        "code": release["code"],
    }
    fixed = Link(f"collections/{one.id}", "canonical", "application/json", one.title)
    return replace(one, id=f"{kind}-{LATEST}", title=title, links=(*one.links, fixed))


def _links(release: dict[str, Any]) -> tuple[Link, ...]:
    return (
        Link(f"releases/{release['code']}/", "describedby", "text/html", release["code"]),
        Link(licence_url(release["licence"]), "license"),
    )


def _box(corners: list[float | None]) -> tuple[float, float, float, float] | None:
    west, south, east, north = corners
    if west is None or south is None or east is None or north is None:
        return None
    return west, south, east, north


def span_of(periods: list[str]) -> tuple[dt.date, dt.date]:
    """The first and the last day of some periods."""
    spans = [Period.parse(period) for period in periods]
    return min(span.first for span in spans), max(span.until for span in spans) - dt.timedelta(days=1)
