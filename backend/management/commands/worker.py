"""The one worker of a city: merges cells, chains the audit, and carries out withdrawals, again and again.

What there is to do is found in the tables, so nothing is lost with a worker that dies: the next one finds it.
"""

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connections

from listening.audit.chain import chain_entries
from listening.erasure.withdraw import carry_out
from listening.rollups.merge import merge_deltas


class Command(BaseCommand):
    help = "Merge cells, chain the audit and carry out withdrawals; one worker is enough, two do no harm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="Pause between rounds; 1.")
        parser.add_argument("--withdrawals", type=float, default=10.0, metavar="SECONDS", help="Between these; 10.")
        parser.add_argument("--once", action="store_true", help="One round of everything, then end.")

    def handle(self, *args: Any, every: float, withdrawals: float, once: bool, **options: Any) -> None:
        if once:
            self.round()
            self.stdout.write(f"{carry_out()} conversations deleted")
            return
        stop, due = threading.Event(), 0.0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                self.round()
                if time.monotonic() >= due:
                    carry_out()
                    due = time.monotonic() + withdrawals
            except (DatabaseError, OSError) as error:
                # The database restarts or is full, the journal cannot be written: nothing is lost, all of it waits.
                self.stderr.write(f"the round failed, trying again: {type(error).__name__}")
                connections.close_all()
            stop.wait(every)

    def round(self) -> None:
        merge_deltas()
        chain_entries()
