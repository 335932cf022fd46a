"""Make a release of a quarter, without publishing it: count -> protect -> audit -> derive. Writes nothing.

The counts that go in are gone when this returns; what it returns may be read by the world.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings

import listening.disclosure
import listening.releases
import listening.statistics
from backend import clock
from backend.periods import NotAPeriod, Period
from backend.problems import InvalidParameter
from listening.codelists.models import Theme
from listening.disclosure.audit import AuditReport, audit
from listening.disclosure.plan import BASE, NotAPlan, PlannedTheme, TablePlan
from listening.disclosure.revisions import audit_revision
from listening.disclosure.tables import CONVERSATIONS, PERSONS, SCHEME, NotATable
from listening.publishing.bands import PlannedBands, plan_bands
from listening.publishing.count import count
from listening.publishing.errors import AlreadyReleased, NothingToPublish, PlanRefused, QuarterNotReady
from listening.publishing.geography import Geography, read_geography
from listening.publishing.key import disclosure_key
from listening.publishing.products import TableMaker, cells_of_table
from listening.publishing.revise import check_affected, earlier_tables
from listening.releases.content import cells_of, head_of
from listening.releases.derive import METHOD, derive_needs, with_coarser, year_of_quarters
from listening.releases.models import Release
from listening.releases.represent import derive_bands
from listening.releases.values import CellValue, Content, Head, ThemeValue

# Phones without network send what they hold within days; what comes later than this is in no release.
DAYS_CLOSED: Final = 30


@dataclass(frozen=True, slots=True)
class Draft:
    """A release that could be published, with the verdict of the audit; `notes` say what it leaves out."""

    content: Content
    report: AuditReport
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the themes, places, counts, needs and bands: what a steward approves."""
        content = self.content
        rows: list[Any] = [*content.themes, *content.cells, *content.needs, *content.bands]
        told: list[Any] = [asdict(row) for row in rows]
        told += [[one.layer, one.code, one.name, _sha256(one.geometry)] for one in content.places]
        return _sha256(json.dumps(told, sort_keys=True).encode())


def parse_quarter(text: str) -> Period:
    """A quarter such as 2026-Q2. Raises InvalidParameter for anything else."""
    try:
        period = Period.parse(text)
    except NotAPeriod:
        period = None
    if period is None or "-Q" not in period.label or "/" in period.label:
        raise InvalidParameter(
            f"{text[:50]!r} is no quarter.", parameter="quarter", value=text, allowed=["a quarter such as 2026-Q2"]
        )
    return period


def check_ready(quarter: Period, *, correction: str = "") -> int:
    """The revision that a release of the quarter would have.

    Raises QuarterNotReady before 30 days after its end, AlreadyReleased while a release of it holds.
    """
    ready = quarter.until + dt.timedelta(days=DAYS_CLOSED)
    if clock.local_date(clock.now()) < ready:
        raise QuarterNotReady(
            f"{quarter.label} can be published from {ready.isoformat()} on, {DAYS_CLOSED} days after its end.",
            quarter=quarter.label,
            ready_on=ready.isoformat(),
        )
    earlier = list(Release.objects.of_quarter(quarter.label))
    held = next((one for one in earlier if one.status == Release.Status.PUBLISHED), None)
    if held is not None:
        raise AlreadyReleased(f"{held.code} holds; withdraw it first, and say why.", release=held.code)
    if earlier and not correction:
        raise AlreadyReleased(
            f"{earlier[0].code} was withdrawn; its revision says what it corrects.", release=earlier[0].code
        )
    return earlier[0].revision + 1 if earlier else 1


def build_release(quarter: Period, *, revision: int = 1, correction: str = "") -> Draft:
    """Build what a release of the quarter would hold, as the records are now.

    Raises NothingToPublish without places or conversations, PlanRefused for themes or places that make no table,
    NoDisclosureKey, and TooFewAffected for a revision.
    """
    try:
        return _draft(quarter, revision, correction)
    except (NotAPlan, NotATable) as error:
        raise PlanRefused(str(error)) from error


def _draft(quarter: Period, revision: int, correction: str) -> Draft:
    key = disclosure_key()
    year = Period.year(quarter.first.year)
    geography = read_geography(year.first.year)
    themes = list(Theme.objects.select_related("parent").prefetch_related("labels"))
    plan = TablePlan.of(
        [
            PlannedTheme(one.code, one.parent.code if one.parent else None, one.sensitivity)  # type: ignore[arg-type]
            for one in themes
        ]
    )
    ids = {one.code: one.pk for one in themes}
    maker = TableMaker(key, geography, plan, ids)
    counts = count(quarter)
    if not counts.of(0, geography.place_of[geography.publication]):
        raise NothingToPublish(f"No conversation of {quarter.label} can be counted in a place.")
    first = maker.quarter(counts)
    products, notes, planned = [first], list[str](), tuple[PlannedBands, ...]()
    leaves = cells_of_table(first.published, geography.publication)
    if quarter.label.endswith("Q4"):
        quarters = _frozen_quarters(year, geography, notes)
        if quarters:
            products += maker.quarters(quarters)
            leaves += year_of_quarters(year.label, [*quarters.values(), leaves], geography.publication)
            more = maker.year(count(year), [one.published for one in products])
            planned = plan_bands(geography, year)
            if planned:
                by_band = maker.bands(planned, year, [one.published for one in products])
                more += [(one, str(geography.above)) for one in by_band]
            for one, layer in more:
                products.append(one)
                leaves += cells_of_table(one.published, layer)
    earlier = earlier_tables(products, geography, quarter, notes)
    report = audit(products, theme_parents=plan.theme_parents)
    if earlier:
        report = replace(report, revision=audit_revision(products, earlier, theme_parents=plan.theme_parents))
    before = Release.objects.of_quarter(quarter.label).first() if revision > 1 else None
    if before is not None:
        check_affected(quarter, before, products, geography.publication)
    cells = with_coarser(leaves, geography.places)
    compared = _a_year_before(quarter, geography)
    needs = derive_needs(
        cells, geography.places, bases=plan.bases, earlier=cells_of(compared) if compared is not None else ()
    )
    published = {cell.theme for cell in cells}
    theme_values = tuple(
        ThemeValue(
            one.code,
            one.parent.code if one.parent else "",
            dict(sorted((label.language, label.label) for label in one.labels.all())),
            "restricted" if one.code in plan.restricted else "normal",
            at,
        )
        for at, one in enumerate(one for one in themes if one.code in published)
    )
    newest = Release.objects.newest()
    head = Head(
        code=f"{quarter.label}-r{revision}",
        number=newest.number + 1 if newest else 1,
        quarter=quarter.label,
        revision=revision,
        city=settings.CITY_NAME,
        language=settings.LANGUAGE_CODE,
        correction=correction,
        licence=settings.OPEN_LICENCE,
        scheme=SCHEME,
        rounding_base=BASE,
        key_id=first.published.key_id,
        layer_names=geography.layer_names,
        boundary_editions=geography.editions,
        boundary_version=geography.version,
        codelist_version=_sha256(json.dumps([asdict(one) for one in theme_values], sort_keys=True).encode()),
        method=METHOD,
        code_version=code_version(),
        compared_with=compared.code if compared is not None else "",
        audit=json.loads(report.to_json()),
        previous=newest.code if newest else "",
        previous_sha256=newest.manifest_sha256 if newest else "",
    )
    bands = derive_bands(cells, [one.residents for one in planned], base=plan.bases[PERSONS])
    return Draft(Content(head, theme_values, geography.places, cells, needs, bands), report, tuple(notes))


def _frozen_quarters(year: Period, geography: Geography, notes: list[str]) -> dict[str, Sequence[CellValue]]:
    """The first three quarters as they were published, on the same boundaries; empty, with a note, when one lacks."""
    labels = [f"{year.label}-Q{number}" for number in (1, 2, 3)]
    held = {one.quarter: one for one in Release.objects.published().filter(quarter__in=labels)}
    missing = [label for label in labels if label not in held]
    if missing:
        notes.append(f"No year: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not published.")
        return {}
    other = [label for label in labels if head_of(held[label]).boundary_version != geography.version]
    if other:
        notes.append(f"No year: {', '.join(other)} was published on other boundaries.")
        return {}
    return {label: cells_of(held[label]) for label in labels}


def _a_year_before(quarter: Period, geography: Geography) -> Release | None:
    """The release that trends compare with: of the same quarter of last year, on the same boundaries."""
    label = f"{quarter.first.year - 1}{quarter.label[4:]}"
    found = Release.objects.published().filter(quarter=label).first()
    return found if found is not None and head_of(found).boundary_version == geography.version else None


def code_version() -> str:
    """SHA-256, in 16 digits, of the source of all that makes numbers: disclosure, statistics, releases."""
    told = hashlib.sha256()
    for package in (listening.disclosure, listening.statistics, listening.releases):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            if "migrations" not in path.parts:
                told.update(f"{package.__name__}/{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def report_document(draft: Draft) -> dict[str, Any]:
    """What stewards read before they approve: the audit, and what would be published. No exact count."""
    content = draft.content
    city = sum(
        cell.value
        for cell in content.cells
        if (cell.product, cell.theme, cell.period) == ("P1", CONVERSATIONS, content.head.quarter)
        and cell.layer == next(one.layer for one in content.cells if one.product == "P1")
    )
    return {
        "audit": json.loads(draft.report.to_json()),
        "conversations": city,
        "cells": len(content.cells),
        "needs": len(content.needs),
        "themes": len(content.themes),
        "layers": list(content.layers),
        "compared_with": content.head.compared_with,
        "notes": list(draft.notes),
    }
