"""Several clients that write the same conversations at once: send, send again, change, delete; a merge runs too.

Every client works through the same submissions in an order of its own, so that they meet: what one re-sends another is
just storing, what one changes another deletes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace

from django.db import OperationalError, connection, transaction

from listening.capture.accept import accept, accept_many
from listening.capture.amend import amend, delete
from listening.capture.errors import FindingIdTaken, RecordDeleted, SameIdOtherContent
from listening.capture.submission import Submission
from listening.codelists.models import Theme
from listening.fieldwork.models import User
from listening.records.models import Conversation
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import conversation, heard


@dataclass
class Tally:
    """What happened: outcomes of writes, and errors that no client should ever see."""

    outcomes: Counter[str] = field(default_factory=Counter)
    deadlocks: int = 0
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def writes(self) -> int:
        return sum(self.outcomes.values())


def write_concurrently(listener: User, themes: list[Theme], *, clients: int, writes_each: int, seed: int = 1) -> Tally:
    """Let clients write; returns what happened. Needs committed data: not inside a transaction."""
    draw = random.Random(seed)
    pool = [_submission(listener, themes, draw) for _ in range(clients * writes_each // 4)]
    tally, guard, stop = Tally(), threading.Lock(), threading.Event()

    def note(outcome: str) -> None:
        with guard:
            tally.outcomes[outcome] += 1

    def client(number: int) -> None:
        own = random.Random(f"{seed} {number}")
        try:
            for _ in range(writes_each):
                _write_once(own, own.choice(pool), pool, themes, listener, note, tally, guard)
        except Exception as error:
            with guard:
                tally.errors.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    def merger() -> None:
        while not stop.is_set():
            merge_deltas()
            stop.wait(0.05)
        connection.close()

    threads = [threading.Thread(target=client, args=[number]) for number in range(clients)]
    merging = threading.Thread(target=merger)
    started = time.perf_counter()
    for thread in [*threads, merging]:
        thread.start()
    for thread in threads:
        thread.join()
    tally.seconds = time.perf_counter() - started
    stop.set()
    merging.join()
    return tally


def _write_once(own, one, pool, themes, listener, note, tally, guard) -> None:
    try:
        match own.choices(["send", "batch", "change", "delete"], [6, 1, 2, 1])[0]:
            case "send":
                note("stored" if accept(one, by=listener).created else "sent again")
            case "batch":
                accept_many([own.choice(pool) for _ in range(5)])
                note("batch")
            case "change":
                with transaction.atomic():
                    stored = Conversation.objects.select_for_update().filter(pk=one.id).first()
                    if stored is None:
                        return note("nothing to change")
                    amend(stored, replace(_submission(listener, themes, own), id=one.id), by=listener)
                note("changed")
            case "delete":
                with transaction.atomic():
                    stored = Conversation.objects.select_for_update().filter(pk=one.id).first()
                    if stored is None:
                        return note("nothing to delete")
                    delete(stored, by=listener)
                note("deleted")
    except RecordDeleted:
        note("refused: deleted")
    except (SameIdOtherContent, FindingIdTaken):
        note("refused: other content")
    except OperationalError as error:
        with guard:
            tally.deadlocks += "deadlock" in str(error)
            tally.errors.append(f"{type(error).__name__}: {error}")


def _submission(listener: User, themes: list[Theme], draw: random.Random) -> Submission:
    return conversation(
        listener,
        *(
            heard(draw.choice(["need", "challenge", "asset"]), *draw.sample(themes, draw.randrange(3)))
            for _ in range(draw.randrange(4))
        ),
        area=draw.randrange(1, 10),
        is_test=draw.random() < 0.05,
    )
