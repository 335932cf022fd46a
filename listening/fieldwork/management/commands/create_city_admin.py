"""Door to the first administrator: makes the person and prints the link with which they set a password."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.urls import reverse

from backend import clock
from backend.db import locks
from listening.fieldwork.assignments import assign
from listening.fieldwork.invitations import VALID_DAYS, invite
from listening.fieldwork.models import Assignment, User
from listening.fieldwork.roles import Role


class Command(BaseCommand):
    help = "Make the first administrator, and print a link with which they set their password. It is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--another", action="store_true", help="Also when there is an administrator already.")
        parser.add_argument(
            "--origin", default=None, help="Where the service is reached, e.g. https://listening.example.org"
        )

    @transaction.atomic
    def handle(self, *args: Any, username: str, another: bool, origin: str | None, **options: Any) -> None:
        with connection.cursor() as cursor:
            locks.lock(cursor, locks.ADMINISTRATORS)  # two of these commands at once: one after the other
        today = Assignment.objects.valid_on(clock.today()).filter(role=Role.ADMIN, person__is_active=True)
        if not another and (name := today.values_list("person__username", flat=True).first()):
            raise CommandError(
                f"There is an administrator, {name!r}, who can make others at /admin/. "
                "When nobody can sign in any more, add --another."
            )
        person = User(username=username)
        person.set_unusable_password()
        try:
            person.full_clean()
        except ValidationError as error:
            raise CommandError(f"{username!r}: {' '.join(error.messages)}") from None
        person.save()
        assign(person, Role.ADMIN)
        self.stdout.write(f"{origin or usual_origin()}{reverse('invitation', args=[invite(person, by=None)])}")
        self.stderr.write(f"The link works once, within {VALID_DAYS} days. It is not shown again.")


def usual_origin() -> str:
    """Where people reach the service, as far as the settings tell."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0])
    return f"https://{settings.ALLOWED_HOSTS[0]}" if settings.BEHIND_TLS else "http://localhost:8000"
