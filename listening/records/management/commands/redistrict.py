"""Door to `records.redistrict`."""

from typing import Any

from django.core.management.base import BaseCommand

from listening.records.redistrict import redistrict


class Command(BaseCommand):
    help = "Assign records to the boundary editions valid today; run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = redistrict()
        self.stdout.write(f"moved {moved.conversations} conversations and {moved.findings} findings")
