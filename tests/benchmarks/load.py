"""Ask one address over and over: alone for the median, then from several connections for the requests a second."""

from __future__ import annotations

import contextlib
import http.client
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import NamedTuple

CONNECTIONS = 8


class Load(NamedTuple):
    """What came of it. Clients share the cores with the server, whichever it is."""

    p50_ms: float
    per_second: float
    kilobytes: float


def hammer(port: int, path: str, headers: Mapping[str, str], seconds: float) -> Load:
    """Raises SystemExit when an answer is not 200: a refusal is quick and measures nothing."""

    def ask(client: http.client.HTTPConnection) -> int:
        client.request("GET", path, headers=dict(headers))
        # Who sends head and body apart waits until the first is acknowledged, which Linux does after 40 ms unasked.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        response = client.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"port {port}: {path} answered {response.status}: {body[:300]!r}")
        return len(body)

    alone = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    size = 0
    for _ in range(4):  # warm the workers
        size = ask(alone)
    times: list[float] = []
    until = time.perf_counter() + seconds / 2
    while len(times) < 5 or (time.perf_counter() < until and len(times) < 200):
        started = time.perf_counter()
        ask(alone)
        times.append((time.perf_counter() - started) * 1000)
    alone.close()

    answered = [0] * CONNECTIONS
    until = time.perf_counter() + seconds
    failures: list[BaseException] = []

    def work(number: int) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            while time.perf_counter() < until:
                ask(client)
                answered[number] += 1
        except (SystemExit, OSError, http.client.HTTPException) as failure:
            failures.append(failure)
        finally:
            client.close()

    started = time.perf_counter()
    workers = [threading.Thread(target=work, args=(number,)) for number in range(CONNECTIONS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise SystemExit(f"port {port}: {path}: {failures[0]}")
    return Load(statistics.median(times), sum(answered) / (time.perf_counter() - started), size / 1000)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(port: int, path: str, seconds: float = 30.0) -> None:
    """Until a server answers 200. Raises SystemExit when it does not in time."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request("GET", path)
            if client.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"nothing answers {path} on port {port}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
