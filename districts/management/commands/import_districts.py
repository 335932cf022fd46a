"""Door to `districts.importing`."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from districts.importing.config import ConfigError
from districts.importing.read import UnreadableSource
from districts.importing.run import import_edition


class Command(BaseCommand):
    help = "Import boundaries, or figures for them, by a YAML mapping; exit 1 when anything is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--config", type=Path, required=True, help="The mapping, see fixtures/cities.")
        parser.add_argument(
            "--source", type=Path, required=True, help="GeoJSON, GeoPackage, shapefile (.zip too), CSV."
        )
        parser.add_argument("--dry-run", action="store_true", help="Report everything, change nothing.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, config: Path, source: Path, **options: Any) -> None:
        try:
            report = import_edition(config, source, dry_run=options["dry_run"])
        except (ConfigError, UnreadableSource, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) if options["json"] else report.as_text())
        if report.has_errors:
            raise CommandError("refused: mend the errors above and run it again")
