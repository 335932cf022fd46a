"""What somebody did, or what was done to a record: for the data protection officer."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils.dateparse import parse_date
from django.utils.timezone import localtime, make_aware

from listening.audit.chain import chain_entries
from listening.audit.models import Entry


class Command(BaseCommand):
    help = "List the audit trail, oldest first: what a person did or had done to them, what was done to a record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--person", type=int, help="Number of a person: by them, or to them.")
        parser.add_argument("--record", metavar="ID", help="Id of a record, as it is stored.")
        parser.add_argument("--since", metavar="DAY", help="From this day of the city on, e.g. 2026-05-01.")

    def handle(self, *args: Any, **options: Any) -> None:
        chain_entries()
        entries = Entry.objects.order_by("position")
        if options["person"] is not None:
            entries = entries.filter(Q(person_id=options["person"]) | Q(subject_id=options["person"]))
        if options["record"] is not None:
            entries = entries.filter(ids__contains=[options["record"].strip().lower()])
        if options["since"] is not None:
            entries = entries.filter(at__gte=start_of(options["since"]))
        listed = 0
        for entry in entries.iterator():
            self.stdout.write(as_line(entry))
            listed += 1
        self.stdout.write(f"{listed} entries")


def start_of(text: str) -> dt.datetime:
    """The beginning of a day in the city's time zone."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"--since {text}: give a day as 2026-05-01.")
    return make_aware(dt.datetime.combine(day, dt.time()))


def as_line(entry: Entry) -> str:
    about = " ".join(entry.ids) if entry.ids else f"({entry.number})"
    told = {
        "person": entry.person_id,
        "with": entry.credential,
        "to": entry.subject_id,
        "for": entry.purpose,
        "request": entry.request_id,
    }
    rest = " ".join(f"{name}={value}" for name, value in told.items() if value not in (None, ""))
    at = localtime(entry.at).isoformat(timespec="seconds")
    return f"{entry.position} {at} {entry.verb} {entry.model} {about} {rest}"
