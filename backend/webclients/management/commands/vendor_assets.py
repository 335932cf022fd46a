"""manage.py vendor_assets: fetch the files of others that pages load, or say what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.webclients import vendor


class Command(BaseCommand):
    help = "Fetch the map library with npm and check it; does nothing when it is there."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fetch nothing, say what is missing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            try:
                vendor.fetch()
            except vendor.CannotFetch as problem:
                raise CommandError(f"The map stays a drawing: {problem}.") from problem
        if faults := vendor.faults():
            raise CommandError("; ".join(faults))
        sizes = {name: (vendor.FOLDER / name).stat().st_size for name in vendor.wanted()}
        self.stdout.write(", ".join(f"{name} {size:,} bytes" for name, size in sizes.items()))
