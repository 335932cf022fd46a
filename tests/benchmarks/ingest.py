"""Several client processes that submit at once, for a time."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import statistics
import time
from dataclasses import dataclass
from itertools import islice

BATCH = 50
AGAIN = 0.2  # of a batch was sent before


@dataclass(frozen=True, slots=True)
class Ingest:
    """What the clients reached together.

    `seen_ms`: the longest from a commit to the end of the first need map asked for after it, which counted it. `lag_s`:
    the longest that a change had waited to be merged, which no need map waits for. `unmerged`: rows of the log
    that were left to merge in the end, and `catch_up_s`, how long that took.
    """

    conversations_per_second: float
    findings_per_second: float
    p95_ms: float
    deadlocks: int
    errors: int
    lag_s: float
    seen_ms: float
    unmerged: int
    catch_up_s: float


def run(seconds: float, *, clients: int, seed: int, counted: bool = True) -> Ingest:
    """Let clients submit for some seconds; a merge runs beside them, and one looks whether need maps count at once.

    Each is a process with a connection of its own. `counted` False, where the triggers are off: the same look, which
    expects nothing. What earlier runs left to merge is merged before, lest the clients of this one pay for it.
    """
    from listening.rollups.merge import merge_deltas

    merge_deltas()
    spawn = multiprocessing.get_context("spawn")
    start, stop = spawn.Barrier(clients + 2, timeout=120), spawn.Event()
    with spawn.Pool(clients + 2, initializer=_share, initargs=(start, stop)) as pool:
        merging = pool.apply_async(_merge)
        watching = pool.apply_async(_watch, (seed, counted))
        working = [pool.apply_async(_submit, (seconds, seed * 100 + number)) for number in range(clients)]
        told = [one.get() for one in working]
        stop.set()
        lag_s, seen_ms = merging.get(), watching.get()
    began = time.perf_counter()
    unmerged = merge_deltas()
    times = sorted(ms for one in told for ms in one[2])
    return Ingest(
        conversations_per_second=sum(one[0] for one in told) / seconds,
        findings_per_second=sum(one[1] for one in told) / seconds,
        p95_ms=statistics.quantiles(times, n=20)[-1],
        deadlocks=sum(one[3] for one in told),
        errors=sum(one[4] for one in told),
        lag_s=lag_s,
        seen_ms=seen_ms,
        unmerged=unmerged or 0,
        catch_up_s=time.perf_counter() - began,
    )


def _share(start, stop) -> None:
    global _start, _stop
    _start, _stop = start, stop
    import django

    django.setup()


def _submit(seconds: float, seed: int):
    from django.db import OperationalError

    from listening.capture.accept import accept_many
    from listening.demo.conversations import invent
    from listening.demo.load import read_stage, store_sessions

    stage = read_stage()
    invention = invent(stage, conversations=int(2_000 * seconds), seed=seed, until=dt.date(2026, 10, 1))
    store_sessions(stage, invention.sessions)
    fresh = iter(list(invention.conversations))
    draw, sent = random.Random(seed), []
    conversations = findings = deadlocks = errors = 0
    times = []
    _start.wait()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        new = list(islice(fresh, int(BATCH * (1 - AGAIN)) if sent else BATCH))
        batch = new + draw.sample(sent, min(len(sent), BATCH - len(new)))
        began = time.perf_counter()
        try:
            conversations += accept_many(batch)
            findings += sum(len(one.findings) for one in new)
        except OperationalError as error:
            deadlocks += "deadlock" in str(error)
            errors += 1
        times.append((time.perf_counter() - began) * 1000)
        sent += new
    return conversations, findings, times, deadlocks, errors


def _merge() -> float:
    """As the worker does, which pauses for a second between rounds; the longest that a row of the log was old."""
    from django.db import connection

    from listening.rollups.merge import keep_merged

    _start.wait()
    longest, given = 0.0, []
    while not _stop.is_set():
        keep_merged()
        _stop.wait(1.0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(id), max(id) FROM rollups_delta")
            first, last = cursor.fetchone()
        now = time.perf_counter()
        given = [one for one in [*given, (last, now)] if first is not None and one[0] >= first]
        # Numbers are given out in the order of writing: the first look that saw a number as high is as old as it is.
        longest = max(longest, now - given[0][1] if given else 0.0)
    return longest


def _watch(seed: int, counted: bool) -> float:
    """Raises AssertionError when a need map does not count what was committed before it was asked for."""
    from listening.capture.accept import accept_many
    from listening.demo.conversations import invent
    from listening.demo.load import read_stage, store_sessions
    from listening.needmaps.build import build_need_map, parse_query
    from tests.people import EVERYTHING

    stage = read_stage()
    # Years before those of the others, so that only one's own are counted.
    invention = invent(stage, conversations=10_000, seed=seed, until=dt.date(2020, 1, 1))
    store_sessions(stage, invention.sessions)
    query = parse_query({"period": "2017-01-01/2019-12-31"}, EVERYTHING)
    before, longest = build_need_map(query).city.conversations, 0.0
    _start.wait()
    for stored, one in enumerate(invention.conversations, start=1):
        accept_many([one])
        committed = time.perf_counter()
        assert build_need_map(query).city.conversations == before + stored * counted
        longest = max(longest, (time.perf_counter() - committed) * 1000)
        if _stop.wait(0.1):  # a look now and then takes little from those who are measured
            break
    return longest
