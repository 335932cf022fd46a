"""How much is merged at a time: all of it where somebody asks for that, little beside writers who are busy."""

import pytest

from listening.rollups import merge
from listening.rollups.merge import (
    FEW_ROWS,
    LOG_ROWS_PER_MERGE,
    LONG_LOG,
    MANY,
    REST,
    Merged,
    keep_merged,
    merge_deltas,
)

ALL, PART = Merged(3, 1, is_part=False), Merged(FEW_ROWS, 1, is_part=True)


class TestAll:
    @pytest.mark.parametrize(("come", "merged"), [([ALL, ALL], 3), ([PART, PART, ALL, ALL], 2 * FEW_ROWS + 3)])
    def test_it_goes_on_until_a_step_leaves_nothing(self, monkeypatch, come, merged):
        steps = iter(come)
        monkeypatch.setattr(merge, "merge_step", lambda: next(steps))
        assert merge_deltas() == merged

    def test_another_session_merges(self, monkeypatch):
        monkeypatch.setattr(merge, "merge_step", lambda *_: None)
        monkeypatch.setattr(merge, "log_length", lambda: 0)
        assert (merge_deltas(), keep_merged()) == (None, None)


class Log:
    """A log into which rows come while it is merged. A step lasts a tenth of a second; `did` tells what was done."""

    def __init__(self, rows, *come):
        self.rows, self.come, self.now, self.did = rows, list(come), 0.0, []

    def step(self, most):
        taken = min(self.rows, most)
        self.did.append(taken)
        self.now += 0.1
        self.rows += (self.come.pop(0) if self.come else 0) - taken
        return Merged(taken, 0, is_part=taken >= most)

    def sleep(self, seconds):
        self.did.append(f"rests {seconds:.1f}")
        self.now += seconds


@pytest.fixture
def keep(monkeypatch):
    """What one round of a worker does with a log."""

    def kept(log):
        monkeypatch.setattr(merge, "merge_step", log.step)
        monkeypatch.setattr(merge, "log_length", lambda: min(log.rows, LONG_LOG + 1))
        monkeypatch.setattr(merge.time, "monotonic", lambda: log.now)
        monkeypatch.setattr(merge.time, "sleep", log.sleep)
        assert keep_merged() == sum(one for one in log.did if isinstance(one, int))
        return log.did

    return kept


class TestARoundOfTheWorker:
    def test_little_is_merged_at_once(self, keep):
        assert keep(Log(40, MANY - 1)) == [40]

    def test_beside_busy_writers_it_takes_little_and_rests(self, keep):
        rests = f"rests {REST / 10:.1f}"
        busy = [4 * MANY] * 20
        assert keep(Log(20 * MANY, *busy)) == [FEW_ROWS, rests] * 5

    def test_when_they_are_through_it_rests_no_more(self, keep):
        assert keep(Log(3 * FEW_ROWS + 2, 0, 0, 0, 0)) == [FEW_ROWS, FEW_ROWS, FEW_ROWS, 2]

    def test_a_long_log_is_merged_as_fast_as_it_can(self, keep):
        """Else need maps became slow, and slower."""
        busy = [4 * MANY] * 2
        did = keep(Log(LONG_LOG + 2 * LOG_ROWS_PER_MERGE, *busy, MANY))
        assert did[:3] == [LOG_ROWS_PER_MERGE, LOG_ROWS_PER_MERGE, LOG_ROWS_PER_MERGE]

    def test_other_duties_wait_some_seconds_at_most(self, keep):
        log = Log(LONG_LOG, *[FEW_ROWS] * 1_000)
        keep(log)
        assert log.now <= merge.LONGEST_S + 1
