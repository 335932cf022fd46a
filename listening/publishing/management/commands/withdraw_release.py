"""Door to `publishing.propose.withdraw`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.problems import Problem
from listening.fieldwork.people import find_person
from listening.publishing.propose import withdraw
from listening.releases.models import Release


class Command(BaseCommand):
    help = "Withdraw a release: its addresses answer 410 with the reason from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="such as 2026-Q2-r1")
        parser.add_argument("--by", metavar="USERNAME", required=True)
        parser.add_argument("--reason", required=True, help="the world reads it")

    def handle(self, *args: Any, **options: Any) -> None:
        release = Release.objects.filter(code=options["code"]).first()
        if release is None:
            raise CommandError(f"There is no release {options['code']!r}.")
        try:
            withdraw(release, by=find_person(options["by"]), reason=options["reason"])
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"{release.code}: withdrawn")
