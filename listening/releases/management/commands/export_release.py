"""Door to `releases.site`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.problems import Problem
from listening.releases.site import Damaged, NotEmpty, export_release


class Command(BaseCommand):
    help = "Write a release as a folder that any web server or object store can serve."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="such as 2026-Q2-r1")
        parser.add_argument("--to", metavar="DIR", required=True, type=Path, help="new or empty")
        parser.add_argument("--base-url", default="", help="where it will be served; addresses are relative without it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            number = export_release(options["code"], options["to"], base_url=options["base_url"])
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        except (NotEmpty, Damaged) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['code']}: {number} files in {options['to']}")
