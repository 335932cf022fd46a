"""A service: its collections, how they are read, and where it lives; and what one call to it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from backend.ogc.collection import Collection, Link
from backend.ogc.crs import Crs
from backend.ogc.items import Fetch
from backend.problems import NotFound, Problem


@dataclass(frozen=True, slots=True)
class Service:
    """`version` differs whenever anything that is shown may have changed; `gone` says why a collection is no more.

    `texts` are translated when they are shown. `links` stand on the landing page beside the usual ones.
    """

    title: str
    description: str
    licence: str
    version: str
    collections: Mapping[str, Collection]
    gone: Mapping[str, Problem]
    systems: Mapping[str, Crs]
    storage_crs: Crs
    fetch: Fetch
    links: tuple[Link, ...] = ()

    def collection(self, name: str) -> Collection:
        """Raises NotFound, or the problem that says why it is gone."""
        if name in self.gone:
            raise self.gone[name]
        if name not in self.collections:
            raise NotFound(f"There is no collection {name[:80]!r}; /open/collections lists them.")
        return self.collections[name]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was understood so far: `root` is the absolute URL of the service, with a / at its end."""

    request: HttpRequest
    service: Service
    format: str
    root: str

    @property
    def url(self) -> str:
        """The absolute URL of this request, without its query."""
        return self.request.build_absolute_uri(self.request.path)

    def url_with(self, **changes: str | None) -> str:
        """The URL of this request with parameters changed, or left out where None."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        written = query.urlencode(safe=":/,")
        return f"{self.url}?{written}" if written else self.url

    def itself(self, media_type: str) -> list[dict[str, object]]:
        """Links to this resource as it is and in the other format."""
        others = {"json": (media_type, "JSON"), "html": ("text/html", "HTML")}
        return [
            Link(
                self.url_with(f=name), "self" if name == self.format else "alternate", others[name][0], others[name][1]
            ).as_json(self.root)
            for name in others
        ]


# Makes the service for a request; raises OperationalError when its database is away.
ServiceOf = Callable[[HttpRequest], Service]
REL: Final = "http://www.opengis.net/def/rel/ogc/1.0/"
