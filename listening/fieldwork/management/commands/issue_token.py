"""Door to `fieldwork.tokens.issue`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.fieldwork.models import User
from listening.fieldwork.tokens import DEFAULT_DAYS, issue


class Command(BaseCommand):
    help = "Print a bearer token of a person. It is shown this once; only its hash is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="Days until it expires.")
        parser.add_argument("--label", default="", help="What it is for.")

    def handle(self, *args: Any, username: str, days: int, label: str, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            known = ", ".join(User.objects.filter(is_active=True).values_list("username", flat=True)[:20])
            raise CommandError(f"There is no active person {username!r}; there are: {known or 'none yet'}.")
        if not 1 <= days <= 366:
            raise CommandError(f"--days {days}: give 1 to 366.")
        self.stdout.write(issue(user, label=label, days=days))
