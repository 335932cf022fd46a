"""The short form of `make chaos`: every fault once, and two services with a guard taken out, which must be found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.chaos.database import Database, own_database
from tests.faults.chaos.nemesis import controls
from tests.faults.chaos.proxy import FAULTS
from tests.faults.chaos.run import run_once

KINDS = 11  # of faults, and one more where a disk can be filled
SEEDS = range(1, 5)  # chance may spare a broken service once, not four times


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    with own_database(pushers=6) as made:
        yield made


def test_nothing_is_lost_doubled_or_resurrected(database):
    kinds = KINDS + (database.disk is not None)
    run = run_once(database, ops=700, faults=kinds, seed=1)
    print(f"\n{run.line()}\n{run.details()}")
    assert (run.errors, run.verdict.told) == ([], [])
    assert run.verdict.ops >= 700
    assert len(run.strikes) >= kinds
    # The phones did meet the faults, and each other.
    assert set(FAULTS) <= run.wire.keys()
    assert run.statuses["duplicate"] > 20
    assert run.statuses["conflict"] > 0


@pytest.mark.parametrize("control", sorted(controls()))
def test_it_finds_a_service_without(control, database):
    for seed in SEEDS:
        run = run_once(database, ops=800, faults=3, seed=seed, without=[control])
        print(f"\n{control}: {run.line()}")
        if not run.verdict.is_good:
            return
    pytest.fail(f"No run found what {control} breaks.")
