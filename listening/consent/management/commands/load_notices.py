"""Door to `consent.load`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.consent.load import NoticeError, load_notices


class Command(BaseCommand):
    help = "Load a version of the notice for residents from a YAML file; a stored text never changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            added = load_notices(file)
        except NoticeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"notices: {added} added")
