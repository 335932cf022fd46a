"""Door to `rollups.epochs`."""

from typing import Any

from django.core.management.base import BaseCommand

from listening.rollups.epochs import follow_boundaries


class Command(BaseCommand):
    help = "Count conversations in all boundary editions, and assign records to those valid today; run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        moved = follow_boundaries()
        self.stdout.write(f"moved {moved.conversations} conversations and {moved.findings} findings")
