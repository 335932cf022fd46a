"""Door to `erasure.journal`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.erasure.journal import JournalError, replay


class Command(BaseCommand):
    help = "Carry out again, in a restored backup, the deletions of a journal; run it before anybody is served."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("journal", type=Path)

    def handle(self, *args: Any, journal: Path, **options: Any) -> None:
        try:
            replayed = replay(journal)
        except (JournalError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{replayed.lines} deletions in the journal, {replayed.erased} conversations deleted again")
