"""Door to `audit.verify`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from listening.audit.verify import verify


class Command(BaseCommand):
    help = "Walk the chain of the audit trail and print its head; exit 1 when it is broken or lacks a noted head."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", metavar="HASH", help="A head that was written down elsewhere.")

    def handle(self, *args: Any, head: str, **options: Any) -> None:
        noted = head.strip().lower()
        if noted and (len(noted) != 64 or set(noted) - set("0123456789abcdef")):
            raise CommandError("--head: give the 64 hexadecimal digits that this command printed.")
        found = verify(noted)
        gone = f", the first {found.forgotten} have had their time" if found.forgotten else ""
        self.stdout.write(f"{found.entries} entries, head {found.head or '(none yet)'}{gone}")
        if not found.is_sound:
            raise CommandError(f"broken at position {found.broken}, entry {found.broken_id}")
        if noted and found.noted_at is None:
            older = (
                f", or it is older than position {found.forgotten}, where the chain begins" if found.forgotten else ""
            )
            raise CommandError(f"the noted head is not in the chain: entries were taken away or written anew{older}")
        self.stdout.write(f"sound; the noted head is at position {found.noted_at}" if noted else "sound")
