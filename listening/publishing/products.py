"""The protected tables of a release: of its quarter, and of its year when the quarter is the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.periods import Period
from listening.disclosure.audit import AuditedProduct
from listening.disclosure.plan import TablePlan
from listening.disclosure.protect import protect_bands, protect_quarter, protect_restricted, protect_year
from listening.disclosure.tables import CONVERSATIONS, FrequencyTable, ProtectedTable
from listening.publishing.bands import PlannedBands, count_bands
from listening.publishing.count import Counts, count, table
from listening.publishing.errors import NothingToPublish
from listening.publishing.geography import Geography
from listening.releases.values import CellValue


@dataclass(frozen=True, slots=True)
class TableMaker:
    """Counts to protected tables, all by one key, geography and plan."""

    key: bytes
    geography: Geography
    plan: TablePlan
    ids: Mapping[str, int]

    def quarter(self, counts: Counts) -> AuditedProduct:
        counted = self._table(counts, self.geography.publication, self.plan.quarterly, within=self.geography.above)
        return AuditedProduct(counted, self._protected(counted))

    def quarters(self, frozen: Mapping[str, Sequence[CellValue]]) -> list[AuditedProduct]:
        """Earlier quarters as they were published; what is counted of them now may have changed since."""
        made = []
        for label, cells in frozen.items():
            columns = tuple(code for code in self.plan.quarterly if any(cell.theme == code for cell in cells))
            counted = self._table(
                count(Period.parse(label)), self.geography.publication, columns, within=self.geography.above
            )
            published = self._frozen(counted, cells)
            made.append(AuditedProduct(_as_it_was(counted, published), published))
        return made

    def year(self, counts: Counts, quarters: Sequence[ProtectedTable]) -> list[tuple[AuditedProduct, str]]:
        """The tables of a year with their layers: areas, and restricted themes."""
        made = []
        everywhere = set(quarters[0].themes).intersection(*(one.themes for one in quarters))
        if self.geography.has_areas:
            columns = tuple(code for code in self.plan.yearly if code in everywhere)
            counted = table(
                counts, self.geography, self.geography.base, columns, self.ids, product="P2",
                within=self.geography.publication,
            )  # fmt: skip
            counted = _with_a_part_of_each_total(counted, quarters)
            published = protect_year(
                counted, quarters, key=self.key, bases=self.plan.bases, boundary_version=self.geography.version,
                theme_parents=self.plan.theme_parents,
            )  # fmt: skip
            made.append((AuditedProduct(counted, published), self.geography.base))
        if self.geography.above is not None and self.plan.restricted:
            counted = self._table(counts, self.geography.above, self.plan.restricted)
            published = protect_restricted(
                counted, quarters, key=self.key, bases=self.plan.bases, boundary_version=self.geography.version,
                theme_parents=self.plan.theme_parents,
            )  # fmt: skip
            made.append((AuditedProduct(counted, published), self.geography.above))
        return made

    def bands(
        self, planned: Sequence[PlannedBands], year: Period, quarters: Sequence[ProtectedTable]
    ) -> list[AuditedProduct]:
        """The tables of a year by bands of people, one per variable."""
        return [
            AuditedProduct(
                counted,
                protect_bands(
                    counted, quarters, key=self.key, bases=self.plan.bases, boundary_version=self.geography.version
                ),
            )
            for counted in count_bands(planned, self.geography, year, quarters)
        ]

    def _table(
        self, counts: Counts, layer: str, columns: Sequence[str], *, within: str | None = None
    ) -> FrequencyTable:
        return table(counts, self.geography, layer, columns, self.ids, within=within)

    def _protected(self, counted: FrequencyTable) -> ProtectedTable:
        return protect_quarter(
            counted, key=self.key, bases=self.plan.bases, boundary_version=self.geography.version,
            theme_parents=self.plan.theme_parents,
        )  # fmt: skip

    def _frozen(self, counted: FrequencyTable, cells: Sequence[CellValue]) -> ProtectedTable:
        """A published table again: rounding leaves multiples of its base as they are."""
        value = {
            (cell.place, cell.theme): cell.value
            for cell in cells
            if cell.product == "P1" and cell.layer == self.geography.publication and cell.period == counted.period
        }
        numbers = np.array([[value[place, theme] for theme in counted.themes] for place in counted.places], np.int64)
        again = self._protected(
            FrequencyTable("P1", counted.period, counted.places, counted.themes, numbers, counted.within)
        )
        if not np.array_equal(again.values, numbers):
            raise NothingToPublish(f"The published counts of {counted.period} do not agree with each other.")
        return again


def _as_it_was(counted: FrequencyTable, frozen: ProtectedTable) -> FrequencyTable:
    """The counts that a frozen table came from, as far as they are known: within reach of its values.

    What is further was added, changed or erased since, and is in no release.
    """
    reach = np.array(frozen.bases) - 1
    numbers = np.clip(counted.counts, frozen.values - reach, frozen.values + reach)
    return replace(counted, counts=np.maximum(numbers, 0))


def _with_a_part_of_each_total(counted: FrequencyTable, quarters: Sequence[ProtectedTable]) -> FrequencyTable:
    """The counts, with one in each area of a zone whose published total is left without any: records were erased since.

    The total is frozen and must go somewhere; shared out evenly, it tells nothing but itself.
    """
    numbers, parents = counted.counts.copy(), np.asarray(counted.within)
    for zone in dict.fromkeys(counted.within):
        inside = parents == zone
        for at, theme in enumerate(counted.themes):
            total = sum(int(one.column(theme)[one.places.index(zone)]) for one in quarters)
            if total and not numbers[inside, at].any():
                numbers[inside, at] = 1
    whole = counted.themes.index(CONVERSATIONS)
    numbers[:, whole] = np.maximum(numbers[:, whole], numbers.max(axis=1))
    return FrequencyTable(counted.product, counted.period, counted.places, counted.themes, numbers, counted.within)


def cells_of_table(published: ProtectedTable, layer: str) -> tuple[CellValue, ...]:
    return tuple(
        CellValue(published.product, published.period, layer, place, theme, int(value), published.variable, band)
        for place, band, row in zip(published.places, published.bands, published.values, strict=True)
        for theme, value in zip(published.themes, row, strict=True)
    )
