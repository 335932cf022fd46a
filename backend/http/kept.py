"""Answers that a process keeps for whoever asks the same again, by their entity tag.

A tag is made of all that an answer depends on, so an answer that is kept under it is the one that would be made anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# Per process and kind of answer. An answer is some 100 kB; one that is much larger is made anew each time.
MOST_BYTES: Final = 16 * 2**20
LARGEST: Final = MOST_BYTES // 16


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class Kept:
    """Answers by tag, up to so many bytes; the one that was not asked for the longest goes first."""

    answers: OrderedDict[str, KeptAnswer] = field(default_factory=OrderedDict)
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, etag: str) -> KeptAnswer | None:
        with self.lock:
            if etag in self.answers:
                self.answers.move_to_end(etag)
            return self.answers.get(etag)

    def put(self, etag: str, answer: KeptAnswer) -> None:
        with self.lock:
            if len(answer.body) > LARGEST or etag in self.answers:
                return
            self.answers[etag] = answer
            self.size += len(answer.body)
            while self.size > MOST_BYTES:
                _, old = self.answers.popitem(last=False)
                self.size -= len(old.body)

    def forget(self) -> None:
        """Keep nothing: what is asked next is made anew."""
        with self.lock:
            self.answers.clear()
            self.size = 0
