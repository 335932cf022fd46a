"""Door to `sync.feed.compact`."""

from typing import Any

from django.core.management.base import BaseCommand

from listening.sync.feed import compact, sequence


class Command(BaseCommand):
    help = (
        "Shorten the change feed of sync: what a newer entry stands for, and what left a bucket long ago. Run it daily."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        sequence()
        done = compact()
        self.stdout.write(f"{done.superseded} superseded, {done.forgotten} forgotten.")
