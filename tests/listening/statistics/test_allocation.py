"""Where to listen next: by hand, whole, and never more than there is room for."""

import numpy as np
import pytest
from hypothesis import strategies as st

from listening.statistics.allocation import allocate, conversations_needed, deficits, targets
from listening.statistics.arrays import ImpossibleCounts
from tests.listening.statistics.invented import given

places = st.lists(st.tuples(st.floats(0, 500), st.integers(0, 8)), min_size=1, max_size=12)


def test_conversations_needed():
    assert conversations_needed() == pytest.approx(65, abs=0.1)
    assert conversations_needed(design_effect=1) == pytest.approx(43.3, abs=0.1)


def test_targets_lie_between_equal_and_proportional():
    # Roots 100 and 50, of 600: 400 and 200.
    assert targets([10_000, 2_500], affordable=600).tolist() == [400, 200]
    assert targets([10_000, 2_500], affordable=600, vulnerability=[0, 1]).tolist() == [300, 300]


def test_no_target_is_below_what_says_anything():
    assert targets([10_000, 0], affordable=600).tolist() == [600, 20]
    assert targets([0, 0], affordable=600).tolist() == [20, 20]


def test_deficits():
    assert deficits([65, 65], [20, 80]).tolist() == [45, 0]


def test_largest_remainders_by_hand():
    # Of 10: 4.7, 3.1, 2.2 -> 4, 3, 2, and one more for the remainder of 0.7.
    assert allocate([47, 31, 22], 10).tolist() == [5, 3, 2]


def test_equal_remainders_go_to_the_larger_deficit_then_to_the_earlier_place():
    assert allocate([10, 10, 10], 4).tolist() == [2, 1, 1]
    # Quotas 0.5 and 1.5.
    assert allocate([10, 30], 2).tolist() == [0, 2]


def test_what_one_has_no_room_for_goes_to_the_others():
    assert allocate([80, 10, 10], 10, most=[4, 9, 9]).tolist() == [4, 3, 3]
    assert allocate([80, 10, 10], 10, most=[4, 2, 1]).tolist() == [4, 2, 1]


def test_who_lacks_nothing_gets_nothing():
    assert allocate([0, 0], 5).tolist() == [0, 0]
    assert allocate([5, 0], 5).tolist() == [5, 0]


@given(places, st.integers(0, 60))
def test_all_is_given_that_there_is_room_for(drawn, sessions):
    lack, most = np.array(drawn, dtype=float).T
    given_ = allocate(lack, sessions, most=most)
    assert (given_ <= most).all()
    assert (given_[lack == 0] == 0).all()
    assert given_.sum() == min(sessions, most[lack > 0].sum())


@given(places, st.integers(0, 60))
def test_nobody_is_a_whole_session_off_the_quota(drawn, sessions):
    lack = np.array(drawn, dtype=float)[:, 0]
    given_ = allocate(lack, sessions)
    if lack.sum() > 0:
        assert (np.abs(given_ - sessions * (lack / lack.sum())) < 1 + 1e-6).all()


def test_what_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts):
        allocate([1, -1], 5)
    with pytest.raises(ImpossibleCounts, match="sessions"):
        allocate([1, 1], -5)
    with pytest.raises(ValueError, match="half width"):
        conversations_needed(half_width=0)
    with pytest.raises(ImpossibleCounts, match="not a share"):
        conversations_needed(share=2)
