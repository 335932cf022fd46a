"""Districts as the API shows them: GeoJSON features (RFC 7946), made once per state of the geography."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.db import connection

from backend.db import sql
from districts.models import BoundaryEdition
from districts.simplify import simplified_geometries


def geography_version() -> str:
    """A text that differs whenever anything that is shown of a district may have changed. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts", "geography_version.sql"))
        version: str = cursor.fetchone()[0]
    return version


def district_features(
    edition: BoundaryEdition, keys: Iterable[int], tolerance_m: float | None, *, version: str
) -> list[str]:
    """Features of districts of an edition, by primary key, in the order of the keys; a key without a district is left
    out. Geometries as `simplified_geometries` draws them, null when the tolerance is None.

    `version` is the present `geography_version`: what was rendered under it is not rendered again.
    """
    properties = _properties(edition.pk, version)
    geometries = {} if tolerance_m is None else simplified_geometries(edition, tolerance_m)
    return [
        f'{{"type":"Feature","id":{pk},"geometry":{geometries.get(pk, "null")},"properties":{properties[pk]}}}'
        for pk in keys
        if pk in properties
    ]


@lru_cache(maxsize=32)
def _properties(edition_id: int, version: str) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts", "districts_as_json.sql"), {"edition": edition_id})
        return dict(cursor.fetchall())
