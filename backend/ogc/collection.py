"""What a collection of features is: a SELECT, which rows and columns of it, and how it is told.

Statements and names of columns come from the code that declares a collection, never from a request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["string", "integer", "number", "boolean", "date", "object"]
KEY: Final = "id"  # the column that tells features apart: a whole number
GEOMETRY: Final = "geometry"  # the column of the geometry: EPSG:4326


@dataclass(frozen=True, slots=True)
class Property:
    """One member of `properties`: a column of the relation. Objects cannot be compared, so nobody filters by them."""

    name: str
    kind: Kind
    title: str
    description: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def is_queryable(self) -> bool:
        return self.kind != "object"


@dataclass(frozen=True, slots=True)
class Link:
    """A link (RFC 8288). `href` is an absolute URL, or a path below the root of the service, without a leading /."""

    href: str
    rel: str
    type: str = ""
    title: str = ""
    is_templated: bool = False

    def as_json(self, root: str) -> dict[str, object]:
        absolute = self.href.startswith(("http://", "https://"))
        shown: dict[str, object] = {"href": self.href if absolute else root + self.href, "rel": self.rel}
        if self.type:
            shown["type"] = self.type
        if self.title:
            shown["title"] = self.title
        if self.is_templated:
            shown["templated"] = True
        return shown


@dataclass(frozen=True, slots=True)
class Collection:
    """`source` is a SELECT without parameters, `rows` the values that columns of it must have.

    `time` names the columns of the first and the last day on which a feature holds; the last may be null.
    """

    id: str
    title: str
    description: str
    source: str
    rows: Mapping[str, str | int]
    properties: tuple[Property, ...]
    has_geometry: bool = True
    bbox: tuple[float, float, float, float] | None = None
    time: tuple[str, str] | None = None
    interval: tuple[dt.date | None, dt.date | None] = (None, None)
    shade: str = ""  # the property whose values 0, 1, 2 ... are the shades of a map
    label: str = ""  # the property that names a feature
    links: tuple[Link, ...] = field(default=())

    @property
    def queryables(self) -> dict[str, Property]:
        return {one.name: one for one in self.properties if one.is_queryable}
