"""Raking: the margins are met, the odds are kept, and what weights cannot mend is refused."""

import numpy as np
import pytest

from listening.statistics.raking import (
    LEAST_WEIGHT,
    MOST_WEIGHT,
    Margin,
    MarginsDisagree,
    NotAMargin,
    WeightsRefused,
    merged_bands,
    rake,
)


def crossed(table):
    """One person for each count of a table age x gender, as two arrays of bands."""
    table = np.asarray(table)
    rows, columns = np.nonzero(table)
    times = table[rows, columns]
    ages, genders = np.repeat(rows, times), np.repeat(columns, times)
    return {"age": np.eye(table.shape[0])[ages], "gender": np.eye(table.shape[1])[genders]}, ages, genders


AGE = Margin("age", [6000, 4000], is_ordered=True)
GENDER = Margin("gender", [4500, 5500])
SAMPLE = [[40, 60], [70, 130]]


def test_it_works():
    raked = rake(crossed(SAMPLE)[0], [AGE, GENDER])
    assert raked.converged
    assert raked.shares_before["age"] == pytest.approx([1 / 3, 2 / 3])
    assert raked.shares_after["age"] == pytest.approx([0.6, 0.4], abs=1e-6)
    assert raked.shares_after["gender"] == pytest.approx([0.45, 0.55], abs=1e-6)
    assert raked.weights.mean() == pytest.approx(1)


def test_margins_are_met_and_odds_kept():
    """Both together have one solution: that of iterative proportional fitting (Deming and Stephan)."""
    persons, ages, genders = crossed(SAMPLE)
    raked = rake(persons, [AGE, GENDER])
    table = np.array([[raked.weights[(ages == a) & (genders == g)].sum() for g in (0, 1)] for a in (0, 1)])
    assert table.sum(axis=1) / table.sum() == pytest.approx([0.6, 0.4], abs=1e-6)
    odds = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    assert odds == pytest.approx(40 * 130 / (60 * 70), rel=1e-5)


def test_one_margin_by_hand():
    # 50 of 200 are young, and should be half: weights 2 and 2/3. n_eff = 200^2 / (50 * 4 + 150 * 4/9) = 150.
    raked = rake({"age": np.eye(2)[[0] * 50 + [1] * 150]}, [Margin("age", [1, 1])])
    assert raked.weights[[0, -1]] == pytest.approx([2, 2 / 3])
    assert raked.effective_size == pytest.approx(150)
    assert raked.design_effect == pytest.approx(200 / 150)


def test_a_weighted_share():
    # The young mention it, the others do not: a quarter of the conversations, and half of the city.
    persons = np.eye(2)[[0] * 50 + [1] * 150]
    raked = rake({"age": persons}, [Margin("age", [1, 1])])
    assert raked.share(persons[:, 0]) == pytest.approx(0.5)
    assert raked.share(persons).shape == (2,)


def test_groups_count_by_their_members():
    """Families of one young and one old person, beside old persons alone: the weights still meet the margin."""
    raked = rake({"age": [[1, 1]] * 100 + [[0, 1]] * 100}, [Margin("age", [4, 6])])
    assert raked.shares_before["age"] == pytest.approx([1 / 3, 2 / 3])
    assert raked.shares_after["age"] == pytest.approx([0.4, 0.6], abs=1e-6)


def test_conversations_without_a_band_keep_their_weight():
    persons = np.vstack([np.eye(2)[[0] * 50 + [1] * 130], np.zeros((20, 2))])
    raked = rake({"age": persons}, [Margin("age", [1, 1])])
    assert raked.shares_after["age"] == pytest.approx([0.5, 0.5], abs=1e-6)
    assert raked.weights[-1] == pytest.approx(1.0, abs=0.1)


def test_weights_stay_within_their_limits_even_if_the_margins_are_then_not_met():
    # 25 of 500 should be 40 %: a weight of 8, and 0.63 for the others.
    raked = rake({"age": np.eye(2)[[0] * 25 + [1] * 475]}, [Margin("age", [4, 6])])
    assert raked.weights.max() == pytest.approx(MOST_WEIGHT)
    assert raked.weights.min() >= LEAST_WEIGHT
    assert not raked.converged
    assert raked.shares_after["age"][0] == pytest.approx(raked.weights[0] * 25 / 500)
    assert raked.largest_gap == pytest.approx(0.4 - raked.shares_after["age"][0])


def test_a_weighted_share_comes_nearer_to_the_truth():
    rng = np.random.default_rng(8)
    age = rng.integers(0, 4, 40_000)
    needs = rng.random(40_000) < np.array([0.4, 0.3, 0.2, 0.1])[age]
    met = rng.choice(40_000, 1500, replace=False, p=(p := np.array([0.3, 0.7, 1.0, 1.8])[age]) / p.sum())
    raked = rake({"age": np.eye(4)[age[met]]}, [Margin("age", np.bincount(age), is_ordered=True)])
    truth = needs.mean()
    assert abs(raked.share(needs[met]) - truth) < abs(needs[met].mean() - truth) / 2


class TestMerging:
    @pytest.mark.parametrize(
        ("persons", "expected"),
        [
            ([50, 50, 50], [0, 1, 2]),
            ([5, 50, 30], [0, 0, 1]),
            ([50, 5, 30], [0, 1, 1]),
            ([5, 50, 10], [0, 0, 0]),
            ([5, 5, 5], [0, 0, 0]),
            ([19, 19, 60], [0, 0, 1]),
        ],
    )
    def test_small_bands_join_the_smaller_neighbour(self, persons, expected):
        assert merged_bands(persons, [1, 1, 1], is_ordered=True).tolist() == expected

    def test_without_an_order_they_join_the_smallest(self):
        assert merged_bands([90, 5, 60, 30], [1, 1, 1, 1], is_ordered=False).tolist() == [0, 1, 2, 1]

    def test_a_band_in_which_nobody_lives_is_merged(self):
        assert merged_bands([90, 40, 60], [1, 0, 1], is_ordered=True).tolist() == [0, 1, 1]


class TestRefusals:
    def test_margins_that_do_not_sum_name_the_variable_and_the_sums(self):
        with pytest.raises(MarginsDisagree, match=r"gender sums to 9,000 residents, that of age to 10,000") as refused:
            rake(crossed(SAMPLE)[0], [AGE, Margin("gender", [4000, 5000])])
        assert (refused.value.variable, refused.value.total, refused.value.other_total) == ("gender", 9000, 10000)

    def test_a_perturbed_register_is_accepted(self):
        assert rake(crossed(SAMPLE)[0], [AGE, Margin("gender", [4501, 5502])]).converged

    def test_few_conversations(self):
        with pytest.raises(WeightsRefused, match="99 conversations") as refused:
            rake({"age": np.eye(2)[[0] * 49 + [1] * 50]}, [Margin("age", [1, 1])])
        assert refused.value.reason == "effective-size"

    def test_bands_that_were_hardly_met(self):
        with pytest.raises(WeightsRefused, match=r"age, band 0: 20 persons are 0\.04") as refused:
            rake({"age": np.eye(2)[[0] * 20 + [1] * 980]}, [Margin("age", [1, 1])])
        assert refused.value.reason == "band"

    def test_many_not_recorded(self):
        with pytest.raises(WeightsRefused, match="21% of the conversations have no age") as refused:
            rake({"age": np.vstack([np.eye(2)[[0] * 40 + [1] * 39], np.zeros((21, 2))])}, [Margin("age", [1, 1])])
        assert refused.value.reason == "unrecorded"

    @pytest.mark.parametrize(
        ("persons", "margins", "told"),
        [
            ({}, [AGE], "no persons by age"),
            ({}, [], "no margin at all"),
            ({"age": np.ones((3, 3))}, [AGE], r"shape \(3, 3\); the margin has 2 bands"),
            ({"age": np.ones((3, 2))}, [Margin("age", [0, 0])], "no residents"),
            ({"age": np.ones((3, 2)), "gender": np.ones((4, 2))}, [AGE, GENDER], "age: 3, gender: 4"),
        ],
    )
    def test_what_does_not_fit(self, persons, margins, told):
        with pytest.raises(NotAMargin, match=told):
            rake(persons, margins)

    def test_no_conversations(self):
        with pytest.raises(WeightsRefused):
            rake({"age": np.empty((0, 2))}, [Margin("age", [1, 1])])
