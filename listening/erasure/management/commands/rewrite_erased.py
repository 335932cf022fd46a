"""Door to `erasure.rewrite`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from listening.erasure.rewrite import rewrite


class Command(BaseCommand):
    help = "Write the tables with words of residents anew, so that nothing deleted is left in their files; at night."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(f"{rewrite()} tables written anew")
        except DatabaseError as error:
            first = str(error).partition("\n")[0]
            raise CommandError(f"It takes the owner of the tables and a quiet hour: {first}") from None
