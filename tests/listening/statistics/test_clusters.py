"""Clusters: Gi* as its formula has it, the traps of permutations, and nothing where there is nothing."""

import numpy as np
import pytest

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.clusters import NotNeighbours, TooFewPermutations, find_clusters

ROWS, COLUMNS = 9, 10
PLACES = ROWS * COLUMNS
PAIRS = np.array(
    [
        (r * COLUMNS + c, (r + dr) * COLUMNS + c + dc)
        for r in range(ROWS)
        for c in range(COLUMNS)
        for dr, dc in ((0, 1), (1, -1), (1, 0), (1, 1))
        if r + dr < ROWS and 0 <= c + dc < COLUMNS
    ]
)
CLUSTER = [33, 34, 43, 44, 45, 53, 54]


@pytest.fixture(scope="module")
def share():
    made = np.random.default_rng(0).uniform(0.15, 0.25, PLACES)
    made[CLUSTER] += 0.2
    return made


def test_it_finds_what_is_there(share):
    found = find_clusters(share, PAIRS)
    assert found.is_high[CLUSTER].sum() >= 4
    assert not found.is_high[[0, 9, 80, 89]].any()
    assert set(found.quadrant[found.is_high]) <= {"HH", "LH", ""}


def test_the_same_map_twice_has_the_same_clusters(share):
    one, two = find_clusters(share, PAIRS), find_clusters(share, PAIRS[::-1, ::-1])
    assert one.gi_p.tolist() == two.gi_p.tolist()


def test_gi_as_its_formula_has_it(share):
    """Ord and Getis (1995): (sum w x - mean sum w) / (s sqrt((n sum w^2 - (sum w)^2) / (n - 1)))."""
    w = np.eye(PLACES)
    w[PAIRS[:, 0], PAIRS[:, 1]] = w[PAIRS[:, 1], PAIRS[:, 0]] = 1
    sums, squares = w.sum(axis=1), (w**2).sum(axis=1)
    z = (w @ share - share.mean() * sums) / (share.std() * np.sqrt((PLACES * squares - sums**2) / (PLACES - 1)))
    assert find_clusters(share, PAIRS).gi_z == pytest.approx(z)


def test_p_values_are_one_sided(share):
    """When esda makes them two-sided, the thresholds here must follow."""
    assert find_clusters(share, PAIRS).gi_p.max() <= 0.51


def test_too_few_permutations_are_refused(share):
    # The smallest p of 999 is 0.001; of 90 places one alone must be below 0.05 / 90 = 0.00056.
    with pytest.raises(TooFewPermutations, match=r"999 permutations are too few for 90 places .* 1799"):
        find_clusters(share, PAIRS, permutations=999)
    find_clusters(share, PAIRS, permutations=1799)


def test_one_place_that_differs_from_its_neighbours():
    share = np.random.default_rng(1).uniform(0.10, 0.12, PLACES)
    share[CLUSTER] += 0.3
    share[44] = 0.0
    assert find_clusters(share, PAIRS).quadrant[44] == "LH"


@pytest.mark.parametrize("share", [np.full(PLACES, 0.2), np.zeros(PLACES), np.full(PLACES, 0.1) + 1e-17])
def test_equal_shares_have_no_clusters(share):
    found = find_clusters(share, PAIRS)
    assert not (found.is_high | found.is_low | found.is_tested).any()
    assert set(found.gi_p) == {1.0}


@pytest.mark.parametrize(
    ("places", "pairs"), [(0, []), (1, []), (2, [(0, 1)]), (20, []), (7, [(0, i) for i in range(1, 7)])]
)
def test_few_places_or_no_neighbours(places, pairs):
    found = find_clusters(np.linspace(0, 1, places), pairs)
    assert not found.is_tested.any()
    assert found.quadrant.tolist() == [""] * places


def test_places_without_neighbours_or_listening_are_left_out(share):
    known = np.ones(PLACES, dtype=bool)
    known[[0, 44]] = False
    island = np.append(share, 1.0)
    found = find_clusters(island, PAIRS, known=np.append(known, True))
    assert np.flatnonzero(~found.is_tested).tolist() == [0, 44, 90]
    assert np.isfinite(found.gi_z).all()
    assert not found.is_high[44]


def test_a_place_that_touches_all_others_stands_out_from_nothing():
    """Its Gi* is 0 / 0; it says nothing, and is told as a number."""
    found = find_clusters(np.linspace(0.1, 0.9, 9), [(4, other) for other in range(9) if other != 4])
    assert found.is_tested.all()
    assert np.isfinite(found.gi_z).all()
    assert (found.gi_z[4], found.gi_p[4]) == (0, 1)


@pytest.mark.parametrize("pairs", [[(0, 90)], [(-1, 2)], [(3, 3)]])
def test_pairs_that_are_none(pairs):
    with pytest.raises(NotNeighbours):
        find_clusters(np.full(PLACES, 0.1), pairs)


def test_one_theme_at_a_time():
    with pytest.raises(ImpossibleCounts, match="2 dimensions"):
        find_clusters(np.zeros((PLACES, 3)), PAIRS)
