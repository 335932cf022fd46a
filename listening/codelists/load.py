"""Load a theme codelist from YAML: all of it or nothing, every mistake at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from backend import clock
from listening.codelists.models import Theme, ThemeLabel

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
CODE = re.compile(r"[a-z][a-z0-9_]{0,49}", re.ASCII)
MEMBERS = {"code", "sensitivity", "children"}


class CodelistError(ValueError):
    """The file is no codelist; the message lists every mistake."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One theme of the file."""

    code: str
    parent: str | None
    sensitivity: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many themes are new, changed and retired."""

    added: int
    changed: int
    retired: int


@transaction.atomic
def load_themes(path: Path) -> Loaded:
    """Bring the themes in line with a file. A theme that left the file is retired, never deleted: records refer to it.

    Raises CodelistError.
    """
    entries = read_themes(path)
    stored = {theme.code: theme for theme in Theme.objects.prefetch_related("labels")}
    added = changed = 0
    for position, entry in enumerate(entries):
        theme = stored.get(entry.code)
        parent = stored[entry.parent] if entry.parent else None
        wanted = (parent and parent.pk, entry.sensitivity, position, None)
        if theme is None:
            theme = Theme.objects.create(
                code=entry.code, parent=parent, sensitivity=entry.sensitivity, position=position
            )
            added += 1
        elif (theme.parent_id, theme.sensitivity, theme.position, theme.retired_on) != wanted:
            theme.parent, theme.sensitivity, theme.position, theme.retired_on = (
                parent,
                entry.sensitivity,
                position,
                None,
            )
            theme.save()
            changed += 1
        stored[entry.code] = theme
        if {label.language: label.label for label in theme.labels.all()} != entry.labels:
            theme.labels.all().delete()
            ThemeLabel.objects.bulk_create(
                ThemeLabel(theme=theme, language=language, label=label) for language, label in entry.labels.items()
            )
    retired = (
        Theme.objects.exclude(code__in=[entry.code for entry in entries])
        .filter(retired_on=None)
        .update(retired_on=clock.local_date(clock.now()))
    )
    return Loaded(added, changed, retired)


def read_themes(path: Path) -> list[Entry]:
    """The entries of a file, parents before their children. Raises CodelistError with every mistake."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise CodelistError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(told, dict) or not isinstance(told.get("themes"), list):
        raise CodelistError(f"{path.name} must be a mapping with a list `themes`.")
    mistakes: list[str] = []
    entries = list(_entries(told["themes"], None, mistakes))
    for code, times in Counter(entry.code for entry in entries).items():
        if times > 1:
            mistakes.append(f"the code {code!r} occurs {times} times")
    if mistakes:
        raise CodelistError(f"{path.name}: " + "; ".join(mistakes) + ".")
    return entries


def _entries(themes: Any, parent: str | None, mistakes: list[str]) -> Iterator[Entry]:
    for number, theme in enumerate(themes, start=1):
        if not isinstance(theme, dict):
            mistakes.append(f"theme {number} under {parent or 'the top'} is no mapping")
            continue
        code, sensitivity = str(theme.get("code", "")), theme.get("sensitivity", Theme.Sensitivity.NORMAL)
        labels = {str(key): str(value) for key, value in theme.items() if key not in MEMBERS}
        if not CODE.fullmatch(code):
            mistakes.append(f"{code!r} is no code: write small letters, digits and underscores")
        if sensitivity not in Theme.Sensitivity.values:
            mistakes.append(f"{code}: sensitivity {sensitivity!r} is not one of {', '.join(Theme.Sensitivity.values)}")
        mistakes.extend(f"{code}: {key!r} is no language" for key in labels if not LANGUAGE.fullmatch(key))
        if not labels:
            mistakes.append(f"{code}: it has no label in any language")
        yield Entry(code, parent, sensitivity, labels)
        children = theme.get("children", [])
        if not isinstance(children, list):
            mistakes.append(f"{code}: children {children!r} is no list")
        elif children and parent is not None:
            mistakes.append(f"{code}: themes are two levels deep, it cannot have children")
        else:
            yield from _entries(children, code, mistakes)
