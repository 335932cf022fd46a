"""What is published agrees with itself and stays near the truth, in any city."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listening.disclosure.protect import (
    MissingTotal,
    protect_bands,
    protect_quarter,
    protect_restricted,
    protect_year,
)
from listening.disclosure.tables import FrequencyTable, NotATable
from tests.listening.disclosure.trees import THEME_PARENTS, THEMES, cities, tables

KEYS = st.binary(min_size=32, max_size=32)
KEY = bytes(range(32))


def shared(base, key=KEY):
    return {
        "key": key, "bases": dict.fromkeys(THEMES, base), "boundary_version": "v1", "theme_parents": THEME_PARENTS,
    }  # fmt: skip


def assert_agrees(published):
    n, persons, housing, rent, mobility = published.values.T
    assert (housing <= n).all()
    assert (rent <= housing).all()
    assert (mobility <= n).all()
    assert (n <= persons).all()
    assert (persons <= 10 * n).all()


def test_it_works():
    table = FrequencyTable(
        "P1", "2026-Q2", ("a", "b", "c"), ("_n", "rent"), np.array([[3, 1], [12, 7], [4, 0]]), ("D", "D", "E")
    )
    published = protect_quarter(table, key=KEY, bases={"_n": 5, "rent": 5}, boundary_version="v1")
    assert published.values.shape == (3, 2)
    assert (abs(published.values - table.counts) <= 4).all()
    assert published.bases == (5, 5)
    assert published.boundary_version == "v1"


@settings(max_examples=60)
@given(cities(), st.sampled_from([3, 5, 10]), KEYS)
def test_quarters_are_multiples_that_agree_and_stay_near_the_truth(city, base, key):
    for table in tables(city)[0]:
        published = protect_quarter(table, **shared(base, key))
        assert not (published.values % base).any()
        assert_agrees(published)
        error = abs(published.values - table.counts)
        themes = [i for i, theme in enumerate(THEMES) if theme != "_persons"]
        assert (error[:, themes] <= base - 1).all()
        # All conversations are what the rest is settled by, so they are never settled themselves: totals hold too.
        for start in range(len(table.places)):
            run = published.values[start:, 0].cumsum() - table.counts[start:, 0].cumsum()
            assert (abs(run) <= base - 1).all()


@settings(max_examples=60)
@given(cities(), st.sampled_from([3, 5, 10]), KEYS)
def test_areas_add_up_to_the_published_quarters_and_agree(city, base, key):
    quarters, areas = tables(city)
    published = [protect_quarter(quarter, **shared(base, key)) for quarter in quarters]
    year = protect_year(areas, published, **shared(base, key))
    assert not (year.values % base).any()
    assert_agrees(year)
    for zone, total in year.totals().items():
        row = published[0].places.index(zone)
        assert total.tolist() == sum(quarter.values[row] for quarter in published).tolist()


@settings(max_examples=30)
@given(cities(), KEYS)
def test_the_same_counts_and_key_give_the_same_bytes(city, key):
    quarters, areas = tables(city)

    def made():
        published = [protect_quarter(quarter, **shared(5, key)) for quarter in quarters]
        return [table.values.tobytes() for table in (*published, protect_year(areas, published, **shared(5, key)))]

    assert made() == made()


def test_another_process_gives_the_same_bytes():
    """Nothing hangs on the order of a set or a hash that each process salts anew."""
    code = (
        "import numpy as np; from listening.disclosure.protect import protect_quarter as p;"
        "from listening.disclosure.tables import FrequencyTable as F;"
        "t = ('_n', *'abcdefgh'); c = np.minimum(np.arange(180).reshape(20, 9) % 7, 6); c[:, 0] = 6;"
        "f = F('P1', '2026-Q1', tuple(f'z{i}' for i in range(20)), t, c);"
        "print(p(f, key=bytes(32), bases=dict.fromkeys(t, 5), boundary_version='v').values.tobytes().hex())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_themes_are_settled_within_all_conversations():
    """Two zones with 2 conversations each, all about rent: some offsets would publish rent where nobody spoke."""
    table = FrequencyTable("P1", "2026-Q1", ("a", "b"), ("_n", "rent"), np.array([[2, 2], [2, 2]]), ("D", "D"))
    seen = set()
    for number in range(60):
        published = protect_quarter(table, key=bytes([number]) * 32, bases={"_n": 5, "rent": 5}, boundary_version="v1")
        assert (published.column("rent") <= published.column("_n")).all()
        seen.add(tuple(published.values.T.ravel().tolist()))
    # What is published of rent goes where conversations are published, and is lost only when there are none.
    assert seen == {(0, 0, 0, 0), (5, 0, 0, 0), (5, 0, 5, 0), (0, 5, 0, 0), (0, 5, 0, 5)}


def test_bands_add_up_to_the_people_of_the_quarters():
    quarter = FrequencyTable(
        "P1", "2026-Q1", ("a", "b"), ("_n", "_persons"), np.array([[20, 33], [11, 11]]), ("D", "D")
    )
    published = protect_quarter(quarter, **shared(5))
    bands = FrequencyTable(
        "P3", "2026", ("D", "D", "D"), ("_persons",), np.array([[3], [30], [11]]), ("D", "D", "D"),
        ("0-13", "14+", "unknown"), "age",
    )  # fmt: skip
    made = protect_bands(bands, [published], **shared(5))
    assert made.values.sum() == published.column("_persons").sum()
    assert made.bands == ("0-13", "14+", "unknown")


def test_restricted_themes_do_not_exceed_what_quarters_say_of_all_conversations():
    quarter = FrequencyTable(
        "P1",
        "2026-Q1",
        ("a", "b"),
        ("_n",),
        np.array(
            [
                [
                    9,
                ],
                [
                    30,
                ],
            ]
        ),
        ("D", "E"),
    )
    table = FrequencyTable("P1", "2026", ("D", "E"), ("violence",), np.array([[9], [11]]))
    bases = {"_n": 5, "violence": 10}
    for number in range(40):
        key = bytes([number]) * 32
        published = protect_quarter(quarter, key=key, bases=bases, boundary_version="v1")
        made = protect_restricted(table, [published], key=key, bases=bases, boundary_version="v1")
        assert not (made.values % 10).any()
        assert (made.column("violence") <= published.column("_n")).all()


def refused(how, *arguments, **changed):
    with pytest.raises(NotATable) as error:
        how(*arguments, **{**shared(5), **changed})
    return error


def test_tables_of_another_product_are_refused():
    table = FrequencyTable("P2", "2026", ("a",), ("_n",), np.array([[7]]))
    assert refused(protect_quarter, table).match("a table of P2; one of P1 is needed")


def test_columns_without_a_base_are_refused():
    table = FrequencyTable("P1", "2026-Q1", ("a",), ("_n", "other"), np.array([[7, 1]]))
    assert refused(protect_quarter, table).match("no rounding base for other")


def test_years_without_quarters_are_refused():
    areas = FrequencyTable("P2", "2026", ("a",), ("_n",), np.array([[7]]), ("Z",))
    assert refused(protect_year, areas, []).type is MissingTotal


def test_a_quarter_that_comes_twice_is_refused():
    quarter = protect_quarter(FrequencyTable("P1", "2026-Q1", ("Z",), ("_n",), np.array([[7]])), **shared(5))
    areas = FrequencyTable("P2", "2026", ("a",), ("_n",), np.array([[7]]), ("Z",))
    assert refused(protect_year, areas, [quarter, quarter]).match("each once; these are 2026-Q1, 2026-Q1")


def test_areas_that_do_not_belong_to_the_quarters_are_refused():
    quarter = protect_quarter(FrequencyTable("P1", "2026-Q1", ("Z",), ("_n",), np.array([[70]])), **shared(5))
    areas = FrequencyTable("P2", "2026", ("a",), ("_n",), np.array([[0]]), ("Z",))
    assert refused(protect_year, areas, [quarter]).match("_n of Z is published as 70, but none of its parts has any")


def test_bands_name_their_variable():
    table = FrequencyTable("P3", "2026", ("D",), ("_persons",), np.array([[7]]), ("D",))
    assert refused(protect_bands, table, []).match("names its variable")


def test_no_message_holds_the_key():
    key = b"not to be read by anybody, 32 by"
    table = FrequencyTable("P1", "2026-Q1", ("a",), ("_n",), np.array([[7]]))
    published = protect_quarter(table, key=key, bases={"_n": 5}, boundary_version="v1")
    assert not re.search("not to be|" + key.hex()[:6], repr(published))
