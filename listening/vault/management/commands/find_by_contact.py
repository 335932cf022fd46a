"""Door to `vault.contacts`: the conversations of somebody who asks about them, and has lost the card."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, transaction

from listening.audit.purposes import Purpose
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.fieldwork.models import User
from listening.vault.api.serializers import normal
from listening.vault.api.views import READ_FOR
from listening.vault.contacts import Detail, conversations_of
from listening.vault.errors import VaultKeyMissing
from listening.vault.models import Contact, ContactDetail


class Command(BaseCommand):
    help = "Print the conversations with the number or address on standard input, for a purpose; recorded in the audit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, help="Username of whoever was asked, and looks.")
        parser.add_argument("--purpose", required=True, choices=[*READ_FOR], help="For what.")

    def handle(self, *args: Any, by: str, purpose: str, **options: Any) -> None:
        person = User.objects.filter(username=by, is_active=True).first()
        if person is None:
            raise CommandError(f"There is nobody called {by} who may sign in.")
        # Not an argument: those stay in the history of the shell, and others on the machine see them.
        if sys.stdin.isatty():
            self.stderr.write("Number or address, as its owner told it:")
        contact = sys.stdin.readline().strip()
        kind = ContactDetail.Kind.EMAIL if "@" in contact else ContactDetail.Kind.PHONE
        try:
            # What cannot be recorded is not looked for.
            with transaction.atomic():
                found = conversations_of(Detail(kind, normal(kind, contact)))
                record(Verb.READ_LIST, Contact, found, by=person, purpose=Purpose(purpose))
        except ValueError as error:
            raise CommandError(str(error)) from None
        except (VaultKeyMissing, ProgrammingError) as error:
            raise CommandError(f"The vault does not open: {str(error).partition(chr(10))[0]}") from None
        for pk in found:
            self.stdout.write(str(pk))
        self.stdout.write(f"{len(found)} conversations")
