"""The audit of a release: attack everything that is, or is about to be, published, all of it together.

Publication aborts unless the report has passed. The report tells numbers of cells alone: no count, no place.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from listening.disclosure.attacker import SLACK, Block, attack, is_anchored
from listening.disclosure.blocks import (
    AuditedProduct,
    Year,
    band_blocks,
    restricted_blocks,
    years,
    zone_block,
)
from listening.disclosure.revisions import RevisionAudit
from listening.disclosure.settle import generation
from listening.disclosure.tables import CONVERSATIONS, PERSONS, SCHEME, NotATable

__all__ = ["AuditReport", "AuditedProduct", "ProductAudit", "audit"]


@dataclass(frozen=True, slots=True)
class ProductAudit:
    """What the audit found for the cells of one table."""

    product: str
    period: str
    variable: str
    required: int  # candidates that each cell must keep: the least base of the table
    cells: int  # attacked; of P1 the totals of districts and of the city too
    min_candidates: int  # fewest whole numbers that a cell may be, for all that the attacker can tell
    below_required: int  # cells with fewer than required
    recovered: int  # cells of which one number alone remains
    truth_inside: int  # cells whose true count the claims of the attacker allow
    contradictions: int  # values that are no multiple, do not add up, or exceed what bounds them
    failing_themes: tuple[str, ...]  # columns to leave out, so that the rest may be published

    @property
    def passed(self) -> bool:
        """Whether the table may be published."""
        sound = self.below_required == 0 and self.recovered == 0 and self.contradictions == 0
        return sound and self.cells > 0 and self.truth_inside == self.cells


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The verdict on a release; may be published with it."""

    scheme: str
    sampled: bool
    seed: int | None
    blocks: int  # zones and districts by year that were attacked
    unanchored: int  # of which it is not proven that they leave open by themselves what they leave open in the whole
    claims_left_out: int  # of the attacker, because settling made them false: who believed them would be misled
    products: tuple[ProductAudit, ...]
    revision: RevisionAudit | None = None  # of a release that follows others of the same tables

    @property
    def passed(self) -> bool:
        """Whether the release may go out."""
        alone = bool(self.products) and self.unanchored == 0 and all(product.passed for product in self.products)
        return alone and (self.revision is None or self.revision.passed)

    @property
    def min_candidates(self) -> int:
        """Fewest candidates of any cell."""
        return min(product.min_candidates for product in self.products)

    @property
    def cells(self) -> int:
        """Cells attacked."""
        return sum(product.cells for product in self.products)

    @property
    def recovered(self) -> int:
        """Cells of which the attacker knows the count."""
        return sum(product.recovered for product in self.products)

    def to_json(self) -> str:
        """Canonical JSON: sorted members, no blanks, no time, no duration; the same tables give the same bytes."""
        members = asdict(self) | {
            "passed": self.passed,
            "cells": self.cells,
            "min_candidates": self.min_candidates if self.products else 0,
            "recovered": self.recovered,
        }
        if self.revision is None:
            del members["revision"]
        return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(slots=True)
class _Tally:
    """What is known of the cells of one table so far."""

    required: int
    candidates: list[int] = field(default_factory=list)
    inside: int = 0
    failing: set[int] = field(default_factory=set)  # columns

    def add(self, column: int, candidates: int, *, inside: bool) -> None:
        self.candidates.append(candidates)
        self.inside += inside
        if candidates < self.required or not inside:
            self.failing.add(column)


def audit(
    products: Sequence[AuditedProduct],
    *,
    theme_parents: Mapping[str, str] | None = None,
    sample: int | None = None,
    seed: int = 0,
) -> AuditReport:
    """Attack all products together; every cell, unless a sample is asked for.

    Parameters
    ----------
    products : sequence of AuditedProduct
        All that is published of a year belongs into one audit: quarters, areas, bands, restricted themes. Several years
        may come together; they share no unknown.
    theme_parents : mapping, optional
        As given to `protect`.
    sample : int, optional
        Attack so many zones of a year, drawn by the seed, instead of all. For tests; a release has all.
    seed : int

    Returns
    -------
    AuditReport

    Raises
    ------
    NotATable
        If counts and published values of a product are of different shape, place, theme or period, a year has areas or
        bands but no quarters, or a table comes twice.
    Contradiction
        If no counts at all satisfy what is published together: the tables do not belong to each other.
    """
    parents = theme_parents or {}
    for product in products:
        _same_shape(product)
    names = [(p.counted.product, p.counted.period, p.counted.variable) for p in products]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise NotATable(
            f"{' '.join(twice).strip()} comes twice: of a table that was corrected, audit the newest alone."
        )
    tallies = [_Tally(min(product.published.bases)) for product in products]
    rng = random.Random(seed)  # noqa: S311 - draws zones to look at, keeps nothing secret
    blocks = unanchored = left_out = 0
    for year in years(products):
        if not year.quarters:
            raise NotATable("What is published of a year is audited together with its quarters.")
        zones = list(dict.fromkeys(zone for _, quarter in year.quarters for zone in quarter.counted.places))
        if sample is not None and sample < len(zones):
            zones = sorted(rng.sample(zones, sample), key=zones.index)
        moved: dict[int, dict[tuple[int, int], tuple[float, float]]] = {}
        for zone in zones:
            block, false = zone_block(year, zone, parents)
            blocks, left_out = blocks + 1, left_out + false
            unanchored += not is_anchored(block)
            _attack(block, products, tallies, moved)
        left_out += _totals(year, moved, tallies)
        for block, false in [*restricted_blocks(year, parents), *band_blocks(year)]:
            blocks, left_out = blocks + 1, left_out + false
            _attack(block, products, tallies)
    return AuditReport(
        scheme=SCHEME,
        sampled=sample is not None,
        seed=seed if sample is not None else None,
        blocks=blocks,
        unanchored=unanchored,
        claims_left_out=left_out,
        products=tuple(
            _summary(product, tally, _contradictions(product, products, parents))
            for product, tally in zip(products, tallies, strict=True)
        ),
    )


def _attack(
    block: Block,
    products: Sequence[AuditedProduct],
    tallies: Sequence[_Tally],
    moved: dict[int, dict[tuple[int, int], tuple[float, float]]] | None = None,
) -> None:
    """Attack one block; note its cells, and how far below and above its value each cell of P1 may lie."""
    found = attack(block, enough=max(tallies[cell.table].required for cell in block.cells))
    for cell, candidates, least, most in zip(block.cells, found.candidates, found.least, found.most, strict=True):
        product = products[cell.table]
        value, count = product.published.values[cell.row, cell.column], product.counted.counts[cell.row, cell.column]
        # Every claim of a block was compared with the truth, but that of a theme in P1 is never false.
        base, theme = product.published.bases[cell.column], product.counted.themes[cell.column]
        must = moved is not None and product.counted.product == "P1" and theme != PERSONS
        tallies[cell.table].add(cell.column, int(candidates), inside=not must or abs(int(value) - int(count)) < base)
        if moved is not None and product.counted.product == "P1":
            moved.setdefault(cell.table, {})[cell.row, cell.column] = (float(value) - least, most - float(value))


def _totals(
    year: Year, moved: Mapping[int, Mapping[tuple[int, int], tuple[float, float]]], tallies: Sequence[_Tally]
) -> int:
    """Candidates of districts and of the city: at least those that one zone has while the others stay."""
    left_out = 0
    for number, product in year.quarters:
        rows = np.asarray(product.counted.within)
        for parent in [*dict.fromkeys(product.counted.within), None]:
            inside = np.flatnonzero(rows == parent) if parent is not None else np.arange(len(rows))
            for column, base in enumerate(product.published.bases):
                seen = moved.get(number, {})
                reach = [seen[row, column] for row in inside.tolist() if (row, column) in seen]
                if not reach:
                    continue
                down, up = (max(end) for end in zip(*reach, strict=True))
                candidates = int(np.floor(up + SLACK)) + int(np.floor(down + SLACK)) + 1
                tallies[number].add(column, candidates, inside=True)
                error = product.published.values[inside, column].sum() - product.counted.counts[inside, column].sum()
                left_out += abs(int(error)) >= base
    return left_out


def _contradictions(
    product: AuditedProduct, products: Sequence[AuditedProduct], theme_parents: Mapping[str, str]
) -> int:
    """Values that break what the guarantee rests on: multiples, sums, and no part above its whole."""
    published = product.published
    wrong = int((published.values % np.array(published.bases) != 0).sum())
    for theme in published.themes:
        for above in generation(theme, theme_parents):
            if above in published.themes:
                wrong += int((published.column(theme) > published.column(above)).sum())
    if CONVERSATIONS in published.themes and PERSONS in published.themes:
        wrong += int((published.column(PERSONS) < published.column(CONVERSATIONS)).sum())
    if published.product in ("P2", "P3"):
        quarters = [
            other.published
            for other in products
            if other.published.product == "P1" and other.published.period.startswith(f"{published.period}-Q")
        ]
        for parent, total in published.totals().items():
            for theme, value in zip(published.themes, total, strict=True):
                places = [q.places if published.product == "P2" else q.within for q in quarters]
                said = sum(
                    int(q.column(theme)[np.asarray(place) == parent].sum())
                    for q, place in zip(quarters, places, strict=True)
                    if theme in q.themes
                )
                wrong += said != int(value)
    return wrong


def _summary(product: AuditedProduct, tally: _Tally, contradictions: int) -> ProductAudit:
    return ProductAudit(
        product=product.counted.product,
        period=product.counted.period,
        variable=product.counted.variable,
        required=tally.required,
        cells=len(tally.candidates),
        min_candidates=min(tally.candidates, default=0),
        below_required=sum(candidates < tally.required for candidates in tally.candidates),
        recovered=sum(candidates <= 1 for candidates in tally.candidates),
        truth_inside=tally.inside,
        contradictions=contradictions,
        failing_themes=tuple(product.counted.themes[column] for column in sorted(tally.failing)),
    )


def _same_shape(product: AuditedProduct) -> None:
    for what in ("product", "period", "places", "themes", "within", "bands", "variable"):
        counted, published = getattr(product.counted, what), getattr(product.published, what)
        if counted != published:
            raise NotATable(f"Counts and published values of {product.counted.product} differ in {what}.")
