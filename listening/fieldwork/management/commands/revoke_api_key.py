"""Door to `fieldwork.api_keys.revoke`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.fieldwork.api_keys import revoke
from listening.fieldwork.models import ApiKey


class Command(BaseCommand):
    help = "Revoke a key of a machine: it is refused from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="As list_api_keys shows it.")

    def handle(self, *args: Any, number: int, **options: Any) -> None:
        keys = ApiKey.objects.filter(pk=number)
        if not keys.exists():
            raise CommandError(f"There is no key {number}; `list_api_keys --all` lists them.")
        self.stdout.write(f"{revoke(keys)} revoked.")
