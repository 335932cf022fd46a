"""Door to `rollups.merge` and `audit.chain`: once, or again and again as the one worker."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection

from listening.audit.chain import chain_entries
from listening.rollups.merge import keep_merged, merge_deltas


class Command(BaseCommand):
    help = "Merge the log of changes into the cells of the need map, and chain the audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", type=float, metavar="SECONDS", help="Go on, pausing this long between merges.")

    def handle(self, *args: Any, loop: float | None, **options: Any) -> None:
        if loop is None:
            merged = merge_deltas()
            chain_entries()
            self.stdout.write("another session is merging" if merged is None else f"merged {merged} changes")
            return
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        while not stop.is_set():
            try:
                keep_merged()
                chain_entries()
            except DatabaseError as error:
                # The database restarts or is full: nothing is lost, the log waits. A new connection next time.
                self.stderr.write(f"merge failed, trying again: {type(error).__name__}")
                connection.close()
            stop.wait(loop)
