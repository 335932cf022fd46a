"""Door to `attachments.sweep`."""

from typing import Any

from django.core.management.base import BaseCommand

from listening.attachments.sweep import sweep


class Command(BaseCommand):
    help = "Delete attachments that were never completed or whose conversation never came, and files nobody refers to."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(sweep()))
