"""Door to `needmaps.aloud`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.problems import InvalidParameter
from listening.fieldwork.models import User
from listening.needmaps.aloud import aloud
from listening.needmaps.annotate import annotate
from listening.needmaps.query import PARAMETERS, parse_compare, parse_query


class Command(BaseCommand):
    help = "Say a need map in sentences, as a person may read it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="As whom: what their assignments do not let them read is left out.")
        for name in (*PARAMETERS, "compare"):
            parser.add_argument(f"--{name}", default="")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is nobody called {username!r}.")
        asked = {name: options[name] for name in (*PARAMETERS, "compare")}
        try:
            query, by = parse_query(asked, person.scope), parse_compare(asked)
        except InvalidParameter as problem:
            raise CommandError(problem.detail) from problem
        for sentence in aloud(annotate(query, person.scope, by=by)):
            self.stdout.write(sentence)
