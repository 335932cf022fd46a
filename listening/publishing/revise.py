"""What a release follows: earlier revisions that were read, audited together with it; and if it corrects enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from django.db import connection

from backend.db import sql
from backend.periods import Period
from listening.disclosure.blocks import AuditedProduct, Earlier
from listening.disclosure.tables import CONVERSATIONS, FrequencyTable
from listening.publishing.errors import NothingToPublish, TooFewAffected
from listening.publishing.geography import Geography
from listening.releases.content import cells_of, head_of
from listening.releases.models import Release
from listening.releases.values import CellValue

FEWEST_AFFECTED: Final = 10


def earlier_tables(
    products: Sequence[AuditedProduct], geography: Geography, quarter: Period, notes: list[str]
) -> list[list[Earlier]]:
    """The tables of withdrawn releases of the quarter, and of the others of its year, as far as they are made again.

    Raises NothingToPublish for a revision on other boundaries: two divisions of the same counts tell more than one.
    """
    quarters = {one.counted.period for one in products if "-Q" in one.counted.period}
    found = []
    for release in Release.objects.filter(quarter__in=quarters, status=Release.Status.WITHDRAWN).order_by("number"):
        if head_of(release).boundary_version == geography.version:
            cells = cells_of(release)
            found.append([table for one in products if (table := _earlier(one, _layer(one, geography), cells))])
        elif release.quarter == quarter.label:
            raise NothingToPublish(f"{release.code} was published on other boundaries; a revision is of the same ones.")
        else:
            notes.append(f"{release.code} was published on other boundaries, and is not audited together with this.")
    return found


def check_affected(quarter: Period, before: Release, products: Sequence[AuditedProduct], layer: str) -> None:
    """Raises TooFewAffected where neither records nor counts can have changed in ten conversations since a release.

    A correction without a changed record, as of what a theme counts, shows in counts beyond the reach of rounding.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.publishing", "count_changed.sql"),
            {"first": quarter.first, "until": quarter.until, "since": before.published_at},
        )
        changed: int = cursor.fetchone()[0]
    if changed >= FEWEST_AFFECTED:
        return
    first = products[0]
    earlier = _earlier(first, layer, cells_of(before))
    proven = 0 if earlier is None else _proven(first.counted, earlier)
    if proven < FEWEST_AFFECTED:
        raise TooFewAffected(
            f"Since {before.code} was published, {changed} conversations of {quarter.label} came, changed or were"
            f" deleted, and its counts show {proven}; a revision corrects {FEWEST_AFFECTED} or more.",
            affected=max(changed, proven),
        )


def _proven(counted: FrequencyTable, earlier: Earlier) -> int:
    """How many conversations must have changed, by the one theme that shows most."""
    columns = [counted.themes.index(theme) for theme in earlier.themes]
    beyond = np.abs(counted.counts[:, columns] - earlier.values) - (np.array(earlier.bases) - 1)
    shown = [number for theme, number in zip(earlier.themes, np.maximum(beyond, 0).sum(axis=0), strict=True)
             if theme == CONVERSATIONS or not theme.startswith("_")]  # fmt: skip
    return max((int(number) for number in shown), default=0)


def _layer(product: AuditedProduct, geography: Geography) -> str:
    if product.counted.product == "P2":
        return geography.base
    is_year = "-Q" not in product.counted.period
    return geography.above if is_year and geography.above is not None else geography.publication


def _earlier(product: AuditedProduct, layer: str, cells: Sequence[CellValue]) -> Earlier | None:
    """The table as a release has it, of the themes that both have; None where it has none. Raises NothingToPublish."""
    counted = product.counted
    value = {
        (cell.place, cell.band, cell.theme): cell.value
        for cell in cells
        if (cell.product, cell.period, cell.layer, cell.variable)
        == (counted.product, counted.period, layer, counted.variable)
    }
    rows = list(zip(counted.places, counted.bands, strict=True))
    if counted.variable and value and {band for _, band, _ in value} != set(counted.bands):
        raise NothingToPublish(
            f"{counted.period} was published by other bands of {counted.variable}; a revision is by the same ones."
        )
    themes = tuple(theme for theme in counted.themes if all((*row, theme) in value for row in rows))
    if not themes:
        return None
    return Earlier(
        counted.product,
        counted.period,
        themes,
        np.array([[value[*row, theme] for theme in themes] for row in rows], np.int64),
        tuple(product.published.bases[counted.themes.index(theme)] for theme in themes),
        counted.variable,
    )
