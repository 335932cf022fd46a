"""Measure one database: fill it, time the product beside the bare SQL, print a table. Run by `tests.benchmarks`."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice

from django.core.management import call_command
from django.db import connection

from backend.db import sql
from backend.geo.tile_matrix import tile_at
from listening.capture.accept import accept_many
from listening.capture.api.serializers import read_submission
from listening.demo.conversations import invent
from listening.demo.load import load_demo, read_stage, store_sessions
from listening.fieldwork.models import User
from listening.fieldwork.tokens import issue
from listening.needmaps.build import build_need_map, parse_query
from listening.publishing.propose import publish_release
from listening.records.models import Conversation
from listening.rollups.epochs import prepare
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import reconcile
from tests.benchmarks import ingest, stream, sync
from tests.benchmarks.load import free_port, stop, wait_for
from tests.benchmarks.peers import beside
from tests.benchmarks.reads import box_of, over_http, place
from tests.benchmarks.table import p50, row, run, say, spread
from tests.people import EVERYTHING

FINDINGS_PER_CONVERSATION = 2.15


def main(findings: int, seconds: float, *, peers: bool) -> None:
    fill(findings)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT (SELECT count(*) FROM records_conversation), (SELECT count(*) FROM records_finding)")
        held, heard = cursor.fetchone()
        cursor.execute("SELECT count(*), pg_size_pretty(pg_total_relation_size('rollups_cell')) FROM rollups_cell")
        cells, size = cursor.fetchone()
    say(f"\n{heard:,} findings in {held:,} conversations; {cells:,} cells, {size}")
    say(f"{'':44}{'product':>12}{'bare SQL':>12}{'ratio':>8}")
    need_maps_in_sql()
    token = issue(User.objects.get(username="coordinator"))
    with server() as port:
        over_http(port, token)
        if peers:
            beside_peers(port, token)
        say(stream.exporting())
        syncing(port, phones=max(2, int(500 * min(1.0, findings / 100_000))))
    ingesting(seconds)
    outcome = reconcile()
    say(f"reconciled: {outcome.cells:,} cells, {len(outcome.differences)} differences from the records")


def fill(findings: int) -> None:
    """The demonstration's city, with as many conversations as it takes, through capture."""
    call_command("migrate", verbosity=0)
    load_demo(conversations=1, tell=lambda _: None)
    stage = read_stage()
    invention = invent(
        stage, conversations=int(findings / FINDINGS_PER_CONVERSATION), seed=2, until=dt.date(2026, 10, 1)
    )
    store_sessions(stage, invention.sessions)
    started, stored = time.perf_counter(), 0
    while batch := list(islice(invention.conversations, 1_000)):
        stored += accept_many(batch)
        if stored % 20_000 < 1_000:
            merge_deltas()
    merge_deltas()
    took = time.perf_counter() - started
    say(f"filled {stored:,} conversations in {took:.0f} s, {stored / took:,.0f} a second, one client, batches of 1,000")


WINDOWS = {
    "1 theme, 12 months": {"theme": "housing", "period": "2025-10-01/2026-09-30"},
    "1 theme, 1 year": {"theme": "housing", "period": "2025"},
    "1 theme, 400 ragged days": {"theme": "housing", "period": "2025-08-17/2026-09-20"},
    "1 theme, 30 ragged days": {"theme": "housing", "period": "2026-06-11/2026-07-10"},
    "all themes, 3 years": {"period": "2023-10-01/2026-09-30"},
}

RAW = """
SELECT c.district_id, count(*),
       count(*) FILTER (WHERE %(theme)s = 0 OR EXISTS (
           SELECT FROM records_finding f JOIN records_findingtheme ft ON ft.finding_id = f.id
           JOIN codelists_theme t ON t.id = ft.theme_id
           WHERE f.conversation_id = c.id AND (t.id = %(theme)s OR t.parent_id = %(theme)s)))
FROM records_conversation c
WHERE c.occurred_on >= %(first)s AND c.occurred_on < %(until)s AND c.may_be_counted AND NOT c.is_test
GROUP BY c.district_id
"""


def need_maps_in_sql(*, counts_of_records: int = 5) -> None:
    """The counting of a need map: the product's statement against a count over the records, asked for so many times."""
    statement = sql.read("listening.needmaps", "count_by_district.sql")
    for name, params in WINDOWS.items():
        query = parse_query({"layer": "area-statistica", **params}, EVERYTHING)
        segments = list(query.period.segments())
        bound = {
            "editions": [query.edition.pk],
            "role": query.role,
            "theme": query.theme.pk if query.theme else 0,
            "kind": "any",
            "grains": [grain for grain, _, _ in segments],
            "firsts": [first for _, first, _ in segments],
            "untils": [until for _, _, until in segments],
            "first": query.period.first,
            "until": query.period.until,
            "districts": query.reach.as_list(),
        }
        ours = p50(lambda b=bound: run(statement, b))
        bare = p50(lambda b=bound: run(RAW, b), counts_of_records) if counts_of_records else None
        row(f"need map SQL, {name}", ours, bare)
    query = parse_query({"layer": "area-statistica", "theme": "housing", "period": "2025"}, EVERYTHING)
    say(f"{'need map in Python, 1 theme, 1 year':44}{p50(lambda: build_need_map(query)):9.2f} ms")


def beside_peers(port: int, token: str) -> None:
    """Requests a second, and what one client waits, beside others that serve the same rows."""
    proposer, approver = (User.objects.get(username=name) for name in ("steward", "steward2"))
    release = publish_release("2026-Q2", proposed_by=proposer, approved_by=approver)
    tile = tile_at(*place(), 12)
    asked = beside.questions(
        box_of(1), box_of(5), f"12/{tile.x}/{tile.y}", f"/open/releases/{release.code}/need-map-zona.geojson"
    )
    say(f"\n{'beside peers, req/s at 8 connections (p50 alone)':48}{'product':>20}{'peer':>20}{'times':>8}")
    for question, told in beside.measure(port, token, asked):
        ours = told.pop("product")
        for name, theirs in told.items():
            figures = [f"{one.per_second:10,.0f} ({one.p50_ms:.1f} ms)" for one in (ours, theirs)]
            times = ours.per_second / theirs.per_second
            sizes = f"{ours.kilobytes:,.0f} and {theirs.kilobytes:,.0f} kB"
            say(f"{question.name + ', ' + name:48}{figures[0]:>20}{figures[1]:>20}{times:8.1f}   {sizes}")


def syncing(port: int, phones: int) -> None:
    """Phones, beside the statements that their answers take: the insert of the same rows, the reading of the same."""
    codes, draw = sync.themes(), random.Random(3)
    listener = User.objects.filter(username="listener").get()
    wire = sync.Wire(port, sync.phone("bench-phone"))
    pushes, upserts = [], []
    for number in range(12):
        status, ms, content = wire.ask("push", {"ops": sync.ops(200, codes, draw)})
        if status != 200 or {one["status"] for one in json.loads(content)["results"]} != {"accepted"}:
            raise SystemExit(f"push answered {status}: {content[:300]!r}")
        submissions = [
            read_submission({"id": op["id"], **op["fields"]}, listener=listener) for op in sync.ops(200, codes, draw)
        ]
        started = time.perf_counter()
        accept_many(submissions)
        if number > 1:  # the first two warm the workers
            pushes.append(ms)
            upserts.append((time.perf_counter() - started) * 1000)
    spread("HTTP push of 200 conversations", pushes, upserts)
    say(f"{'  ingest, push over plain upsert':44}{statistics.median(upserts) / statistics.median(pushes):32.2f}")
    steps, cursor, more = [], None, True
    while more:  # what was loaded before has no place in the feed yet: each pull takes up a part of it
        _, ms, content = wire.ask("pull", {"cursor": cursor, "limit": 500})
        steps.append(ms)
        page = json.loads(content)
        cursor, more = page["cursor"], page["more"]
    say(f"HTTP {len(steps)} pulls until the feed has all that was loaded, {max(steps):.0f} ms at the longest")
    pulls, reads, cursor = [], [], None
    documents = sql.read("listening.records", "conversations_as_json.sql")
    for _ in range(24):
        status, ms, content = wire.ask("pull", {"cursor": cursor, "limit": 500})
        page = json.loads(content)
        if status != 200:
            raise SystemExit(f"pull answered {status}: {content[:300]!r}")
        if len(page["rows"]) == 500:
            ids = [one["id"] for one in page["rows"]]
            started = time.perf_counter()
            run(documents, {"ids": ids})
            reads.append((time.perf_counter() - started) * 1000)
            pulls.append(ms)
        cursor = page["cursor"] if page["more"] else None
    spread("HTTP pull of 500 conversations", pulls, reads)
    before = Conversation.objects.count()
    shift = sync.shift_end(port, phones, 100, codes)
    arrived = Conversation.objects.count() - before
    wrong = {name: count for name, count in shift.statuses.items() if name != "accepted"}
    say(
        f"{phones} phones x 100 ops at the end of a shift: {shift.seconds:.1f} s, {100 * phones / shift.seconds:,.0f} "
        f"ops/s, {arrived:,} of {100 * phones:,} conversations stored, errors {wrong or 0} (clients share the cores)"
    )
    spread("  push of 100, sixteen phones at once", shift.pushes, None)
    spread("  pull of what one has", shift.pulls, None)


def ingesting(seconds: float) -> None:
    """Four clients at once, batches of 50, one in five sent again: with and without the upkeep of the cells."""
    product = ingest.run(seconds, clients=4, seed=11)
    with connection.cursor() as cursor:
        # As if boundaries had been redrawn once: all that comes is counted in the old ones as well.
        cursor.execute(
            "INSERT INTO rollups_epoch (until, editions, base_edition)"
            " SELECT '2000-01-01', editions, base_edition FROM districts_editions_today"
        )
    redrawn = ingest.run(seconds, clients=4, seed=13)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM rollups_epoch")
    prepare()
    tables = ("records_conversation", "records_finding", "records_findingtheme")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        bare = ingest.run(seconds, clients=4, seed=12, counted=False)
        with connection.cursor() as cursor:
            # What went round the cells leaves no trace in them, and must leave none in the records.
            ids = (
                "SELECT id FROM records_conversation c WHERE NOT EXISTS "
                "(SELECT FROM rollups_tally t WHERE t.conversation_id = c.id)"
            )
            cursor.execute(f"CREATE TEMPORARY TABLE uncounted AS {ids}")
            findings = "SELECT f.id FROM records_finding f JOIN uncounted u ON u.id = f.conversation_id"
            cursor.execute(f"CREATE TEMPORARY TABLE unthemed AS {findings}")
            for statement in (
                "DELETE FROM records_findingtheme t USING unthemed f WHERE t.finding_id = f.id",
                "DELETE FROM records_finding f USING uncounted u WHERE f.conversation_id = u.id",
                "DELETE FROM records_participantband b USING uncounted u WHERE b.conversation_id = u.id",
                "DELETE FROM records_conversation c USING uncounted u WHERE c.id = u.id",
            ):
                cursor.execute(statement)
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    say(
        f"{'ingest, 4 clients, findings a second':44}"
        f"{product.findings_per_second:12,.0f}{bare.findings_per_second:12,.0f}"
        f"{product.findings_per_second / bare.findings_per_second:8.2f}"
    )
    say(
        f"{'  conversations a second; p95 of a batch of 50':44}{product.conversations_per_second:12,.0f}"
        f"{bare.conversations_per_second:12,.0f}        {product.p95_ms:.0f} ms, {bare.p95_ms:.0f} ms without cells"
    )
    say(
        f"{'  with old boundaries beside':44}{redrawn.findings_per_second:12,.0f}{bare.findings_per_second:12,.0f}"
        f"{redrawn.findings_per_second / bare.findings_per_second:8.2f}"
    )
    say(
        f"{'  longest until a need map counts it':44}{product.seen_ms:9.0f} ms; "
        f"with old boundaries {redrawn.seen_ms:.0f} ms"
    )
    say(f"{'  longest wait until merged':44}{product.lag_s:10.2f} s; with old boundaries {redrawn.lag_s:.2f} s")
    say(
        f"{'  left to merge in the end':44}{product.unmerged:12,} rows, {product.catch_up_s:.1f} s; "
        f"with old boundaries {redrawn.unmerged:,}, {redrawn.catch_up_s:.1f} s"
    )
    say(f"{'  deadlocks, errors':44}{product.deadlocks:12}{bare.deadlocks:12}        {product.errors + bare.errors}")


@contextlib.contextmanager
def server() -> Iterator[int]:
    """The product as it is served: granian, one worker per core, the web process's database settings."""
    port = free_port()
    call_command("collectstatic", interactive=False, verbosity=0)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "backend.wsgi:application", "--host", "127.0.0.1",
            "--port", str(port), "--workers", str(os.cpu_count() or 1), "--no-access-log",
        ],
        env={
            **os.environ,
            "LISTENING_PROCESS": "web",
            # Counted as ever, and never refused.
            "LISTENING_RATE_LIMITS": "read=100000/s,write=100000/s,open=100000/s",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port, "/health/live")
        time.sleep(1)  # for the other workers
        yield port
    finally:
        stop(process)
