"""Door to `erasure.retention`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.erasure.retention import apply_retention


class Command(BaseCommand):
    help = "Delete texts, exact places, records and contacts that have had their time; run it daily."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count, and change nothing.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        applied = apply_retention(dry_run=dry_run)
        self.stdout.write(f"{'would be: ' if dry_run else ''}{applied}")
        if applied.failed:
            raise CommandError("not everything was deleted; the log says why")
