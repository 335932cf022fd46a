"""What the answers said, op by op, written down as they come, apart from the client and from the service."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from listening.sync.client.transport import Answer, Transport

Told = dict[str, Any]


@dataclass
class History:
    """Ops by their id: what each asked for, and its last outcome."""

    asked: dict[str, Told] = field(default_factory=dict)
    outcomes: dict[str, Told] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def send(self, ops: list[Told]) -> None:
        with self.guard:
            for op in ops:
                assert self.asked.setdefault(op["op"], op) == op, "an op was sent with other content than before"

    def learn(self, results: list[Told]) -> None:
        with self.guard:
            for result in results:
                self.statuses[result["status"]] += 1
                outcome = result["outcome"] if result["status"] == "duplicate" else result
                if outcome["status"] != "retry":
                    self.outcomes[result["op"]] = {**outcome, "op": result["op"]}

    @property
    def acknowledged(self) -> int:
        return len(self.outcomes)

    def recent(self, number: int) -> list[str]:
        """The conversations that were written to last."""
        with self.guard:
            ops = [self.asked[op] for op in list(self.outcomes)[-number:]]
        return list(dict.fromkeys(op.get("conversation", op["id"]) for op in ops if op["type"] != "session"))


class Witness(Transport):
    """A transport that writes down what it hears. It hears no more than the phone: what is lost on the way is lost."""

    def __init__(self, history: History, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._history = history

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        if path == "push" and body is not None:
            self._history.send(body["ops"])
        answer = super().ask(method, path, body)
        if answer.is_good and path in {"push", "lookup"}:
            self._history.learn(answer.body["results"])
        return answer
