"""Rounding is held against its own definition, in whole numbers and fractions, on any counts."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.disclosure.rounding import ImpossibleOffset, KeyTooShort, Offsets, calibrated, scr

BASES = st.sampled_from([3, 5, 10])
# Mostly small, some zero, a few beyond what a float keeps exactly when multiplied.
COUNTS = st.lists(
    st.one_of(st.just(0), st.integers(0, 6), st.integers(0, 60), st.integers(0, 10**9)), min_size=1, max_size=12
)
KEY = bytes(range(32))


def runs(length):
    """Start and end of every run of neighbours, one cell and all of them too."""
    return combinations(range(length + 1), 2)


def test_it_works():
    # Running totals 3, 15, 19; with 2 added 5, 17, 21; down to multiples of 5: 5, 15, 20.
    assert scr([3, 12, 4], 2, 5).tolist() == [5, 10, 5]


@given(COUNTS, BASES, st.data())
def test_every_value_is_a_multiple_and_zero_and_multiples_stay(counts, base, data):
    values = scr(counts, data.draw(st.integers(0, base - 1)), base)
    assert not (values % base).any()
    assert not values[np.array(counts) == 0].any()
    whole = np.array(counts) // base * base
    assert scr(whole, base - 1, base).tolist() == scr(whole, 0, base).tolist() == whole.tolist()


@given(COUNTS, BASES, st.data())
def test_no_run_of_neighbours_is_off_by_the_base(counts, base, data):
    """Cells, zones, districts and the city are such runs, whatever tree stands above the cells."""
    values = scr(counts, data.draw(st.integers(0, base - 1)), base)
    for start, end in runs(len(counts)):
        assert abs(int(values[start:end].sum()) - sum(counts[start:end])) <= base - 1


@given(COUNTS, BASES)
def test_over_all_offsets_the_mean_is_the_truth_and_the_spread_bounded(counts, base):
    values = np.stack([scr(counts, u, base) for u in range(base)])
    assert values.sum(axis=0).tolist() == [count * base for count in counts]
    for start, end in runs(len(counts)):
        error = values[:, start:end].sum(axis=1) - sum(counts[start:end])
        # A run of r above a multiple is off by -r at b - r of the offsets and by b - r at r of them: r (b - r).
        rest = sum(counts[start:end]) % base
        assert int((error**2).sum()) == base * rest * (base - rest)


@pytest.mark.parametrize("base", [3, 5, 10])
def test_the_variance_of_an_average_cell_is_that_of_two_roundings(base):
    """r (b - r), mean over all rests r: (b^2 - 1) / 6, which intervals of published shares add."""
    assert Fraction(sum(rest * (base - rest) for rest in range(base)), base) == Fraction(base**2 - 1, 6)


@given(COUNTS, BASES, st.integers(0, 400), st.data())
def test_shared_out_values_are_multiples_that_add_up_to_the_total(counts, base, multiple, data):
    offset = Fraction(data.draw(st.integers(0, 2**64 - 1)) * base, 2**64)
    total, everything = multiple * base, sum(counts)
    values = calibrated(counts, total, offset, base)
    assert not (values % base).any()
    assert (values >= 0).all()
    assert not values[np.array(counts) == 0].any()
    assert int(values.sum()) == (total if everything else 0)
    for start, end in runs(len(counts)) if everything else ():
        share = Fraction(sum(counts[start:end]) * total, everything)
        assert abs(int(values[start:end].sum()) - share) < base


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), BASES, st.integers(0, 12))
def test_over_all_offsets_shares_are_unbiased(counts, base, multiple):
    """Values change only where the offset passes a multiple of 1 / sum, so these offsets stand for all."""
    total, everything = multiple * base, sum(counts)
    if not everything:
        return
    offsets = [Fraction(step, everything) for step in range(base * everything)]
    values = sum(calibrated(counts, total, offset, base) for offset in offsets)
    assert [Fraction(int(value), len(offsets)) for value in values] == [
        Fraction(count * total, everything) for count in counts
    ]


def test_shares_of_one_scale_are_plain_rounding():
    assert calibrated([3, 12, 5], 20, Fraction(2), 5).tolist() == scr([3, 12, 5], 2, 5).tolist()


def test_no_number_is_too_large_to_be_exact():
    """In floating point the running total times the total loses its last digits, and a floor with it."""
    counts = [10**9, 1, 10**9 - 1]
    assert calibrated(counts, 2 * 10**9, Fraction(0), 5).tolist() == [10**9, 0, 10**9]
    assert calibrated(counts, 2 * 10**9, Fraction(4), 5).tolist() == [10**9, 5, 10**9 - 5]


@pytest.mark.parametrize(("offset", "base"), [(5, 5), (-1, 5), (0, 1), (0, 0)])
def test_impossible_offsets_are_refused(offset, base):
    with pytest.raises(ImpossibleOffset):
        scr([1], offset, base)
    with pytest.raises(ImpossibleOffset):
        calibrated([1], 0, Fraction(offset), base)


def test_a_total_that_is_no_multiple_is_refused():
    with pytest.raises(ImpossibleOffset, match="7 is no multiple of 5"):
        calibrated([1], 7, Fraction(0), 5)


def test_offsets_are_those_of_the_message_and_the_key():
    """HMAC-SHA256, reckoned here by its definition; RFC 2104."""
    import hashlib

    message = b"scr1|P1|2026-Q2|housing|city|v7"
    pad = KEY + bytes(32)
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in pad) + message).digest()
    digest = hashlib.sha256(bytes(byte ^ 0x5C for byte in pad) + inner).digest()
    number = int.from_bytes(digest[:8], "big")
    offsets = Offsets(KEY, "v7")
    assert offsets.whole("P1", "2026-Q2", "housing", "city", 5) == number % 5
    assert offsets.exact("P1", "2026-Q2", "housing", "city", 5) == Fraction(number * 5, 2**64)


def test_everything_in_the_message_changes_offsets():
    def drawn(key=KEY, version="v1", product="P1", period="2026-Q1", node="city"):
        return [Offsets(key, version).whole(product, period, f"t{i}", node, 5) for i in range(40)]

    others = [
        drawn(bytes(32)), drawn(version="v2"), drawn(product="P2"), drawn(period="2026-Q2"), drawn(node="A"),
    ]  # fmt: skip
    assert drawn() == drawn()
    assert all(other != drawn() for other in others)


def test_offsets_are_spread_evenly():
    """4,000 draws, 800 expected of each; 4 standard deviations are 101."""
    drawn = [Offsets(KEY, "v1").whole("P1", "2026-Q1", f"t{i}", "city", 5) for i in range(4_000)]
    assert all(abs(drawn.count(u) - 800) < 101 for u in range(5))


def test_the_key_is_in_no_text():
    key = b"a key of 32 bytes, or of more ..."
    offsets = Offsets(key, "v1")
    assert len(offsets.key_id) == 12
    assert offsets.key_id != Offsets(bytes(32), "v1").key_id
    for text in (repr(offsets), str(offsets), f"{offsets}", offsets.key_id):
        assert "32 bytes" not in text
        assert key.hex()[:8] not in text


def test_a_short_key_is_refused_and_not_told():
    with pytest.raises(KeyTooShort, match="has 6 bytes") as refused:
        Offsets(b"secret", "v1")
    assert "secret" not in str(refused.value)
