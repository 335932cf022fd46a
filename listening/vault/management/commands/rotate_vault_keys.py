"""Door to `vault.rotate`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.vault.errors import VaultKeyMissing, VaultKeyWrong
from listening.vault.rotate import rotate, verify


class Command(BaseCommand):
    help = "Wrap the keys of all contacts under the first key of LISTENING_VAULT_KEYS, then open each of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Open them and change nothing.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        try:
            moved = 0 if check else rotate()
            self.stdout.write(f"{moved} keys of contacts wrapped anew, {verify()} opened")
        except (VaultKeyMissing, VaultKeyWrong) as error:
            raise CommandError(str(error)) from None
