"""reference/commands.md lists every command of ours with every argument and option, and every target of make."""

import argparse
import re

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from backend.bootstrap import REQUIREMENTS
from backend.localdb.__main__ import DEEDS
from tests.docs.pages import ROOT, codes, page, pages

COMMANDS = page("docs/reference/commands.md")
OURS = {
    config.name
    for config in apps.get_app_configs()
    if config.name.split(".")[0] in {"backend", "districts", "listening"}
}


def own_commands() -> dict[str, BaseCommand]:
    return {name: load_command_class(app, name) for name, app in get_commands().items() if app in OURS}


def arguments_of(command: BaseCommand, name: str) -> list[str]:
    """What the command itself takes, beside what every command takes."""

    class Plain(BaseCommand):
        def handle(self, *args: object, **options: object) -> None: ...

    shared = {action.dest for action in Plain().create_parser("manage.py", name)._actions}
    own = [a for a in command.create_parser("manage.py", name)._actions if a.dest not in shared]
    return [spelling(action) for action in own]


def spelling(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else action.dest


def test_commands_and_their_options() -> None:
    expected = {name: arguments_of(command, name) for name, command in own_commands().items()}
    assert len(expected) >= 10
    told = {codes(row[0])[0]: codes(row[1]) for row in COMMANDS.table("manage.py", "command")}
    assert told == expected


def test_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {f"make {name}" for name in re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)}
    assert {codes(row[0])[0] for row in COMMANDS.table("make", "target")} == targets


def test_deeds_of_the_private_server() -> None:
    rows = COMMANDS.table("The private PostgreSQL", "command")
    assert [codes(row[0])[0].rpartition(" ")[2] for row in rows] != []
    assert {codes(row[0])[0] for row in rows} == {f"python -m backend.localdb {deed}" for deed in DEEDS}


def test_purposes_of_the_bootstrap() -> None:
    (row,) = [row for row in COMMANDS.table("Others", "command") if "backend.bootstrap" in row[0]]
    assert {code.rpartition(" ")[2] for code in codes(row[0])} == set(REQUIREMENTS)


def test_commands_used_anywhere_exist_with_their_options() -> None:
    used = [match for p in pages() for match in re.finditer(r"manage\.py ([a-z_]+)([^\n`#|]*)", p.text)]
    assert len(used) > 15
    own = own_commands()
    known = get_commands()
    for name, rest in (match.groups() for match in used):
        assert name in known
        if name in own:
            assert set(re.findall(r"(--[a-z-]+)", rest)) <= set(arguments_of(own[name], name)), name


def test_targets_used_anywhere_exist() -> None:
    targets = {codes(row[0])[0] for row in COMMANDS.table("make", "target")}
    used = {code for p in pages() for code in re.findall(r"`(make [a-z]+)", p.prose)}
    assert used
    assert used <= targets
