"""reference/settings.md lists every environment variable that is read, every limit and every system check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import settings
from tests.docs.pages import ROOT, codes, page

SETTINGS = page("docs/reference/settings.md")
SECTIONS = ("The service", "Sign-in", "The city", "The machine")
# Named for Django itself; the page lists what people set.
INNER = {"DJANGO_SETTINGS_MODULE"}


def source_files() -> list[Path]:
    return [path for part in ("backend", "districts", "listening") for path in sorted((ROOT / part).rglob("*.py"))]


def variables_in(path: Path) -> Iterator[str]:
    """Names of environment variables that a module reads: by the settings' own readers, or from os.environ."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="flag" | "words" | "number"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Call(
                func=ast.Attribute(attr="get" | "setdefault", value=holder), args=[ast.Constant(value=str(name)), *_]
            ) if ast.unparse(holder) in {"os.environ", "environment"}:
                yield name
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Subscript(value=holder, slice=ast.Constant(value=str(name))) if (
                ast.unparse(holder) == "os.environ"
            ):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[holder]) if (
                ast.unparse(holder) == "os.environ"
            ):
                yield name


def told() -> dict[str, list[str]]:
    """Row of the page by variable."""
    return {
        name: row
        for section in SECTIONS
        for row in SETTINGS.table(section, "variable")
        for name in codes(row[0])
    }  # fmt: skip


def test_every_variable_that_is_read_is_told_and_no_other() -> None:
    read = {name for path in source_files() for name in variables_in(path)} - INNER
    assert len(read) > 15
    assert set(told()) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTENING_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]"),
        ("LISTENING_CITY", "Bologna"),
        ("LISTENING_TIME_ZONE", "Europe/Rome"),
        ("LISTENING_LANGUAGE", "it"),
        ("LISTENING_LOG_LEVEL", "INFO"),
        ("LISTENING_PROCESS", "command"),
        ("LISTENING_MFA_ROLES", "coordinator,steward,admin"),
    ],
)
def test_defaults_are_those_of_the_code(name: str, value: str) -> None:
    code = (ROOT / "backend" / "settings.py").read_text(encoding="utf-8")
    assert re.search(rf'"{name}", "{re.escape(value)}"', code)
    assert value in codes(told()[name][1])


@pytest.mark.parametrize(("name", "value"), [("LISTENING_SESSION_IDLE_MINUTES", 30), ("LISTENING_SESSION_HOURS", 10)])
def test_numbers_are_those_of_the_code(name: str, value: int) -> None:
    assert f'"{name}", {value})' in (ROOT / "backend" / "settings.py").read_text(encoding="utf-8")
    assert codes(told()[name][1]) == [str(value)]


def test_languages_are_those_on_offer() -> None:
    assert codes(told()["LISTENING_LANGUAGE"][2]) == [code for code, _name in settings.LANGUAGES]


def test_time_limits_are_those_of_the_code() -> None:
    for limit, web, command in SETTINGS.table("Time limits in the database", "limit"):
        (name,) = codes(limit)
        assert settings.WEB_SESSION.get(name, "none") == web
        assert settings.COMMAND_SESSION.get(name, "none") == command
    shown = {codes(row[0])[0] for row in SETTINGS.table("Time limits in the database", "limit")}
    assert shown == {name for name in settings.WEB_SESSION if name.endswith("_timeout")}


def test_every_system_check_is_told() -> None:
    raised = {
        identity
        for path in source_files()
        for identity in re.findall(r'\bid="(\w+\.[EW]\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert raised
    assert {codes(row[0])[0] for row in SETTINGS.table("System checks", "id")} == raised


def test_variables_named_elsewhere_exist() -> None:
    named = {
        name
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for name in re.findall(r"\bLISTENING_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert named <= set(told()) | for_containers()


def for_containers() -> set[str]:
    return {name for row in SETTINGS.table("Containers", "variable") for name in codes(row[0])}


def test_what_compose_takes_is_told() -> None:
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    taken = set(re.findall(r"\$\{([A-Z_]+)", compose))
    assert for_containers() == taken - set(told())
    defaults = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose))
    assert {codes(row[1])[0] for row in SETTINGS.table("Containers", "variable") if row[0] == "`WORKERS`"} == {
        defaults["WORKERS"]
    }
