"""A revision is attacked together with what it follows: both were read."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import pytest

from listening.disclosure import revisions
from listening.disclosure.audit import audit
from listening.disclosure.blocks import Earlier
from listening.disclosure.revisions import audit_revision
from listening.disclosure.rounding import scr
from tests.listening.disclosure.test_audit import city, protected
from tests.listening.disclosure.trees import THEME_PARENTS


def as_before(products, values=None):
    """What an earlier revision told of the same tables."""
    return [
        Earlier(one.counted.product, one.counted.period, one.counted.themes,
                one.published.values if values is None else values[at], one.published.bases)
        for at, one in enumerate(products)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def products():
    return protected(city())


def test_it_works(products):
    """The same values again tell nothing new."""
    found = audit_revision(products, [as_before(products)], theme_parents=THEME_PARENTS)
    assert found.passed
    alone = audit(products, theme_parents=THEME_PARENTS)
    assert (found.revisions, found.min_candidates, found.recovered) == (1, alone.min_candidates, 0)
    assert found.claims_left_out == 2 * alone.claims_left_out


def flipped(products):
    """An earlier revision in which one count of a quarter stood one base higher or lower, as its truth allows."""
    values = [one.published.values.copy() for one in products]
    for at, one in enumerate(products):
        apart = one.counted.counts - one.published.values
        for row, column in zip(*np.nonzero(apart), strict=True):
            step = 5 * int(np.sign(apart[row, column]))
            if values[at][row, column] + step >= 0 and one.counted.product == "P1":
                values[at][row, column] += step
                return values
    raise AssertionError


def test_a_value_that_moves_costs_one_candidate_and_no_more(products):
    found = audit_revision(products, [as_before(products, flipped(products))], theme_parents=THEME_PARENTS)
    assert (found.min_candidates, found.passed) == (4, True)


def test_it_fails_where_one_more_is_lost(products, monkeypatch):
    monkeypatch.setattr(revisions, "LOST", 0)
    found = audit_revision(products, [as_before(products, flipped(products))], theme_parents=THEME_PARENTS)
    assert (found.min_candidates, found.passed) == (4, False)
    assert found.below_required >= 1


def test_what_changed_beyond_reach_is_no_claim(products):
    """Whoever believed that it stayed would be misled: the claim is given up, not the revision."""
    values = [one.published.values + 50 for one in products]
    found = audit_revision(products, [as_before(products, values)], theme_parents=THEME_PARENTS)
    assert found.passed
    assert found.min_candidates >= 5
    assert found.claims_left_out > 0


def rounded(counts, offset):
    """As `scr` does, without arrays: there are many."""
    running = [5 * ((total + offset) // 5) for total in itertools.accumulate(counts, initial=0)]
    return tuple(after - before for before, after in itertools.pairwise(running))


def candidates(*, knows_by_how_much: bool) -> int:
    """Fewest counts that any of two places may have, by all that two revisions with one offset tell of three.

    The first place was corrected; the others are as they were. All truths, corrections and offsets are written down, of
    which the others were published as 10 at most.
    """
    seen: defaultdict[tuple, set[tuple[int, int]]] = defaultdict(set)
    for offset, wrong, more, second, third in itertools.product(range(5), range(10), range(6), range(20), range(20)):
        first, revised = (rounded((count, second, third), offset) for count in (more, more + wrong))
        if max(*first[1:], *revised[1:]) <= 10:
            seen[first, revised, wrong if knows_by_how_much else None].add((second, third))
    return min(len({truth[place] for truth in truths}) for truths in seen.values() for place in (0, 1))


def test_the_enumeration_rounds_as_releases_are():
    counts = np.array([3, 0, 12, 4], np.int64)
    assert [rounded(counts.tolist(), u) for u in range(5)] == [tuple(scr(counts, u, 5).tolist()) for u in range(5)]


def test_nobody_who_does_not_know_by_how_much_loses_more():
    assert candidates(knows_by_how_much=False) == 4


def test_control_whoever_knows_by_how_much_a_place_was_corrected_finds_counts():
    """So no correction says it: the guide tells stewards."""
    assert candidates(knows_by_how_much=True) == 1
