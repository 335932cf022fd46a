"""Door to `records.export`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.audit.purposes import Purpose
from listening.fieldwork.models import User
from listening.records.export import export_conversations


class Command(BaseCommand):
    help = "Write all conversations, with what was said, as newline-delimited GeoJSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; only its owner may read it")
        parser.add_argument("--by", metavar="USERNAME", required=True, help="who asks for it; kept in the audit")
        parser.add_argument("--purpose", required=True, choices=[str(one) for one in Purpose], help="kept in the audit")
        parser.add_argument("--since", metavar="DAY", type=dt.date.fromisoformat, default=dt.date.min)
        parser.add_argument(
            "--until", metavar="DAY", type=dt.date.fromisoformat, default=dt.date.max, help="not itself"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["by"], is_active=True).first()
        if person is None:
            raise CommandError(f"There is nobody called {options['by']} who may sign in.")
        try:
            exported = export_conversations(
                options["file"],
                by=person,
                purpose=Purpose(options["purpose"]),
                first=options["since"],
                until=options["until"],
            )
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{exported.conversations} conversations, {exported.size} bytes, in {options['file']}. "
            "What is withdrawn from now on is still in this file: delete it when it has served its purpose."
        )
