"""A network that is worse than any: between phones and servers, request by request, by a seeded source of chance.

One door per phone, each with chance of its own, so that a seed gives a phone the same weather in each run. A connection
carries one request (`Connection: close`), which is read whole: only then can it be lost, doubled or kept for later.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

FAULTS = ("request lost", "request cut", "answer lost", "answer cut", "twice", "late", "slow", "reset")


class Proxy:
    """Doors to some servers, given by their ports. `share` of the requests meet a fault while `is_rough`."""

    def __init__(self, ports: Sequence[int], *, seed: int, share: float = 0.25, faults: Sequence[str] = FAULTS) -> None:
        self.ports, self.seed, self.share, self.faults = list(ports), seed, share, faults
        self.is_rough = True
        self.met: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._doors: list[asyncio.Server] = []
        # The loop itself holds its tasks weakly.
        self._now: set[asyncio.Task[Any]] = set()
        self._later: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def door(self, name: str) -> int:
        """Open a door for one phone; returns its port."""
        draw = random.Random(f"{self.seed} {name}")

        async def open_door() -> int:
            server = await asyncio.start_server(
                lambda phone, back: self._keep(self._pass(phone, back, draw), self._now), "127.0.0.1", 0
            )
            self._doors.append(server)
            port: int = server.sockets[0].getsockname()[1]
            return port

        return self._do(open_door())

    def calm(self) -> None:
        """No faults from now on; what is still on its way arrives first."""
        self.is_rough = False

        async def arrive() -> None:
            await asyncio.gather(*self._later, return_exceptions=True)

        self._do(arrive())

    def close(self) -> None:
        """End whatever is still on its way."""

        async def end() -> None:
            for door in self._doors:
                door.close()
            under_way = asyncio.all_tasks() - {asyncio.current_task()}
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await asyncio.sleep(0)  # what they closed is closed in the next round

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    # --- one request -----------------------------------------------------------------------------------------
    async def _pass(self, phone: asyncio.StreamReader, back: asyncio.StreamWriter, draw: random.Random) -> None:
        # Drawn before anything is awaited, always as many numbers: chance does not depend on who is faster.
        is_met, fault, part, first = draw.random() < self.share, draw.choice(self.faults), draw.random(), draw.random()
        fault = fault if is_met and self.is_rough else ""
        self.met[fault] += 1
        with contextlib.closing(back), contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await read_request(phone)
            match fault:
                case "request lost":
                    pass
                case "request cut":
                    await self._forward(request[: int(len(request) * part)], first, is_whole=False)
                case "answer lost":
                    await self._forward(request, first)
                case "answer cut":
                    answer = await self._forward(request, first)
                    await say(back, answer[: int(len(answer) * part)])
                case "twice":
                    answers = await asyncio.gather(self._forward(request, first), self._forward(request, 1 - first))
                    await say(back, answers[part < 0.5])
                case "late":  # the phone asks again meanwhile, and then goes on: this arrives after what it sent later
                    self._keep(self._after(3 * part, lambda: self._forward(request, first)), self._later)
                case "slow":
                    answer = await self._forward(request, first, pause_s=0.1)
                    await say(back, answer, pause_s=0.1)
                case "reset":
                    self._keep(self._forward(request, first), self._later)
                    await asyncio.sleep(0.05 * part)
                    reset(back)
                case _:
                    await say(back, await self._forward(request, first))

    async def _forward(
        self, request: bytes, first: float, *, is_whole: bool = True, pause_s: float | None = None
    ) -> bytes:
        """What a server answers, until it closes; the other is asked when the first is not there. Empty: none did."""
        start = int(first * len(self.ports))
        for port in self.ports[start:] + self.ports[:start]:
            try:
                answers, out = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            answer = b""
            with contextlib.closing(out), contextlib.suppress(OSError):
                await say(out, request, pause_s=pause_s)
                if is_whole:
                    answer = await answers.read(-1)
            return answer
        return b""

    async def _after(self, seconds: float, work: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        await asyncio.sleep(seconds)
        await work()

    def _keep(self, work: Coroutine[Any, Any, Any], among: set[asyncio.Task[Any]]) -> None:
        task = self._loop.create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)


async def read_request(phone: asyncio.StreamReader) -> bytes:
    head = await phone.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return head + await phone.readexactly(int(length[1]) if length else 0)


async def say(out: asyncio.StreamWriter, told: bytes, *, pause_s: float | None = None) -> None:
    """Write it; with a pause, in ten pieces."""
    size = len(told) if pause_s is None else max(1, len(told) // 10)
    for start in range(0, len(told), size or 1):
        out.write(told[start : start + size])
        await out.drain()
        await asyncio.sleep(pause_s or 0)


def reset(back: asyncio.StreamWriter) -> None:
    """End the connection by RST: the other side may lose also what had arrived."""
    back.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    back.transport.abort()
