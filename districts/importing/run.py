"""Import an edition of a layer, or figures for one: all of it, or nothing.

The report tells every problem at once; an error anywhere leaves the boundaries as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.db import connection, transaction
from django.db.models import Q

from backend import clock
from backend.db import locks, sql
from districts.crosswalk import LEAST_SHARE, write_crosswalks
from districts.importing import margins, quality, read
from districts.importing.config import ImportConfig, read_config
from districts.importing.report import Flaw, ImportReport
from districts.models import BoundaryEdition, District, DistrictName, Layer, Population
from districts.names import normalise
from districts.signals import edition_activated, edition_drawn, edition_in_force

# A layer whose middle lies further from the city than this shows another city, or has the wrong CRS.
FARTHEST_KM = 60.0


class _Undo(Exception):
    """Leaves the transaction without a trace: a trial, or an error that only the database could see."""


def import_edition(config_path: Path, source_path: Path, *, dry_run: bool = False) -> ImportReport:
    """Import one source by its mapping; see `ImportReport.outcome` for what became of it.

    Three steps, so that nobody waits while counts are prepared: the districts are stored as a draft, whoever follows
    boundaries prepares (`edition_drawn`), and the edition comes into force in one transaction (`edition_activated`). An
    import that was killed between them goes on when it is run again. Takes the advisory lock of the boundaries for the
    first and the third. Raises ConfigError, UnreadableSource.
    """
    config = read_config(config_path)
    table = read.read_table(config, source_path)
    report = ImportReport(config.layer, config.edition or "(figures)", source_path.name)
    report.add(read.missing_fields(config, list(table.columns)))
    if report.has_errors:
        return report
    edition = None
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                locks.lock(cursor, locks.BOUNDARIES)
            if config.attributes_of:
                _bring_figures(config, table, report)
            else:
                edition = _bring_edition(config, table, source_path, report)
                if edition is not None and dry_run:
                    _put_in_force(edition, report)
            if report.has_errors or dry_run:
                raise _Undo
    except _Undo:
        report.outcome = "refused" if report.has_errors else "trial"
        return report
    if edition is not None:
        edition_drawn.send(sender=BoundaryEdition, edition=edition)
        with transaction.atomic():
            with connection.cursor() as cursor:
                locks.lock(cursor, locks.BOUNDARIES)
            _put_in_force(edition, report)
            edition_activated.send(sender=BoundaryEdition, edition=edition)
        report.outcome = "imported"
        edition_in_force.send(sender=BoundaryEdition, edition=edition)
    return report


def _bring_edition(config: ImportConfig, table: Any, source: Path, report: ImportReport) -> BoundaryEdition | None:
    """Store an edition as a draft; None when it is refused, or in force already."""
    checksum = read.checksum(config, source)
    known = BoundaryEdition.objects.filter(layer__code=config.layer, code=config.edition).first()
    if known is not None:
        report.districts = known.districts.count()
        if known.checksum == checksum:
            report.outcome = "unchanged"
            # A draft was left by an import that was killed.
            return known if known.status == BoundaryEdition.Status.DRAFT else None
    if known is not None and known.status == BoundaryEdition.Status.DRAFT:
        known.delete()
    elif known is not None:
        report.add(
            [
                Flaw(
                    "error",
                    "edition-exists",
                    config.edition,
                    "this edition was imported from other content.",
                    "Boundaries in use do not change: give the new ones a new edition code and valid_from.",
                )
            ]
        )
    layer = _clean(config, read.with_geometry(config, table, source), report)
    report.districts = len(layer)
    report.add(_against_database(config, layer))
    if report.has_errors:
        return None
    edition = _write(config, layer, checksum)
    with connection.cursor() as cursor:
        # The planner still believes what the tables held before this transaction: planned for empty ones, the joins
        # of crosswalks and memberships take minutes instead of milliseconds.
        cursor.execute("ANALYZE districts_boundaryedition, districts_district")
    write_crosswalks()
    return edition


def _put_in_force(edition: BoundaryEdition, report: ImportReport) -> None:
    """End the edition before where this one begins, and work out what lies in what."""
    # What was open until further notice now ends where the new edition begins.
    BoundaryEdition.objects.active().filter(layer=edition.layer, valid_from__lt=edition.valid_from).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=edition.valid_from)
    ).update(valid_to=edition.valid_from)
    edition.status = BoundaryEdition.Status.ACTIVE
    edition.save(update_fields=["status"])
    _relate(edition)
    report.add(_uncovered(edition))


def _clean(config: ImportConfig, raw: gpd.GeoDataFrame, report: ImportReport) -> gpd.GeoDataFrame:
    """Rows with the columns code, name, aliases, residents, is_excluded and geometry; flaws go into the report."""
    assert config.name_field is not None  # the mapping requires it
    names = read.texts(raw, config.name_field, report.flaws, "name")
    layer = gpd.GeoDataFrame(
        {
            "code": read.codes(config, raw, names, report.flaws),
            "name": names,
            "aliases": list(_aliases(config, raw, names)),
            "residents": _residents(config, raw, report),
            "is_excluded": _excluded(config, raw, report),
        },
        geometry=raw.geometry.to_numpy(),
        crs=raw.crs,
    )
    if config.expected is not None and len(layer) != config.expected:
        report.add(
            [
                Flaw(
                    "error",
                    "unexpected-count",
                    "(layer)",
                    f"{len(layer)} features, {config.expected} were expected.",
                    "Check that the file is complete, or correct `expected`.",
                )
            ]
        )
    if layer.empty:
        report.add([Flaw("error", "empty-layer", "(layer)", "the file has no features.", "Export it again.")])
        return layer
    report.add(quality.check_codes(layer))
    layer = read.to_wgs84(config, layer, report.flaws)
    if any(flaw.code in {"wrong-crs", "unknown-crs"} for flaw in report.flaws):
        return layer
    layer, flaws = quality.mend_geometry(layer, config.largest_repair)
    report.add(flaws)
    if not any(flaw.severity == "error" and flaw.code.endswith("-geometry") for flaw in flaws):
        report.add(quality.check_coverage(layer))
    return layer


def _against_database(config: ImportConfig, layer: gpd.GeoDataFrame) -> Iterator[Flaw]:
    """What contradicts the layers that are there."""
    there = {one.code: one for one in Layer.objects.all()}
    mine = there.get(config.layer)
    if mine is not None and mine.rank != config.rank:
        yield Flaw("error", "other-rank", config.layer, f"its rank is {mine.rank}.", f"Write rank {mine.rank}.")
    base = next((one for one in there.values() if one.is_base), None)
    if config.rank == 0 and base is not None and base.code != config.layer:
        yield Flaw(
            "error",
            "second-base-layer",
            config.layer,
            f"there is a base layer already: {base.code}.",
            "Another city is a deployment of its own, with its own database; "
            "a coarser layer of this city has rank 1 or more.",
        )
    later = BoundaryEdition.objects.active().filter(layer__code=config.layer, valid_from__gte=config.valid_from)
    for edition in later.exclude(code=config.edition):
        yield Flaw(
            "error",
            "older-edition",
            config.edition,
            f"edition {edition.code} holds from {edition.valid_from} on.",
            "An edition follows the one before it: give it a later valid_from.",
        )
    yield from _far_away(layer)


def _far_away(layer: gpd.GeoDataFrame) -> Iterator[Flaw]:
    """A layer that lies elsewhere than the city, perhaps with its axes swapped."""
    if layer.empty or not pd.notna(layer.total_bounds).all():
        return
    minx, miny, maxx, maxy = layer.total_bounds
    middle = ((minx + maxx) / 2, (miny + maxy) / 2)
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts.importing", "measure_distance.sql"), {"lon": middle[0], "lat": middle[1]})
        distance_km, swapped_km = cursor.fetchone()
    if distance_km is None or distance_km <= FARTHEST_KM:
        return
    if swapped_km is not None and swapped_km <= FARTHEST_KM:
        yield Flaw(
            "error",
            "swapped-axes",
            "(layer)",
            "its coordinates have latitude first.",
            "Export it with longitude first, as GeoJSON demands, or set `crs` to the CRS with that axis order.",
        )
    else:
        yield Flaw(
            "error",
            "wrong-crs",
            "(layer)",
            f"its middle, {middle[0]:.4f}, {middle[1]:.4f}, is {distance_km:,.0f} km from the city.",
            "Set `crs` to what the source is really in; another city is a deployment of its own.",
        )


def _write(config: ImportConfig, layer: gpd.GeoDataFrame, checksum: str) -> BoundaryEdition:
    """Store layer, edition, districts, names and figures; nothing is in force yet."""
    owner, _ = Layer.objects.get_or_create(
        code=config.layer, defaults={"rank": config.rank, "names": dict(config.names)}
    )
    # A mapping that does not say so leaves the default layer as it is.
    is_default = owner.is_default if config.is_default is None else config.is_default
    if is_default:
        Layer.objects.exclude(pk=owner.pk).filter(is_default=True).update(is_default=False)
    Layer.objects.filter(pk=owner.pk).update(names=dict(config.names), is_default=is_default)
    edition = BoundaryEdition.objects.create(
        layer=owner,
        code=config.edition,
        status=BoundaryEdition.Status.DRAFT,
        valid_from=config.valid_from,
        is_schematic=config.is_schematic,
        source=config.source,
        licence=config.licence,
        checksum=checksum,
        imported_at=clock.now(),
    )
    inner = layer.geometry.representative_point()
    districts = District.objects.bulk_create(
        District(
            edition=edition,
            code=row.code,
            name=row.name_,
            geometry=cast("MultiPolygon", _geos(row.geometry)),
            point_on_surface=cast("Point", _geos(point)),
            area_km2=0,
            exclude_from_rates=bool(row.is_excluded),
        )
        for row, point in zip(layer.rename(columns={"name": "name_"}).itertuples(), inner, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE districts_district SET area_km2 = ST_Area(geometry::geography) / 1e6 WHERE edition_id = %s",
            [edition.pk],
        )
    _write_names(config, districts, list(layer["aliases"]))
    _write_population(config, districts, list(layer["residents"]), list(layer["is_excluded"]))
    return edition


def _geos(geometry: shapely.Geometry) -> GEOSGeometry:
    """shapely's geometry as GeoDjango's, EPSG:4326."""
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=4326)


def _residents(config: ImportConfig, table: pd.DataFrame, report: ImportReport) -> list[int | None]:
    if config.population is None:
        return [None] * len(table)
    return read.whole_numbers(table, config.population.field, report.flaws)


def _write_names(config: ImportConfig, districts: list[District], aliases: list[list[str]]) -> None:
    DistrictName.objects.bulk_create(
        (
            DistrictName(district=district, language=config.language, kind=kind, name=name, normalised=normalise(name))
            for district, others in zip(districts, aliases, strict=True)
            for kind, name in [
                (DistrictName.Kind.OFFICIAL, district.name),
                *((DistrictName.Kind.ALIAS, alias) for alias in dict.fromkeys(others) if alias != district.name),
            ]
        ),
        ignore_conflicts=True,
    )


def _write_population(
    config: ImportConfig, districts: list[District], residents: list[int | None], excluded: list[bool]
) -> None:
    if config.population is None:
        return
    Population.objects.bulk_create(
        (
            Population(
                district=district,
                year=config.population.year,
                source=config.population.source,
                residents=number,
                exclude_from_rates=bool(is_excluded),
            )
            for district, number, is_excluded in zip(districts, residents, excluded, strict=True)
            if number is not None
        ),
        update_conflicts=True,
        unique_fields=["district", "year", "source"],
        update_fields=["residents", "exclude_from_rates"],
    )


def _relate(edition: BoundaryEdition) -> None:
    """Compute what lies in what, in SQL."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE districts_boundaryedition, districts_district")
        cursor.execute(
            sql.read("districts.importing", "compute_memberships.sql"),
            {"edition": edition.pk, "least_share": LEAST_SHARE},
        )
        cursor.execute("ANALYZE districts_membership")
        cursor.execute(sql.read("districts.importing", "share_population.sql"))


def _uncovered(edition: BoundaryEdition) -> Iterator[Flaw]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("districts.importing", "find_uncovered.sql"), {"edition": edition.pk, "least_share": LEAST_SHARE}
        )
        for layer, code, name, other, share, size_m2 in cursor.fetchall():
            yield Flaw(
                "warning",
                "uncovered",
                f"{layer} {code} {name}",
                f"{share:.1%} of it lies in no district of {other}.",
                f"Counts of {layer} go to the {other} with the largest share, if any; is a district missing?",
                size_m2,
            )


def _bring_figures(config: ImportConfig, table: pd.DataFrame, report: ImportReport) -> None:
    """Add figures and aliases to the districts of the edition that holds today, by code."""
    assert config.code_field is not None  # the mapping requires it
    codes = read.texts(table, config.code_field, report.flaws, "code")
    today = clock.local_date(clock.now())
    there = {d.code: d for d in District.objects.valid_on(today).in_layer(config.layer)}
    report.districts = len(codes)
    for row, code in enumerate(codes, start=1):
        if code not in there:
            report.add(
                [
                    Flaw(
                        "error",
                        "unknown-code",
                        code or f"row {row}",
                        f"layer {config.layer} has no such district today.",
                        "Correct the code, or import the boundaries first.",
                    )
                ]
            )
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    report.add(Flaw("error", "duplicate-code", code, "several rows have this code.", "Keep one.") for code in repeated)
    residents = _residents(config, table, report)
    excluded = _excluded(config, table, report)
    told = margins.read_margins(config.margins, table, codes, report.flaws)
    if report.has_errors:
        return
    districts = [there[code] for code in codes]
    _write_population(config, districts, residents, excluded)
    margins.write_margins(told, districts)
    report.add(margins.compare_with_residents(told, districts))
    if config.exclude_field or config.exclude_below is not None:
        for district, is_excluded in zip(districts, excluded, strict=True):
            district.exclude_from_rates = is_excluded
        District.objects.bulk_update(districts, ["exclude_from_rates"])
    _write_names(config, districts, list(_aliases(config, table, [d.name for d in districts])))
    with connection.cursor() as cursor:
        cursor.execute(sql.read("districts.importing", "share_population.sql"))
    report.outcome = "figures"


def _aliases(config: ImportConfig, table: pd.DataFrame, names: list[str]) -> Iterator[list[str]]:
    """Other names per row: those in the mapping for its name, and those in its fields."""
    ignored: list[Flaw] = []
    columns = [read.texts(table, column, ignored, "alias") for column in config.alias_fields]
    for row, name in enumerate(names):
        yield [*config.aliases.get(name, ()), *(column[row] for column in columns if column[row])]


def _excluded(config: ImportConfig, table: pd.DataFrame, report: ImportReport) -> list[bool]:
    """Which rows must not be denominators: flagged in the source, or below the mapping's limit of residents."""
    flagged = [False] * len(table)
    if config.exclude_field:
        flagged = [
            str(value).strip().lower() in {"1", "1.0", "true", "yes", "si", "sì"}
            for value in table[config.exclude_field]
        ]
    if config.exclude_below is not None and config.population is not None:
        figures = pd.to_numeric(table[config.population.field], errors="coerce")
        flagged = [one or bool(number < config.exclude_below) for one, number in zip(flagged, figures, strict=True)]
    return flagged
