"""Door to `backend.db.roles`: makes the roles where it may, and gives them their rights in this database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, ProgrammingError

from backend.db import roles, sql

BY_HAND = """\
{reason} It takes a superuser, or before PostgreSQL 16 a role with CREATEROLE. Let one of them run this, in any database
of the cluster, then run this command again:

{statements}"""


class Command(BaseCommand):
    help = "Make the database roles of the web server, the worker, the backup and open data, and give them rights here."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print-sql", action="store_true", help="Print the statements and do nothing.")

    def handle(self, *args: Any, print_sql: bool, **options: Any) -> None:
        if print_sql:
            self.stdout.write(sql.read("backend.db", "make_roles.sql"))
            self.stdout.write(sql.read("backend.db", "grant_roles.sql"))
            return
        missing = roles.missing_roles()
        try:
            if roles.may_make_roles():
                roles.make_roles()
            elif missing:
                raise CommandError(by_hand(f"There is no {', '.join(missing)}, and this role may not make them."))
        except ProgrammingError as error:
            raise CommandError(by_hand(f"Not every role could be made: {first_line(error)}.")) from None
        try:
            roles.grant_roles()
        except DatabaseError as error:
            raise CommandError(f"No rights were given: {first_line(error)}") from None
        self.stdout.write(f"{', '.join(roles.ROLES)}: have their rights in this database")
        if missing:
            self.stdout.write(f"made: {', '.join(missing)}; set a password before they can sign in: \\password in psql")


def by_hand(reason: str) -> str:
    return BY_HAND.format(reason=reason, statements=sql.read("backend.db", "make_roles.sql"))


def first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
