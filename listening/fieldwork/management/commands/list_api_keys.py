"""Lists what `fieldwork.api_keys` has issued; never the keys."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend import clock
from listening.fieldwork.models import ApiKey


class Command(BaseCommand):
    help = "List the keys of machines: number, machine, scopes, networks, when it expires, when it was used last."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="Also those that are expired or revoked.")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = ApiKey.objects.select_related("account").order_by("id")
        if not options["all"]:
            keys = keys.filter(revoked_at=None, expires_at__gt=clock.now())
        for key in keys:
            used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never"
            end = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}"
            where = ",".join(key.networks) or "anywhere"
            self.stdout.write(f"{key.pk}\t{key.account}\t{','.join(key.scopes)}\t{where}\t{end}\tused {used}")
