"""Ids that a phone makes are in the order of its time."""

from __future__ import annotations

import datetime as dt
import random

from listening.sync.client.clock import uuid7
from tests.listening.sync.client.conftest import NOON


def test_ids_are_uuid7():
    draw = random.Random(1)
    made = [uuid7(NOON + dt.timedelta(milliseconds=number), draw) for number in range(1_000)]
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
    assert dt.datetime.fromtimestamp((made[0].int >> 80) / 1000, dt.UTC) == NOON
    # The example of RFC 9562, A.6.
    assert str(uuid7(dt.datetime(2022, 2, 22, 19, 22, 22, tzinfo=dt.UTC), draw)).startswith("017f22e2-79b0-7")
