"""Conversations as the desk shows them: what the API would answer, with codes in words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.languages import name_in
from listening.codelists.models import Theme
from listening.desk.wording import CHANNELS, KINDS, Text
from listening.records.render import render_conversations


@dataclass(frozen=True, slots=True)
class HeardFinding:
    """One finding; `themes` are labels, none: nobody has given it any."""

    id: UUID
    kind: Text
    text: str
    severity: int | None
    themes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeardConversation:
    """One conversation. Instants are aware; `place` is empty where it counts in no district."""

    id: UUID
    version: int
    occurred_at: dt.datetime
    received_at: dt.datetime
    listener: str
    channel: Text
    language: str
    people: int
    place: str
    summary: str
    is_test: bool
    findings: tuple[HeardFinding, ...]


def heard(ids: Sequence[UUID], labels: Mapping[str, str]) -> list[HeardConversation]:
    """Conversations in the order of their ids. One query. `labels`: of themes by code."""
    return [_read(json.loads(rendered.document), labels) for rendered in render_conversations(ids)]


def theme_labels(language: str) -> dict[str, str]:
    """What each theme is called in a language, else in the city's, else in any, else its code. Two queries."""
    found = {}
    for theme in Theme.objects.prefetch_related("labels"):
        labels = {label.language: label.label for label in theme.labels.all()}
        found[theme.code] = name_in(language, labels, theme.code)
    return found


def _read(told: dict[str, Any], labels: Mapping[str, str]) -> HeardConversation:
    return HeardConversation(
        id=UUID(told["id"]),
        version=told["version"],
        occurred_at=dt.datetime.fromisoformat(told["occurred_at"]),
        received_at=dt.datetime.fromisoformat(told["received_at"]),
        listener=told["listener"],
        channel=CHANNELS.get(told["channel"], told["channel"]),
        language=told["language"],
        people=told["people_count"],
        place=told["district"]["name"] if told["district"] else "",
        summary=told["summary"],
        is_test=told["is_test"],
        findings=tuple(
            HeardFinding(
                id=UUID(finding["id"]),
                kind=KINDS.get(finding["kind"], finding["kind"]),
                text=finding["text"],
                severity=finding["severity"],
                themes=tuple(labels.get(code, code) for code in finding["themes"]),
            )
            for finding in told["findings"]
        ),
    )
