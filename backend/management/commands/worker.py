"""The one worker of a city: merges cells, chains the audit, erases what was withdrawn, writes down what was deleted.

What there is to do is found in the tables, so nothing is lost with a worker that dies: the next one finds it.
"""

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.duties import Duty, perform
from listening.audit.chain import chain_entries
from listening.erasure.journal import write_down
from listening.erasure.orphans import forget_orphans
from listening.erasure.withdraw import carry_out
from listening.rollups.merge import keep_merged


class Command(BaseCommand):
    help = "Merge cells, chain the audit and carry out withdrawals; one worker is enough, two do no harm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, default=1.0, metavar="SECONDS", help="Pause between rounds; 1.")
        parser.add_argument("--withdrawals", type=float, default=10.0, metavar="SECONDS", help="Between these; 10.")
        parser.add_argument("--contacts", type=float, default=60.0, metavar="SECONDS", help="Between sweeps; 60.")
        parser.add_argument("--once", action="store_true", help="One round of everything, then end.")

    def handle(self, *args: Any, every: float, withdrawals: float, contacts: float, once: bool, **options: Any) -> None:
        duties = [
            Duty("merging of cells", keep_merged, every),
            Duty("chaining of the audit", chain_entries, every),
            Duty("withdrawals", lambda: self.say_if_once(once, "conversations deleted", carry_out()), withdrawals),
            Duty("journal of deletions", write_down, withdrawals),
            Duty("sweep of contacts", forget_orphans, contacts),
        ]
        if once:
            if failed := perform(duties, now_s=0.0):
                raise CommandError(f"failed: {', '.join(failed)}; the log says why")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            perform(duties, now_s=time.monotonic())
            stop.wait(every)

    def say_if_once(self, once: bool, what: str, number: int) -> None:
        if once:
            self.stdout.write(f"{number} {what}")
