"""Between rows and values: a release as it stands in the tables, and the rows that a content becomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, Final, cast

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

from listening.releases.models import (
    Release,
    ReleaseBand,
    ReleaseCell,
    ReleaseFile,
    ReleaseNeed,
    ReleasePlace,
    ReleaseTheme,
)
from listening.releases.values import BandValue, CellValue, Content, Head, NeedValue, PlaceValue, ThemeValue

BATCH: Final = 2_000


def head_of(release: Release) -> Head:
    """What a release says of itself, from its manifest."""
    told: dict[str, Any] = release.manifest["release"]
    return Head(**{field.name: told[field.name] for field in fields(Head)})


def content_of(release: Release) -> Content:
    """All of a release. Five queries."""
    places = ReleasePlace.objects.filter(release=release).order_by("pk")
    return Content(
        head_of(release),
        tuple(
            ThemeValue(theme.code, theme.parent, theme.labels, theme.sensitivity, theme.position)
            for theme in ReleaseTheme.objects.filter(release=release).order_by("position")
        ),
        tuple(
            PlaceValue(
                layer=place.layer,
                edition=place.edition,
                code=place.code,
                name=place.name,
                district_id=place.district_id,
                merged=tuple(place.merged),
                parents=place.parents,
                geometry=bytes(place.geometry.wkb),
                residents=place.residents,
                position=place.position,
            )
            for place in places
        ),
        cells_of(release),
        tuple(
            sorted(
                (
                    NeedValue(*row)
                    for row in ReleaseNeed.objects.filter(release=release).values_list(
                        *(field.name for field in fields(NeedValue))
                    )
                ),
                key=lambda need: need.order,
            )
        ),
        bands_of(release),
    )


def cells_of(release: Release) -> tuple[CellValue, ...]:
    """The counts of a release, in order of their keys. One query."""
    rows = ReleaseCell.objects.filter(release=release).values_list(*(field.name for field in fields(CellValue)))
    return tuple(sorted((CellValue(*row) for row in rows), key=lambda cell: cell.order))


def bands_of(release: Release) -> tuple[BandValue, ...]:
    """People by band of a release, in order of their keys. One query."""
    rows = ReleaseBand.objects.filter(release=release).values_list(*(field.name for field in fields(BandValue)))
    return tuple(sorted((BandValue(*row) for row in rows), key=lambda band: band.order))


def insert(
    content: Content, files: Sequence[ReleaseFile], *, manifest: dict[str, Any], sha256: str, at: dt.datetime
) -> Release:
    """Write a release, its own row last, which seals the others. In the transaction of the caller."""
    head = content.head
    key = head.code
    ReleaseTheme.objects.bulk_create(ReleaseTheme(release_id=key, **asdict(theme)) for theme in content.themes)
    ReleasePlace.objects.bulk_create(
        (
            ReleasePlace(
                release_id=key,
                layer=place.layer,
                edition=place.edition,
                code=place.code,
                name=place.name,
                district_id=place.district_id,
                merged=list(place.merged),
                parents=dict(place.parents),
                geometry=cast(MultiPolygon, GEOSGeometry(memoryview(place.geometry), srid=4326)),
                residents=place.residents,
                position=place.position,
            )
            for place in content.places
        ),
        batch_size=BATCH,
    )
    ReleaseCell.objects.bulk_create(
        (ReleaseCell(release_id=key, **asdict(cell)) for cell in content.cells), batch_size=BATCH
    )
    ReleaseNeed.objects.bulk_create(
        (ReleaseNeed(release_id=key, **asdict(need)) for need in content.needs), batch_size=BATCH
    )
    ReleaseBand.objects.bulk_create(
        (ReleaseBand(release_id=key, **asdict(band)) for band in content.bands), batch_size=BATCH
    )
    ReleaseFile.objects.bulk_create(files)
    return Release.objects.create(
        code=key,
        number=head.number,
        quarter=head.quarter,
        revision=head.revision,
        correction=head.correction,
        published_at=at,
        licence=head.licence,
        scheme=head.scheme,
        rounding_base=head.rounding_base,
        key_id=head.key_id,
        boundary_editions=dict(head.boundary_editions),
        codelist_version=head.codelist_version,
        method=head.method,
        code_version=head.code_version,
        audit=dict(head.audit),
        manifest=manifest,
        manifest_sha256=sha256,
        previous_id=head.previous or None,
    )
