"""Door to `erasure.withdraw`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from listening.consent.models import Withdrawal
from listening.erasure.withdraw import carry_out


class Command(BaseCommand):
    help = "Delete the conversations that residents withdrew with the code of their card."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{carry_out()} conversations deleted")
        if failing := Withdrawal.objects.failing().count():
            raise CommandError(f"{failing} withdrawals fail; the log says why")
