"""Door to `demo.load`."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.demo.load import CONVERSATIONS, BrokenFixture, NotADemo, load_demo


class Command(BaseCommand):
    help = "Load the demonstration: people, a schematic city, venues, themes and invented conversations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
        parser.add_argument("--seed", type=int, default=1, help="The same seed and day give the same conversations.")
        parser.add_argument("--until", type=dt.date.fromisoformat, help="First day without conversations; today.")

    def handle(self, *args: Any, conversations: int, seed: int, until: dt.date | None, **options: Any) -> None:
        try:
            load_demo(conversations=conversations, seed=seed, until=until, publish=True, tell=self.stdout.write)
        except (NotADemo, BrokenFixture) as error:
            raise CommandError(str(error)) from error
