"""Attacks on a year of invented conversations: all fail on what we publish, all succeed on what others do."""

import numpy as np
import pytest

from listening.disclosure.attacker import Contradiction, attack
from listening.disclosure.audit import AuditedProduct, audit
from listening.disclosure.blocks import band_blocks, years
from listening.disclosure.tables import PERSONS
from tests.attacks.disclosure.attacks import (
    differences_over_periods,
    differences_over_places,
    truths_of_a_year,
    truths_of_quarters,
    witness,
)
from tests.attacks.disclosure.naive import bands_recovery, prossimita, recovery, weekly_recovery
from tests.attacks.disclosure.trial import trial


@pytest.fixture(scope="module")
def made():
    return trial()


def test_small_numbers_are_the_normal_case(made):
    """Otherwise the attacks would have nothing to find."""
    counts = made.counted[5].counts
    assert 0.2 < ((counts > 0) & (counts < 5)).mean() < 0.6
    assert (counts == 0).mean() > 0.2


def test_totals_less_siblings_give_the_published_value_again(made):
    """Attack 1: what is left over is no news."""
    for table in made.published:
        assert all(value == rest for value, rest in differences_over_places(table))


def test_themes_never_exceed_what_bounds_them(made):
    """Attack 2: nothing is ruled out by a part above its whole, so nothing is narrowed by it."""
    for table in made.published:
        for theme in set(table.themes) - {"_n", PERSONS}:
            for above in (made.plan.theme_parents.get(theme), "_n"):
                if above in table.themes:
                    assert (table.column(theme) <= table.column(above)).all()


def test_years_less_quarters_give_the_published_value_again(made):
    """Attack 3."""
    assert all(value == rest for value, rest in differences_over_periods(made.published[:4], made.published[5]))


def test_zones_that_cross_are_sums_of_published_areas(made):
    """Attack 5: the 25 zone di prossimità add nothing, as they are made of what is published."""
    of_area = dict(prossimita(made))
    table = made.published[5]
    names = np.array([of_area[code] for code in table.places])
    sums = np.stack([table.values[names == name].sum(axis=0) for name in np.unique(names)])
    assert len(sums) == 25
    assert (sums.sum(axis=0) == table.values.sum(axis=0)).all()
    assert not (sums % 5).any()


@pytest.mark.parametrize("number", [300, 3_000])
def test_linear_programs_recover_nothing(number):
    """Attacks 2, 3, 5, 6 and 7 at once, on some zones; `python -m tests.attacks.disclosure` takes all."""
    some = trial(number=number, seed=2)
    report = audit(
        [AuditedProduct(c, p) for c, p in zip(some.counted, some.published, strict=True)],
        theme_parents=some.plan.theme_parents, sample=4, seed=number,
    )  # fmt: skip
    assert report.passed, report
    assert report.min_candidates >= 5
    assert report.recovered == 0
    assert {product.product for product in report.products} == {"P1", "P2", "P3"}


@pytest.mark.parametrize(
    ("parents", "themes", "theme_parents", "most"),
    [
        ("DD", ("rent",), {}, 6),
        ("DE", ("rent",), {}, 6),
        ("DDE", (), {}, 8),
        ("D", ("housing", "rent"), {"rent": "housing"}, 6),
    ],
)
def test_whoever_tries_all_truths_and_offsets_keeps_as_many_candidates_as_the_base(
    parents, themes, theme_parents, most
):
    """Attack 7, without a solver: base 3, whole counts, settling and all. Tables near the largest count are cut off."""
    behind = truths_of_quarters(base=3, most=most, parents=parents, theme_parents=theme_parents, themes=themes)
    tried = 0
    for values, truths in behind.items():
        published = np.frombuffer(values, dtype=np.int64).reshape(len(parents), -1)
        if published.max() + 2 > most:
            continue
        tried += 1
        for row, column in np.ndindex(published.shape):
            assert len({truth[row][column] for truth in truths}) >= 3, (published, row, column)
    assert tried > 3


def test_whoever_tries_all_years_and_offsets_keeps_as_many_candidates_as_the_base():
    """Attack 7 on areas: the quarter and the year together, base 3, offsets in 30 steps."""
    behind = truths_of_a_year(base=3, most=8, areas=2, steps=30)
    tried = 0
    for values, truths in behind.items():
        total, *areas = np.frombuffer(values, dtype=np.int64)
        if total + 2 > 8:
            continue
        tried += 1
        for area in range(len(areas)):
            assert len({truth[area] for truth in truths}) >= 3, (total, areas)
    assert tried > 3


def test_other_conversations_give_the_same_bytes(made):
    """Attack 8: for some conversations the whole release is the same without them, or with them elsewhere."""
    different, same = witness(made, seed=3, tries=40)
    assert different > 25
    assert same >= 1


@pytest.mark.parametrize(("crossed", "least"), [(False, 0.10), (True, 0.20)])
def test_the_attack_recovers_what_others_hide(made, crossed, least):
    """Attack 13, control: tables with 1 to 4 hidden."""
    hidden, recovered = recovery(made, crossed=crossed, columns=6)
    assert hidden > 50
    assert recovered / hidden >= least


def test_the_attack_recovers_ages_that_others_hide(made):
    """Attack 13, control: people by age with 1 to 4 hidden."""
    hidden, recovered = bands_recovery(made)
    assert hidden > 20
    assert recovered / hidden >= 0.10


def test_bands_of_all_variables_are_attacked_as_the_same_people(made):
    """Attacks 5 and 6 on P3: every cell keeps its candidates, and the truth is among them."""
    products = [AuditedProduct(c, p) for c, p in zip(made.counted, made.published, strict=True)]
    blocks = list(band_blocks(next(years(products))))
    assert len(blocks) == len(made.place.districts)
    for block, left_out in blocks:
        found = attack(block, enough=5, thorough=True)
        assert len(block.cells) == 10
        assert found.candidates.min() >= 5
        assert left_out == 0
        truth = {(cell.table, cell.row): made.counted[cell.table].counts[cell.row, 0] for cell in block.cells}
        for cell, least, most in zip(block.cells, found.least, found.most, strict=True):
            assert least - 1e-5 <= truth[cell.table, cell.row] <= most + 1e-5


def test_the_attacker_knows_that_bands_of_all_variables_are_the_same_people(made):
    products = [AuditedProduct(c, p) for c, p in zip(made.counted, made.published, strict=True)]
    for block, _ in band_blocks(next(years(products))):
        ages, genders = ([cell.unknowns[0] for cell in block.cells if cell.table == table] for table in (6, 7))
        total = sum(made.published[6].values[cell.row, 0] for cell in block.cells if cell.table == 6)
        block.claim(ages, 1.0, least=float(total))
        block.claim(genders, 1.0, most=float(total - 1))
        with pytest.raises(Contradiction):
            attack(block, enough=5)


def test_weekly_totals_give_increments_away(made):
    """Attack 13, control."""
    small, given_away = weekly_recovery(made)
    assert given_away / small >= 0.30
