"""Door to `sync.feed.begin_epoch`."""

from typing import Any

from django.core.management.base import BaseCommand

from listening.sync.feed import begin_epoch


class Command(BaseCommand):
    help = "Begin a new epoch of sync. Run it once after each restore: phones then send again what a backup may lack."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(begin_epoch()))
