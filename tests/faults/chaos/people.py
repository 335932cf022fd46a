"""Make the world of a run in an empty database: Squareville, its listeners and coordinators, and a token each.

A program of its own, because Django reads its settings once: `python -m tests.faults.chaos.people PUSHERS`. It prints
JSON: phones, with whose each is and what they may read, and a place in each district.
"""

from __future__ import annotations

import json
import sys

import django


def main(pushers: int) -> None:
    django.setup()
    from django.core.management import call_command

    from listening.codelists.models import Theme
    from listening.fieldwork.models import User
    from listening.fieldwork.tokens import issue
    from tests.people import person
    from tests.squareville import build_city, inside

    call_command("migrate", verbosity=0)
    call_command("set_up_database_roles", stdout=sys.stderr)
    city = build_city()
    for position, code in enumerate(("rent", "repairs", "mobility")):
        Theme.objects.create(code=code, position=position)
    phones = []

    def phone(
        name: str, owner: User, *, pushes: bool, areas: list[int] | None = None, everything: bool = False
    ) -> None:
        districts = [] if areas is None else [city.area(number).pk for number in areas]
        token = issue(owner, days=30)
        phones.append(
            {"name": name, "token": token, "pushes": pushes, "owner": owner.pk, "districts": districts,
             "everything": everything}
        )  # fmt: skip

    # Two phones of each listener, so that they change what the other has logged.
    listeners = [person(f"listener-{number}", "listener") for number in range((pushers + 1) // 2)]
    for number in range(pushers):
        owner = listeners[number // 2]
        phone(f"{owner.username}-{'ab'[number % 2]}", owner, pushes=True)
    zona = person("coordinator-b", "coordinator", within=city.districts["zona", "B"])
    phone("coordinator-b", zona, pushes=False, areas=[4, 5, 6])
    phone("coordinator", person("coordinator", "coordinator"), pushes=False, everything=True)
    phone("listener-0-c", listeners[0], pushes=False)
    print(json.dumps({"phones": phones, "places": [inside(number) for number in range(1, 10)]}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
