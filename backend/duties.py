"""Duties of a process that runs for ever: each is tried again and again, and one that fails holds up no other.

Knows no duty by name: what there is to do is found by the duties themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, connections

LONGEST_S: Final = 300.0  # between two attempts of a duty that fails
logger = logging.getLogger(__name__)


@dataclass
class Duty:
    """Something to do every so often. `failures`: how often in a row it has failed; `due_s` is of a steady clock."""

    name: str
    do: Callable[[], object]
    every_s: float
    failures: int = 0
    due_s: float = 0.0


def perform(duties: Sequence[Duty], *, now_s: float) -> list[str]:
    """Do what is due, in order; the names of what failed.

    A failure of the database or of a file is logged and put off, twice as long each time; anything else is a mistake in
    the program, and raises.
    """
    failed = []
    for duty in duties:
        if duty.due_s > now_s:
            continue
        try:
            duty.do()
        except (DatabaseError, OSError) as error:
            # The database restarts or is full, a file cannot be written: nothing is lost, all of it waits.
            duty.failures += 1
            told = {"duty": duty.name, "attempts": duty.failures, "error": type(error).__name__}
            logger.error("a duty of the worker failed; it is tried again", extra=told)
            failed.append(duty.name)
            connections.close_all()
        else:
            duty.failures = 0
        duty.due_s = now_s + min(duty.every_s * 2**duty.failures, max(LONGEST_S, duty.every_s))
    return failed
