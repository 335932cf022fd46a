"""reference/open-data.md lists every address, collection and parameter below /open/."""

from __future__ import annotations

from django.conf import settings

from backend.ogc.items import DEFAULT_LIMIT, MOST
from backend.ogc.parameters import OF_ITEMS
from listening.opendata.catalogue import kinds
from listening.opendata.urls import urlpatterns
from tests.docs.pages import codes, page

PAGE = page("docs/reference/open-data.md")
# How the page calls the parts of an address.
PARTS = {
    "<str:name>": "{collection}", "<str:key>": "{id}", "<str:matrix>": "WebMercatorQuad", "<str:z>": "{z}",
    "<str:row>": "{row}", "<str:column>": "{column}", "<str:code>": "{release}",
}  # fmt: skip


def test_addresses() -> None:
    told = {code for row in PAGE.table("Addresses", "address") for code in codes(row[0])}
    served = set()
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        for part, name in PARTS.items():
            inner = "{file}" if part == "<str:name>" and route.startswith("releases") else name
            route = route.replace(part, inner)
        served.add(f"/open/{route}")
    assert told == served - {"/open/^.*$"}


def test_collections() -> None:
    told = {codes(row[0])[0]: row[2] != "no" for row in PAGE.table("Collections", "collection")}
    made = {f"{kind.name}-{{release}}": kind.has_geometry for kind in kinds()}
    assert told == made | {"districts-{layer}-{edition}": True}


def test_parameters() -> None:
    rows = PAGE.table("Parameters of features", "parameter")
    assert sorted(code for row in rows for code in codes(row[0])) == sorted(OF_ITEMS)
    limit = next(row[1] for row in rows if "limit" in row[0])
    assert f"1 to {MOST}; more is {MOST}, {DEFAULT_LIMIT} when left out" in limit


def test_coordinates() -> None:
    told = [codes(row[0])[0] for row in PAGE.table("Coordinates", "system")]
    assert f"http://www.opengis.net/def/crs/EPSG/0/{settings.METRIC_EPSG}" in told
