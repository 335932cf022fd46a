"""Door to `codelists.load`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.codelists.load import CodelistError, load_themes


class Command(BaseCommand):
    help = "Load the themes from a YAML file; themes that left it are retired."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            loaded = load_themes(file)
        except CodelistError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"themes: {loaded.added} added, {loaded.changed} changed, {loaded.retired} retired")
