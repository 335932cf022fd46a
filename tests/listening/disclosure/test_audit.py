"""The auditor finds what can be found: it is held against one program for everything, and against broken tables."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.disclosure import tables as made_by_hand
from listening.disclosure.attacker import Block, Cell, Contradiction, attack, is_anchored
from listening.disclosure.audit import AuditedProduct, audit
from listening.disclosure.blocks import years, zone_block
from listening.disclosure.protect import protect_quarter, protect_year
from listening.disclosure.rounding import scr
from listening.disclosure.tables import FrequencyTable, NotATable
from tests.listening.disclosure.trees import THEME_PARENTS, THEMES, cities, tables

KEY = bytes(range(32))


def shared(base=5, key=KEY):
    return {
        "key": key, "bases": dict.fromkeys(THEMES, base), "boundary_version": "v1", "theme_parents": THEME_PARENTS,
    }  # fmt: skip


def protected(city, base=5, key=KEY):
    quarters, areas = tables(city)
    published = [protect_quarter(quarter, **shared(base, key)) for quarter in quarters]
    year = protect_year(areas, published, **shared(base, key))
    return [AuditedProduct(c, p) for c, p in zip([*quarters, areas], [*published, year], strict=True)]


def city(seed=3, zones=4, mean=9):
    rng = np.random.default_rng(seed)
    n = rng.poisson(mean, (2 * zones, 4))
    housing = rng.binomial(n, 0.5)
    counts = np.stack([n, n + rng.binomial(n, 0.3), housing, rng.binomial(housing, 0.4), rng.binomial(n, 0.2)], axis=2)
    zone = [f"Z{i // 2}" for i in range(2 * zones)]
    return counts, zone, [f"D{i // 4}" for i in range(2 * zones)]


def broken(table, values):
    """A table that went round protection, as only a test can make it."""
    return made_by_hand.sealed(
        table, values, bases=dict.fromkeys(table.themes, 5), key_id="0" * 12, boundary_version="v1"
    )


def test_it_works():
    report = audit(protected(city()), theme_parents=THEME_PARENTS)
    assert report.passed
    assert report.min_candidates == 5
    assert report.recovered == 0
    # 4 quarters: 4 zones, 2 districts, the city; a year: 8 areas; 5 columns each.
    assert [product.cells for product in report.products] == [35, 35, 35, 35, 40]
    assert all(product.truth_inside == product.cells for product in report.products)


@settings(max_examples=12, deadline=None)
@given(cities(), st.sampled_from([3, 5, 10]), st.binary(min_size=32, max_size=32))
def test_in_any_city_every_cell_keeps_as_many_candidates_as_the_base(drawn, base, key):
    report = audit(protected(drawn, base, key), theme_parents=THEME_PARENTS)
    assert report.passed, report
    assert report.min_candidates >= base


def whole(products):
    """Everything in one program: all zones, and what is known of every run of neighbours in each quarter."""
    year = next(years(products))
    joint, numbers = Block(), []
    for zone in year.quarters[0][1].counted.places:
        block, _ = zone_block(year, zone, THEME_PARENTS)
        shift = joint.size
        joint.size += block.size
        for at, factors, least, most in zip(block.columns, block.factors, block.least, block.most, strict=True):
            joint.claim(at + shift, factors, least=least, most=most)
        joint.cells += [
            Cell(tuple(u + shift for u in cell.unknowns), cell.table, cell.row, cell.column) for cell in block.cells
        ]
        numbers.append(len(block.cells))
    for number, product in year.quarters:
        cells = {(cell.row, cell.column): cell.unknowns for cell in joint.cells if cell.table == number}
        count = len(product.counted.places)
        for column in range(len(product.counted.themes)):
            for start in range(count):
                for end in range(start + 2, count + 1):
                    value = int(product.published.values[start:end, column].sum())
                    if abs(value - int(product.counted.counts[start:end, column].sum())) < 5:
                        unknowns = [u for row in range(start, end) for u in cells[row, column]]
                        joint.claim(unknowns, 1.0, least=value - 4, most=value + 4)
    return joint, numbers


@pytest.mark.parametrize(("seed", "mean"), [(1, 2), (2, 12)])
def test_zone_by_zone_finds_what_one_program_for_everything_finds(seed, mean):
    """All offsets at once: that every run of neighbours is off by 4 at most is all that they say together."""
    products = protected(city(seed, zones=3, mean=mean))
    joint, numbers = whole(products)
    together = attack(joint, enough=0, thorough=True)
    assert together.is_exact.all()
    start = 0
    for zone, number in zip(products[0].counted.places, numbers, strict=True):
        block, _ = zone_block(next(years(products)), zone, THEME_PARENTS)
        alone = attack(block, enough=0, thorough=True)
        assert alone.candidates.tolist() == together.candidates[start : start + number].tolist()
        np.testing.assert_allclose(alone.least, together.least[start : start + number], atol=1e-5)
        np.testing.assert_allclose(alone.most, together.most[start : start + number], atol=1e-5)
        start += number


def test_shortcuts_bound_what_exact_solutions_find():
    products = protected(city(5))
    block, _ = zone_block(next(years(products)), "Z1", THEME_PARENTS)
    quick, exact = attack(block, enough=5), attack(block, enough=5, thorough=True)
    assert (quick.candidates <= exact.candidates).all()
    tables_of = np.array([cell.table for cell in block.cells])
    for table in np.unique(tables_of):
        assert quick.candidates[tables_of == table].min() == exact.candidates[tables_of == table].min()


def test_quarters_have_the_range_that_can_be_reckoned_by_hand():
    """v - 4 to v + 4, and never below 0: themes that agree do not narrow each other."""
    products = protected(city(6, mean=6))[:4]
    for zone in products[0].counted.places:
        block, left_out = zone_block(next(years(products)), zone, THEME_PARENTS)
        found = attack(block, enough=0, thorough=True)
        assert left_out == 0
        for cell, least, most in zip(block.cells, found.least, found.most, strict=True):
            value = products[cell.table].published.values[cell.row, cell.column]
            assert round(least) == max(0, value - 4)
            assert round(most) == value + 4


def test_areas_have_the_range_that_can_be_reckoned_by_hand():
    """10 published of a zone, 5 of each of its areas: in truth X of 6 to 14, and |10 x - 5 X| < 5 X, so 0 < x < X."""
    quarter = FrequencyTable("P1", "2026-Q1", ("Z",), ("_n",), np.array([[10]]))
    areas = FrequencyTable("P2", "2026", ("a", "b"), ("_n",), np.array([[5], [5]]), ("Z", "Z"))
    products = [
        AuditedProduct(quarter, broken(quarter, np.array([[10]]))),
        AuditedProduct(areas, broken(areas, np.array([[5], [5]]))),
    ]
    block, left_out = zone_block(next(years(products)), "Z", {})
    found = attack(block, enough=0, thorough=True)
    assert left_out == 0
    assert np.ceil(found.least - 1e-5).tolist() == [6, 1, 1]
    assert np.floor(found.most + 1e-5).tolist() == [14, 13, 13]


def test_people_bound_conversations():
    """40 people published beside 0 conversations: 36 or more, so 4 conversations it is. Settling prevents it."""
    table = FrequencyTable("P1", "2026-Q1", ("a",), ("_n", "_persons"), np.array([[4, 40]]))
    report = audit([AuditedProduct(table, broken(table, np.array([[0, 40]])))])
    assert not report.passed
    assert report.min_candidates == 1
    assert report.recovered > 0
    for number in range(30):
        published = protect_quarter(table, **{**shared(), "key": bytes([number]) * 32})
        assert audit([AuditedProduct(table, published)]).passed


def test_a_block_without_an_anchor_says_so():
    block = Block()
    one, other = block.unknowns(2)
    block.claim([one], 1.0, least=1, most=9, middle=5)
    block.claim([other], 1.0, least=0, most=9)
    assert is_anchored(block)
    block.at_most(int(one), int(other))
    block.claim([other], 1.0, least=0, most=4)
    assert not is_anchored(block)


def test_without_settling_a_theme_beyond_all_conversations_loses_a_candidate():
    """5 mentions published beside 0 conversations: both lie in 1 to 4."""
    table = FrequencyTable("P1", "2026-Q1", ("a",), ("_n", "rent"), np.array([[3, 3]]))
    rounded = np.stack([scr([3], 0, 5), scr([3], 4, 5)], axis=1)
    assert rounded.tolist() == [[0, 5]]
    report = audit([AuditedProduct(table, broken(table, rounded))])
    assert not report.passed
    assert report.min_candidates == 4
    assert report.products[0].contradictions == 1
    assert report.products[0].failing_themes == ("_n", "rent")


def test_too_small_a_base_is_found():
    """A base of 2 passes its own rule, and this is why the plan refuses it: 2 candidates."""
    table = FrequencyTable("P1", "2026-Q1", ("a",), ("_n",), np.array([[1]]))
    published = protect_quarter(table, key=bytes(32), bases={"_n": 2}, boundary_version="v1")
    assert audit([AuditedProduct(table, published)]).min_candidates <= 3


def test_values_of_another_quarter_are_found():
    products = protected(city(7))
    first, second = products[0], products[1]
    swapped = AuditedProduct(first.counted, broken(first.counted, np.array(second.published.values)))
    report = audit([swapped, *products[1:4]], theme_parents=THEME_PARENTS)
    assert not report.passed
    assert report.products[0].truth_inside < report.products[0].cells


def test_areas_that_do_not_add_up_are_found():
    products = protected(city(8))
    values = np.array(products[4].published.values)
    values[0] += 5
    report = audit(
        [*products[:4], AuditedProduct(products[4].counted, broken(products[4].counted, values))],
        theme_parents=THEME_PARENTS,
    )
    assert not report.passed
    assert report.products[4].contradictions > 0


def test_suppression_is_solved_by_the_same_attack():
    """7 in a zone of two areas, one of 5 and one hidden: 2."""
    block = Block()
    shown, hidden = block.unknowns(2)
    block.claim([shown], 1.0, least=5, most=5)
    block.claim([hidden], 1.0, least=1, most=4)
    block.claim([shown, hidden], 1.0, least=7, most=7)
    block.cells.append(Cell((int(hidden),), 0, 0, 0))
    found = attack(block, enough=2)
    assert (found.least[0], found.most[0], found.candidates[0]) == (2, 2, 1)


def test_tables_that_cannot_be_are_told():
    block = Block()
    (one,) = block.unknowns(1)
    block.claim([one], 1.0, least=3, most=2)
    block.cells.append(Cell((int(one),), 0, 0, 0))
    with pytest.raises(Contradiction):
        attack(block, enough=2)


def test_a_sample_is_drawn_by_its_seed_and_says_so():
    products = protected(city(9))
    reports = [audit(products, theme_parents=THEME_PARENTS, sample=2, seed=seed).to_json() for seed in (1, 1, 2)]
    assert reports[0] == reports[1] != reports[2]
    told = json.loads(reports[0])
    assert (told["sampled"], told["seed"], told["blocks"]) == (True, 1, 2)
    assert told["cells"] < audit(products, theme_parents=THEME_PARENTS).cells


def test_the_report_is_canonical_and_tells_no_count_and_no_place():
    report = audit(protected(city(10)), theme_parents=THEME_PARENTS).to_json()
    assert report == json.dumps(json.loads(report), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert report == audit(protected(city(10)), theme_parents=THEME_PARENTS).to_json()
    assert not [code for code in ("Z0", "D0", "a0") if f'"{code}"' in report]
    assert set(json.loads(report)["products"][0]) == {
        "product", "period", "variable", "required", "cells", "min_candidates", "below_required", "recovered",
        "truth_inside", "contradictions", "failing_themes",
    }  # fmt: skip


def test_nothing_audited_is_nothing_passed():
    assert not audit([]).passed
    assert json.loads(audit([]).to_json())["passed"] is False


def test_counts_of_other_places_are_refused():
    products = protected(city(11))
    with pytest.raises(NotATable, match="differ in period"):
        audit([AuditedProduct(products[0].counted, products[1].published)])


def test_a_table_that_comes_twice_is_refused():
    products = protected(city(13))
    with pytest.raises(NotATable, match="P1 2026-Q1 comes twice"):
        audit([*products, products[0]])


def test_areas_are_not_audited_without_their_quarters():
    with pytest.raises(NotATable, match="together with its quarters"):
        audit(protected(city(12))[4:])
