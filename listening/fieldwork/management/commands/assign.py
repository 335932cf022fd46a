"""Door to `fieldwork.assignments`."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend import clock
from districts.models import District
from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign, end
from listening.fieldwork.models import User
from listening.fieldwork.roles import Role


class Command(BaseCommand):
    help = "Give a person a role, in a district or in the whole city; or end all they may do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", choices=[*Role.values, "none"], help="none: ends what the person may do.")
        parser.add_argument("--within", metavar="LAYER:CODE", help="A district; the whole city when left out.")
        parser.add_argument("--clearance", choices=Theme.Sensitivity.values, help="The role's usual one when left out.")
        parser.add_argument("--first-day", type=dt.date.fromisoformat, help="Today when left out.")
        parser.add_argument("--last-day", type=dt.date.fromisoformat, help="Until further notice when left out.")

    def handle(self, *args: Any, username: str, role: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            known = ", ".join(User.objects.values_list("username", flat=True).order_by("username")[:20])
            raise CommandError(f"There is no person {username!r}; there are: {known or 'none yet'}.")
        if role == "none":
            yesterday = clock.today() - dt.timedelta(days=1)
            self.stdout.write(f"{username}: {end(person, on=options['last_day'] or yesterday)} assignments ended")
            return
        try:
            given = assign(
                person,
                role,
                within=_district(options["within"]),
                clearance=options["clearance"],
                first_day=options["first_day"],
                last_day=options["last_day"],
            )
        except ValidationError as mistake:
            raise CommandError(" ".join(mistake.messages)) from None
        self.stdout.write(f"{username}: {given}, cleared for {given.clearance} themes, from {given.first_day}")


def _district(named: str | None) -> District | None:
    if not named:
        return None
    layer, _, code = named.partition(":")
    today = District.objects.valid_on(clock.today())
    found = today.in_layer(layer).filter(code=code).select_related("edition__layer").first()
    if found is None:
        raise CommandError(f"There is no district {named!r} today; write LAYER:CODE, e.g. quartiere:12.")
    return found
