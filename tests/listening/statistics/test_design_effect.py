"""Design effects: from sums over sessions, equal to those from the sessions themselves."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import strategies as st

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.design_effect import (
    ASSUMED,
    FEWEST_SESSIONS,
    LEAST,
    MOST,
    SessionSums,
    city_design_effect,
    design_effect,
    effective_size,
    pooled_design_effect,
    share_variance,
)
from tests.listening.statistics.invented import given, is_defined, sessions


def sums_of(*places):
    """The sums that the database would hand over, of places given as lists of (c_s, n_s)."""
    tables = [np.array(place, dtype=float).reshape(-1, 2).T for place in places]
    return SessionSums(
        sessions=[len(c) for c, _ in tables],
        conversations=[n.sum() for _, n in tables],
        mentions=[c.sum() for c, _ in tables],
        mentions_squared=[c @ c for c, _ in tables],
        products=[c @ n for c, n in tables],
        conversations_squared=[n @ n for _, n in tables],
    )


def invented(seed, *, sessions=14, largest=9):
    rng = np.random.default_rng(seed)
    n = rng.integers(1, largest + 1, sessions)
    return list(zip(rng.binomial(n, rng.beta(1, 3, sessions)), n, strict=True))


def test_by_hand():
    # Two tables of four, one of one mind and one of the other: r = 1/2, scatter = 2/1 * (2^2 + 2^2) = 16, V = 16/64.
    assert share_variance(sums_of([(4, 4), (0, 4)])) == pytest.approx([0.25])
    # Ten of them: r = 1/2, scatter = 10/9 * 10 * 4, binomial = 40 / 4, so deff = 4.44.
    assert design_effect(sums_of([(4, 4), (0, 4)] * 5)) == pytest.approx([400 / 90])


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_is_that_of_a_mean_with_clusters(seed):
    place = invented(seed)
    answers = np.concatenate([np.r_[np.ones(c), np.zeros(n - c)] for c, n in place])
    tables = np.repeat(np.arange(len(place)), [n for _, n in place])
    fit = sm.OLS(answers, np.ones(len(answers))).fit(cov_type="cluster", cov_kwds={"groups": tables})
    assert share_variance(sums_of(place)) == pytest.approx([fit.bse[0] ** 2])


def test_few_sessions_take_the_effect_of_the_city():
    few, many = invented(1, sessions=FEWEST_SESSIONS - 1), invented(2, sessions=FEWEST_SESSIONS)
    assert design_effect(sums_of(few, many), city=[3.0])[0] == 3
    assert design_effect(sums_of(few, many), city=[3.0])[1] != 3


def test_the_effect_of_the_city_is_that_of_its_sessions_within_places():
    # Places that differ, and tables that are like strangers: a scatter around the city's share would see an effect.
    rng = np.random.default_rng(5)
    places = [list(zip(rng.binomial(6, share, 60), np.full(60, 6), strict=True)) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert city_design_effect(sums_of(*places)) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(("intraclass", "expected"), [(0.2, 2.0), (0.4, 3.0)])
def test_the_effect_of_the_city_is_found_in_many_small_places(intraclass, expected):
    # deff = 1 + (6 - 1) * intraclass, for tables of six.
    rng = np.random.default_rng(11)
    ease = 1 / intraclass - 1
    places = []
    for _ in range(2000):
        share = rng.uniform(0.1, 0.4)
        tables = rng.beta(share * ease, (1 - share) * ease, 3)
        places.append(list(zip(rng.binomial(6, tables), np.full(3, 6), strict=True)))
    assert city_design_effect(sums_of(*places)) == pytest.approx(expected, rel=0.05)


def test_themes_stand_side_by_side():
    one, two = invented(3), invented(4)
    a, b = sums_of(one), sums_of(two)
    columns = {name: np.column_stack([getattr(a, name), getattr(b, name)]) for name in SessionSums.__dataclass_fields__}
    together = design_effect(SessionSums(**columns))
    assert together.shape == (1, 2)
    assert together[0] == pytest.approx([*design_effect(a), *design_effect(b)])


def test_what_no_theme_changes_may_be_a_column():
    table = sums_of([(1, 2), (0, 3)], [(2, 2)])
    columns = {name: np.reshape(getattr(table, name), (-1, 1)) for name in SessionSums.__dataclass_fields__}
    by_theme = {name: np.tile(columns[name], 3) for name in ("mentions", "mentions_squared", "products")}
    wide = SessionSums(**columns | by_theme)
    assert design_effect(wide).shape == (2, 3)


@given(st.lists(sessions, min_size=1, max_size=6))
def test_it_is_always_defined_and_within_its_limits(places):
    sums = sums_of(*places)
    found = design_effect(sums)
    assert is_defined(found, share_variance(sums), city_design_effect(sums))
    assert ((found >= LEAST) & (found <= MOST)).all()


@given(sessions, st.randoms())
def test_the_order_of_sessions_does_not_matter(place, random):
    other = random.sample(place, len(place))
    assert design_effect(sums_of(place)) == pytest.approx(design_effect(sums_of(other)))


@pytest.mark.parametrize("place", [[], [(1, 3)], [(0, 3)] * 20, [(3, 3)] * 20])
def test_where_the_whole_city_tells_nothing_one_is_assumed(place):
    assert design_effect(sums_of(place)) == ASSUMED


def test_an_effective_size():
    assert effective_size([40, 0], [2, 1.5]) == pytest.approx([20, 0])
    with pytest.raises(ImpossibleCounts, match="1 or more"):
        effective_size(40, 0.5)


def test_sums_that_no_sessions_have_are_refused():
    with pytest.raises(ImpossibleCounts, match="ascend"):
        design_effect(SessionSums([2], [4], [5], [5], [5], [8]))
    with pytest.raises(ImpossibleCounts, match="products holds -1"):
        design_effect(SessionSums([2], [4], [2], [2], [-1], [8]))


class TestBandsTogether:
    def test_variances_are_added_up(self):
        # r (1 - r) is 0.25, 0.24 and 0.09: (2 * 0.25 + 3 * 0.24 + 1 * 0.09) / 0.58.
        assert pooled_design_effect([2, 3, 1], [0.5, 0.4, 0.1]) == pytest.approx(1.31 / 0.58)

    def test_of_one_band_alone_it_is_the_mean(self):
        assert pooled_design_effect([[1.0, 3.0], [1.5, 1.5]], [[0, 1], [0.5, 0.5]]).tolist() == [2.0, 1.5]

    def test_it_is_that_of_one_band_where_there_are_two(self):
        """Whoever is not of the one is of the other: both have the same variance."""
        sums = sums_of(*[[(k % 3, 4) for k in range(12)]] * 2)
        mirrored = sums_of(*[[(4 - k % 3, 4) for k in range(12)]] * 2)
        one, other = design_effect(sums), design_effect(mirrored)
        assert one == pytest.approx(other)
        share = np.array([12 / 48, 36 / 48])
        pooled = pooled_design_effect(np.stack([one, other], axis=-1).reshape(2, 2), share)
        assert pooled == pytest.approx(one.reshape(-1))
