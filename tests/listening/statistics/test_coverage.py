"""Coverage: figures by hand, flags on both sides of their limits, and no figure where there is none."""

import numpy as np
import pytest
from hypothesis import strategies as st

from listening.statistics.arrays import ImpossibleCounts
from listening.statistics.coverage import OVER, UNDER, balance, listening_rate, representation
from listening.statistics.intervals import wilson
from tests.listening.statistics.invented import given, is_defined

bands = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10_000)), min_size=1, max_size=6)


class TestListeningRate:
    def test_by_hand(self):
        # 60 of 3,000 in the city: 20 per 1,000.
        found = listening_rate([40, 15, 5], [1000, 1000, 1000])
        assert found.per_1000.tolist() == [40, 15, 5]
        assert found.ratio == pytest.approx([2, 0.75, 0.25])
        assert found.is_low.tolist() == [False, False, True]

    def test_no_residents(self):
        found = listening_rate([40, 15], [0, 1000])
        assert found.is_known.tolist() == [False, True]
        assert found.per_1000[0] == 0
        assert not found.is_low[0]

    def test_nobody_was_listened_to(self):
        found = listening_rate([0, 0], [10, 1000])
        assert not found.is_known.any()
        assert not found.is_low.any()


class TestRepresentation:
    def test_by_hand(self):
        # Of 200 persons 20, 80, 100; of residents a fifth, two fifths, two fifths.
        found = representation([20, 80, 100], [2000, 4000, 4000])
        assert found.ratio == pytest.approx([0.5, 1.0, 1.25])
        assert found.interval.low[0] == pytest.approx(wilson(0.1, 200).low[0] / 0.2)
        assert found.flag.tolist() == [UNDER, "", ""]

    def test_flags_wait_for_the_interval(self):
        assert representation([1, 9], [3, 7]).flag.tolist() == ["", ""]
        assert representation([100, 900], [3, 7]).flag.tolist() == [UNDER, OVER]

    def test_persons_met_together_say_less(self):
        alone = representation([20, 80, 100], [1, 2, 2])
        together = representation([20, 80, 100], [1, 2, 2], design_effect=3)
        assert (together.interval.width > alone.interval.width).all()
        assert together.ratio == pytest.approx(alone.ratio)

    def test_not_recorded(self):
        # 20 of 100 are not recorded: all in or all out of a band of half the residents.
        found = representation([30, 50], [1, 1], unrecorded=20)
        assert found.unrecorded_share == 0.2
        assert found.least == pytest.approx([0.6, 1.0])
        assert found.most == pytest.approx([1.0, 1.4])
        assert found.is_known.all()

    def test_too_many_not_recorded(self):
        found = representation([[30, 50], [30, 50]], [1, 1], unrecorded=[21, 20])
        assert found.is_known.tolist() == [[False, False], [True, True]]
        assert found.ratio[0].tolist() == [0, 0]
        assert found.flag[0].tolist() == ["", ""]
        assert (found.most[0] > 0).all()

    def test_a_band_in_which_nobody_lives(self):
        assert representation([5, 5], [0, 10]).is_known.tolist() == [False, True]

    @given(bands, st.integers(0, 50), st.floats(1, 5))
    def test_it_is_always_defined(self, drawn, unrecorded, deff):
        persons, residents = np.array(drawn, dtype=float).T
        found = representation(persons, residents, unrecorded=unrecorded, design_effect=deff)
        assert is_defined(found.ratio, found.interval.low, found.interval.high, found.least, found.most)
        assert ((found.least <= found.most) & (found.interval.low <= found.ratio)).all()
        assert (found.ratio <= found.interval.high).all()


class TestBalance:
    def test_by_hand(self):
        # Shares 0.1, 0.4, 0.5 against 0.2, 0.4, 0.4: D = (0.1 + 0 + 0.1) / 2.
        found = balance([20, 80, 100], [1, 2, 2])
        assert found.dissimilarity == pytest.approx(0.1)
        expected = (np.sqrt(0.16) + 2 * np.sqrt(0.24)) / np.sqrt(2 * np.pi * 200)
        assert found.by_chance == pytest.approx(expected)
        assert found.excess == pytest.approx(0.1 - expected)
        assert found.is_uneven
        assert found.parity == pytest.approx(0.5 / 1.25)
        assert found.is_unequal

    def test_the_example_of_minors_never_met(self):
        # Representation ratios 0.19, 0.72, 0.93, 1.83 of 1,000 persons, against residents of 15, 18, 45, 22 %.
        residents = np.array([0.15, 0.18, 0.45, 0.22])
        found = balance(1000 * residents * [0.19, 0.72, 0.93, 1.83], residents)
        assert found.dissimilarity == pytest.approx(0.2, abs=0.01)

    def test_chance_is_what_chance_gives(self):
        rng = np.random.default_rng(3)
        residents = np.array([0.1, 0.2, 0.3, 0.4])
        found = balance(rng.multinomial(150, residents, size=4000), residents)
        assert found.dissimilarity.mean() == pytest.approx(found.by_chance[0], rel=0.03)

    def test_a_band_in_which_nobody_lives_does_not_count_for_parity(self):
        assert balance([50, 50, 0], [1, 1, 0]).parity == 1

    def test_nobody_was_met(self):
        found = balance([[0, 0], [1, 1]], [1, 1])
        assert found.is_known.tolist() == [False, True]
        assert found.by_chance[0] == 1
        assert not found.is_uneven[0]
        assert not found.is_unequal[0]

    @given(bands, st.floats(1, 5))
    def test_it_is_always_defined(self, drawn, deff):
        persons, residents = np.array(drawn, dtype=float).T
        found = balance(persons, residents, design_effect=deff)
        assert is_defined(found.dissimilarity, found.by_chance, found.excess, found.parity)
        assert 0 <= found.dissimilarity <= 1 + 1e-12
        assert 0 <= found.parity <= 1 + 1e-12


def test_what_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts, match="persons holds -1"):
        representation([-1, 2], [1, 1])
