"""The table that the benchmarks print: medians, the product beside the bare SQL of the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

REPEATS = 40


def run(statement: str, params: dict[str, Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall()


def p50(action: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Median time of an action, ms, after one that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def row(name: str, product_ms: float, bare_ms: float | None) -> None:
    beside = "" if bare_ms is None else f"{bare_ms:9.2f} ms{product_ms / bare_ms:8.2f}"
    say(f"{name:44}{product_ms:9.2f} ms{beside}")


def say(line: str) -> None:
    print(line, flush=True)


def spread(name: str, product: list[float], bare: list[float] | None) -> None:
    """p50 and p95, beside the bare statement's p50 where there is one."""
    told = [statistics.median(product), statistics.quantiles(product, n=20)[-1]]
    beside = "" if bare is None else f"{statistics.median(bare):9.2f} ms{told[0] / statistics.median(bare):8.2f}"
    say(f"{name:44}{told[0]:9.2f} ms{beside}   p95 {told[1]:.0f} ms")
