import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.periods import NotAPeriod, Period


@pytest.mark.parametrize(
    ("text", "first", "until"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2026-01-15/2026-03-20", "2026-01-15", "2026-03-21"),
        ("2026-01-15/2026-01-15", "2026-01-15", "2026-01-16"),
    ],
)
def test_reads_the_forms_people_write(text, first, until):
    period = Period.parse(text)
    assert (period.label, period.first.isoformat(), period.until.isoformat()) == (text, first, until)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "2026-Q5",
        "2026-Q0",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "2026-1",
        "1999",
        "2200",
        "９９９９",
        "2026-q1",
    ]
    + ["2026-03-20/2026-01-15", "2026/2027", "2026-01-01/", "2026-01-01/2026-01-02/2026-01-03", "20260101", "-2026"],
)
def test_refuses_what_names_no_period_and_says_what_would(text):
    with pytest.raises(NotAPeriod, match="write 2026, 2026-Q3"):
        Period.parse(text)


def test_a_ragged_window_is_cut_into_the_fewest_runs():
    segments = list(Period.parse("2025-11-29/2027-02-02").segments())
    assert [(grain, first.isoformat(), until.isoformat()) for grain, first, until in segments] == [
        ("day", "2025-11-29", "2025-12-01"),
        ("month", "2025-12-01", "2026-01-01"),
        ("year", "2026-01-01", "2027-01-01"),
        ("month", "2027-01-01", "2027-02-01"),
        ("day", "2027-02-01", "2027-02-03"),
    ]


days = st.dates(dt.date(2000, 1, 1), dt.date(2040, 12, 31))


@given(days, days)
def test_runs_cover_each_day_once_and_lie_on_boundaries_of_their_grain(one, other):
    first, last = sorted((one, other))
    period = Period.parse(f"{first}/{last}")
    at = period.first
    for grain, start, until in period.segments():
        assert start == at
        assert start < until
        for edge in (start, until):
            assert grain == "day" or edge.day == 1
            assert grain not in {"quarter", "year"} or edge.month in {1, 4, 7, 10}
            assert grain != "year" or edge.month == 1
        at = until
    assert at == period.until
    assert len(list(period.segments())) <= 7
