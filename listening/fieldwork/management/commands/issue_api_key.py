"""Door to `fieldwork.api_keys.issue`."""

from ipaddress import ip_network
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from backend.http.client_address import Network
from listening.fieldwork.api_keys import DEFAULT_DAYS, issue, make_account
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import User


class Command(BaseCommand):
    help = "Print a key of a machine. It is shown this once; only its hash is stored. A new name makes a new machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="User name of the machine.")
        parser.add_argument(
            "--scope", action="append", required=True, choices=KeyScope.values, help="What it is for; may be repeated."
        )
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="Days until it expires.")
        parser.add_argument(
            "--network", action="append", default=[], help="From where alone it is good; may be repeated: 192.0.2.0/24."
        )

    def handle(self, *args: Any, name: str, scope: list[str], days: int, network: list[str], **options: Any) -> None:
        networks = [_network(text) for text in network]
        try:
            with transaction.atomic():
                account = User.objects.filter(username=name).first() or make_account(name)
                key = issue(account, scopes=[KeyScope(one) for one in set(scope)], days=days, networks=networks)
        except ValueError as error:
            raise CommandError(str(error)) from None
        if not account.scope.grants:
            self.stderr.write(
                f"{name} has no assignment, so the key may do nothing yet: "
                "give it the role machine_reader or machine_writer in the administration."
            )
        self.stdout.write(key)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise CommandError(f"--network {text}: {error}.") from None
