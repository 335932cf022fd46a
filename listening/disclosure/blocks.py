"""What is published, as claims about unknown counts: one block per zone and year, and small ones per district.

A zone and its areas, four quarters and all themes form one block, as themes bound each other and areas share out what
the quarters add up to. Zones meet only in the totals of districts and the city, which no block needs (`is_anchored`).

Rounding with one offset claims the same of every run of neighbours: it differs from the truth by less than the base. To
try every offset gives nothing more: running totals whose errors lie within one window of b are those whose differences
lie within b - 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from listening.disclosure.attacker import Block, Cell
from listening.disclosure.settle import generation
from listening.disclosure.tables import (
    CONVERSATIONS,
    MOST_PERSONS,
    PERSONS,
    FrequencyTable,
    IntArray,
    ProtectedTable,
)


@dataclass(frozen=True, slots=True)
class AuditedProduct:
    """What was counted beside what is to be published."""

    counted: FrequencyTable
    published: ProtectedTable


@dataclass(frozen=True, slots=True)
class Year:
    """Tables of one year, with their numbers among all that are audited."""

    quarters: tuple[tuple[int, AuditedProduct], ...]
    restricted: tuple[tuple[int, AuditedProduct], ...]
    areas: tuple[tuple[int, AuditedProduct], ...]
    bands: tuple[tuple[int, AuditedProduct], ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """A table as an earlier revision has it, of the same places in the same order: public, so there is nothing to seal.

    `values` has the shape (places, themes); `bases` are those of its themes. Of P3 a place is a place and a band.
    """

    product: str
    period: str
    themes: tuple[str, ...]
    values: IntArray
    bases: tuple[int, ...]
    variable: str = ""


def years(products: Sequence[AuditedProduct]) -> Iterator[Year]:
    """The tables, year by year."""
    numbered = list(enumerate(products))
    for year in dict.fromkeys(product.counted.period[:4] for product in products):
        own = [(i, product) for i, product in numbered if product.counted.period[:4] == year]

        def of(
            kind: str, *, quarters: bool = False, own: list[tuple[int, AuditedProduct]] = own
        ) -> tuple[tuple[int, AuditedProduct], ...]:
            return tuple(
                (i, product)
                for i, product in own
                if product.counted.product == kind and ("-Q" in product.counted.period) == quarters
            )

        yield Year(of("P1", quarters=True), of("P1"), of("P2"), of("P3"))


def zone_block(
    year: Year, zone: str, theme_parents: Mapping[str, str], earlier: Sequence[Earlier] = ()
) -> tuple[Block, int]:
    """The unknown counts of one zone by area, quarter and theme, and how many claims had to be given up.

    A claim that `settle` made false is left out or widened: who believed it would be led away from the truth. With
    `earlier` revisions, whoever believes that a place did not change holds it against both of its values.
    """
    block, left_out = Block(), 0
    themes = list(dict.fromkeys(theme for _, quarter in year.quarters for theme in quarter.counted.themes))
    areas = year.areas[0] if year.areas else None
    rows = [i for i, within in enumerate(areas[1].counted.within) if within == zone] if areas else []
    x = block.unknowns(max(len(rows), 1), len(year.quarters), len(themes))
    totals = np.zeros(len(themes), dtype=np.int64)
    for q, (number, quarter) in enumerate(year.quarters):
        if zone not in quarter.counted.places:
            continue
        row = quarter.counted.places.index(zone)
        for column, theme in enumerate(quarter.counted.themes):
            k = themes.index(theme)
            value, base = int(quarter.published.values[row, column]), quarter.published.bases[column]
            totals[k] += value
            block.cells.append(Cell(tuple(x[:, q, k].tolist()), number, row, column))
            left_out += _claim_value(block, x[:, q, k], value, int(quarter.counted.counts[row, column]), base)
    if areas:
        number, product = areas
        for column, theme in enumerate(product.counted.themes):
            k = themes.index(theme)
            for i, row in enumerate(rows):
                block.cells.append(Cell(tuple(x[i, :, k].tolist()), number, row, column, group=i + 1))
            left_out += _claim_shares(
                block,
                [x[i, :, k] for i in range(len(rows))],
                product.counted.counts[rows, column],
                product.published.values[rows, column],
                int(totals[k]),
                product.published.bases[column],
            )
    for one in earlier:
        for q, (_, quarter) in enumerate(year.quarters):
            if (one.product, one.period) == ("P1", quarter.counted.period) and zone in quarter.counted.places:
                row = quarter.counted.places.index(zone)
                for theme in one.themes:
                    if theme in quarter.counted.themes:
                        count = int(quarter.counted.column(theme)[row])
                        left_out += _claim_earlier(block, x[:, q, themes.index(theme)], one, theme, row, count)
        if areas and (one.product, one.period) == ("P2", areas[1].counted.period):
            for theme in one.themes:
                if theme in areas[1].counted.themes:
                    values, k = one.values[rows, one.themes.index(theme)], themes.index(theme)
                    left_out += _claim_shares(
                        block,
                        [x[i, :, k] for i in range(len(rows))],
                        areas[1].counted.column(theme)[rows],
                        values,
                        int(values.sum()),
                        one.bases[one.themes.index(theme)],
                    )
    _bound_themes(block, themes, x.reshape(-1, len(themes)), theme_parents)
    return block, left_out


def _claim_earlier(
    block: Block, unknowns: Sequence[int] | IntArray, earlier: Earlier, theme: str, row: int, count: int
) -> bool:
    """That a count is what it was, within reach of its earlier value; given up where it is not, which is returned."""
    column = earlier.themes.index(theme)
    value, width = int(earlier.values[row, column]), earlier.bases[column] - 1
    if abs(value - count) > width:
        return True
    block.claim(unknowns, 1.0, least=value - width, most=value + width)
    return False


def restricted_blocks(
    year: Year, theme_parents: Mapping[str, str], earlier: Sequence[Earlier] = ()
) -> Iterator[tuple[Block, int]]:
    """Per district: restricted themes of the year, beside what the quarters say of what is above them."""
    for number, product in year.restricted:
        above = dict.fromkeys(above for theme in product.counted.themes for above in generation(theme, theme_parents))
        for row, district in enumerate(product.counted.places):
            block, left_out = Block(), 0
            themes = [theme for theme in above if theme not in product.counted.themes]
            themes = [theme for theme in themes if any(theme in q.counted.themes for _, q in year.quarters)]
            x = block.unknowns(1, len(themes) + len(product.counted.themes))
            for k, theme in enumerate(themes):
                left_out += _claim_year(block, year, district, theme, [int(x[0, k])])
            for column in range(len(product.counted.themes)):
                unknown = int(x[0, len(themes) + column])
                value, base = int(product.published.values[row, column]), product.published.bases[column]
                block.cells.append(Cell((unknown,), number, row, column))
                left_out += _claim_value(block, [unknown], value, int(product.counted.counts[row, column]), base)
                theme = product.counted.themes[column]
                for one in earlier:
                    if (one.product, one.period) == ("P1", product.counted.period) and theme in one.themes:
                        count = int(product.counted.counts[row, column])
                        left_out += _claim_earlier(block, [unknown], one, theme, row, count)
            _bound_themes(block, [*themes, *product.counted.themes], x, theme_parents)
            yield block, left_out


def band_blocks(year: Year, earlier: Sequence[Earlier] = ()) -> Iterator[tuple[Block, int]]:
    """Per district and column: the bands of all variables beside the quarters that they share out.

    The bands of each variable are the same people, so their sums are equal; and people go with conversations.
    """
    districts = dict.fromkeys(within for _, product in year.bands for within in product.counted.within)
    themes = dict.fromkeys(theme for _, product in year.bands for theme in product.counted.themes)
    for district in districts:
        for theme in themes:
            block, left_out = Block(), 0
            people = block.unknowns(1)
            truths = []
            for number, product in year.bands:
                rows = [i for i, within in enumerate(product.counted.within) if within == district]
                if theme not in product.counted.themes or not rows:
                    continue
                column = product.counted.themes.index(theme)
                bands, group = block.unknowns(len(rows)), len(block.cells)
                block.cells += [
                    Cell((int(bands[i]),), number, row, column, group + i + 1) for i, row in enumerate(rows)
                ]
                counts, base = product.counted.counts[rows, column], product.published.bases[column]
                truths.append(int(counts.sum()))
                if truths[-1] == truths[0]:
                    block.claim([int(people[0]), *bands.tolist()], [1.0, *(-1.0 for _ in rows)], least=0.0, most=0.0)
                else:
                    left_out += 1 + _claim_year(block, year, district, theme, bands, truth=truths[-1])
                told = [one for one in earlier if _is_of(one, product) and theme in one.themes]
                before = [one.values[rows, one.themes.index(theme)] for one in told]
                for values in [product.published.values[rows, column], *before]:
                    parts = [bands[i : i + 1] for i in range(len(rows))]
                    left_out += _claim_shares(block, parts, counts, values, int(values.sum()), base)
            left_out += _claim_year(block, year, district, theme, people, truth=truths[0], earlier=earlier)
            if theme == PERSONS and all(CONVERSATIONS in quarter.counted.themes for _, quarter in year.quarters):
                conversations = block.unknowns(1)
                left_out += _claim_year(block, year, district, CONVERSATIONS, conversations, earlier=earlier)
                block.at_most(int(conversations[0]), int(people[0]))
                block.at_most(int(people[0]), int(conversations[0]), MOST_PERSONS)
            yield block, left_out


def _is_of(earlier: Earlier, product: AuditedProduct) -> bool:
    """Whether it is the same table, as another revision has it."""
    counted = product.counted
    return (earlier.product, earlier.period, earlier.variable) == (counted.product, counted.period, counted.variable)


def _claim_value(block: Block, unknowns: Sequence[int] | IntArray, value: int, count: int, base: int) -> bool:
    """That a value is off by less than the base; by as much as it is, where that is false, which is returned."""
    width = max(base - 1, abs(value - count))
    block.claim(unknowns, 1.0, least=value - width, most=value + width, middle=value)
    return width >= base


def _claim_year(
    block: Block,
    year: Year,
    district: str,
    theme: str,
    unknowns: Sequence[int] | IntArray,
    *,
    truth: int | None = None,
    earlier: Sequence[Earlier] = (),
) -> int:
    """That a district's year is the sum of its quarters, each rounded; `truth` is let in, where records are gone since.

    Of a quarter that `earlier` revisions have too, whoever believes that it did not change holds it against both.
    """
    least = most = left_out = 0
    for _, quarter in year.quarters:
        if theme not in quarter.counted.themes:
            return 1
        rows = np.asarray(quarter.counted.within) == district
        column = quarter.counted.themes.index(theme)
        value, base = int(quarter.published.values[rows, column].sum()), quarter.published.bases[column]
        count = int(quarter.counted.counts[rows, column].sum())
        error = abs(value - count)
        left_out += error >= base
        # A total that settle moved further is known to lie within the sum of its zones' errors.
        width = base - 1 if error < base else int(rows.sum()) * (base - 1)
        low, high = max(0, value - width), value + width
        for one in earlier:
            if _is_of(one, quarter) and theme in one.themes:
                before = int(one.values[rows, one.themes.index(theme)].sum())
                if abs(before - count) < base:
                    low, high = max(low, before - base + 1), min(high, before + base - 1)
                else:
                    left_out += 1
        least, most = least + low, most + high
    if truth is not None and not least <= truth <= most:
        least, most, left_out = min(least, truth), max(most, truth), left_out + 1
    block.claim(unknowns, 1.0, least=least, most=most)
    return left_out


def _claim_shares(
    block: Block, parts: Sequence[IntArray], counts: IntArray, values: IntArray, total: int, base: int
) -> int:
    """What calibrated rounding of parts to a published total tells of every run of parts.

    The run S differs from its share of the total by less than b: |S V / X - W| < b, or |S V - W X| <= b X - 1 in whole
    numbers; X is the unknown sum of all parts, V the total, W the published sum of the run.
    """
    if total == 0:
        return 0
    running = block.unknowns(len(parts))
    for i, part in enumerate(parts):
        before = [int(running[i - 1])] if i else []
        block.claim(
            [int(running[i]), *before, *part.tolist()],
            [1.0, *(-1.0 for _ in before), *(-1.0 for _ in part)],
            least=0.0,
            most=0.0,
        )
    everything, left_out = int(running[-1]), 0
    truth, published = np.cumsum([0, *counts.tolist()]), np.cumsum([0, *values.tolist()])
    for start in range(len(parts)):
        for end in range(start + 1, len(parts) + 1):
            if end - start == len(parts):
                continue
            run, value = int(truth[end] - truth[start]), int(published[end] - published[start])
            if abs(run * total - value * int(truth[-1])) >= base * int(truth[-1]):
                left_out += 1
                continue
            ends = {int(running[end - 1]): 1.0}
            if start:
                ends[int(running[start - 1])] = -1.0
            for sign in (1.0, -1.0):
                weights = {unknown: sign * total * weight for unknown, weight in ends.items()}
                weights[everything] = weights.get(everything, 0.0) - sign * value - base
                block.claim(list(weights), list(weights.values()), most=-1.0)
    return left_out


def _bound_themes(block: Block, themes: Sequence[str], x: IntArray, theme_parents: Mapping[str, str]) -> None:
    """That each theme is at most what stands next above it, and people go with conversations."""
    for k, theme in enumerate(themes):
        above = next((above for above in generation(theme, theme_parents) if above in themes), None)
        for row in x if above else ():
            block.at_most(int(row[k]), int(row[themes.index(str(above))]))
    if CONVERSATIONS in themes and PERSONS in themes:
        for row in x:
            conversations, people = int(row[themes.index(CONVERSATIONS)]), int(row[themes.index(PERSONS)])
            block.at_most(conversations, people)
            block.at_most(people, conversations, MOST_PERSONS)
