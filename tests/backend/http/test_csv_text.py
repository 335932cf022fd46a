import csv
import io
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.http.csv_text import FORMULA_STARTS, PASSED_OVER, csv_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=5))
def test_nothing_starts_a_formula_and_nothing_is_lost(rows):
    back = read(csv_text(["a", "b"], rows))[1:]
    assert len(back) == len(rows)
    for told, got in zip(chain(*rows), chain(*back), strict=True):
        assert got in {told, f"'{told}"}
        assert got.startswith("'") or got.lstrip(PASSED_OVER)[:1] not in FORMULA_STARTS


@pytest.mark.parametrize("text", ["=1+1", "+39", "-1", "@x", "\t=1", ' "=1"', "\uff1d1", "\u00a0=1"])
def test_formulas(text):
    assert read(csv_text(["a"], [[text]]))[1] == [f"'{text}"]


def test_numbers_stay_numbers():
    assert csv_text(["a", "b", "c"], [[-1, 0.25, None]]) == "a,b,c\r\n-1,0.25,\r\n"
