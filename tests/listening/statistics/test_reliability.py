"""Classes of reliability, on both sides of each limit."""

import pytest

from listening.statistics.intervals import Interval, wilson
from listening.statistics.reliability import has_value, reliability
from tests.listening.statistics.invented import counts, given


@pytest.mark.parametrize(
    ("conversations", "size", "width", "expected"),
    [
        (0, 0, 1.0, "0"),
        (1, 1, 0.9, "X"),
        (39, 19.99, 0.1, "X"),
        (40, 20, 0.31, "C"),
        (40, 20, 0.3, "B"),
        (40, 20, 0.1 + 0.2, "B"),
        (90, 80, 0.1501, "B"),
        (99, 99, 0.15, "A"),
    ],
)
def test_limits(conversations, size, width, expected):
    interval = Interval(wilson(0, 1).low, wilson(0, 1).low + width)
    assert reliability(conversations, size, interval) == expected


def test_what_the_design_names():
    # 12 of 41 conversations: 19-42 %.
    assert reliability([41], [41], wilson([12 / 41], [41])) == ["B"]


@given(counts())
def test_never_listened_and_too_few_have_no_value(drawn):
    c, n = drawn
    share = c / n.clip(1)
    classes = reliability(n, n, wilson(share, n))
    assert ((classes == "0") == (n == 0)).all()
    assert (has_value(classes) == (n >= 20)).all()
