"""How long a change waits: a merge goes on while much comes, and lets others work when it has gone on for long."""

import pytest

from listening.rollups import merge
from listening.rollups.merge import Merged, merge_deltas

FEW, SOME, FULL = Merged(3, 1), Merged(merge.MANY, 1), Merged(merge.LOG_ROWS_PER_MERGE, 1)
PLACES = Merged(3, merge.PLACES_PER_MERGE)


@pytest.fixture
def steps(monkeypatch):
    """Steps that come as told, each lasting a second; returns how many a merge takes, and what it says."""

    def merged(*told):
        taken = []

        def step():
            taken.append(told[len(taken)])
            return taken[-1]

        monkeypatch.setattr(merge, "merge_step", step)
        monkeypatch.setattr(merge.time, "monotonic", lambda: len(taken))
        return merge_deltas(), len(taken)

    return merged


@pytest.mark.parametrize(
    ("come", "taken"),
    [
        ([FEW, FEW], 1),
        ([SOME, SOME, FEW, FEW], 3),
        ([PLACES, FEW, FEW], 2),
        # Three seconds are over; only a backlog goes on.
        ([SOME, SOME, SOME, SOME, SOME], 3),
        ([FULL, FULL, FULL, FULL, FULL, SOME, SOME], 6),
    ],
)
def test_it_goes_on_while_much_comes(steps, come, taken):
    assert steps(*come) == (sum(one.changes for one in come[:taken]), taken)


def test_another_session_merges(steps):
    assert steps(None) == (None, 1)
