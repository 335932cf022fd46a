"""People with phones that push and pull."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from uuid6 import uuid7

from listening.fieldwork.enrolment import confirm
from listening.fieldwork.models import User
from tests.listening.fieldwork.phone import enrolled
from tests.listening.submissions import document
from tests.people import person

SYNC = "/api/v1/sync"


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


def op(kind: str, type: str, pk: Any = None, **members: Any) -> dict[str, Any]:
    """An op with an id of its own."""
    return {"op": str(uuid7()), "kind": kind, "type": type, "id": str(pk or uuid7()), **members}


def logged(**fields: Any) -> dict[str, Any]:
    """An op that logs a valid conversation in area 5, with a finding that has an id."""
    told = document(**fields)
    for finding in told["findings"]:
        finding.setdefault("id", str(uuid7()))
    return op("create", "conversation", told.pop("id"), fields=told)


@dataclass
class Phone:
    """A phone of a person: it pushes what it is told, and holds what it pulled, as rules C1 to C4 say."""

    owner: User
    token: str = ""
    cursor: str | None = None
    rows: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        made = enrolled(self.owner)
        confirm(made.device)
        self.token, self.device_id = made.token, made.device.pk

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        told = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return Client().generic(method, f"{SYNC}/{path}", told, content_type="application/json", headers=headers)

    def push(self, *ops: Any, **envelope: Any) -> list[dict[str, Any]]:
        answer = self.ask("POST", "push", {"ops": list(ops), **envelope})
        assert answer.status_code == 200, answer.content
        results: list[dict[str, Any]] = answer.json()["results"]
        assert [one["op"] for one in results] == [one.get("op") for one in ops]
        return results

    def push_one(self, told: dict[str, Any], **envelope: Any) -> dict[str, Any]:
        (result,) = self.push(told, **envelope)
        return result

    def page(self, limit: int = 500) -> dict[str, Any]:
        """Pull one page, and apply it."""
        answer = self.ask("POST", "pull", {"cursor": self.cursor, "limit": limit})
        assert answer.status_code == 200, answer.content
        page: dict[str, Any] = answer.json()
        self.apply(page)
        return page

    def apply(self, page: dict[str, Any]) -> None:
        if page["reset"]:
            self.rows.clear()
        for row in page["rows"]:
            self.rows[row["id"]] = row
        for gone in page["gone"]:
            self.rows.pop(gone["id"], None)
        held = set(page["buckets"])
        self.rows = {pk: row for pk, row in self.rows.items() if held & set(row["buckets"])}
        self.cursor = page["cursor"]

    def pull(self, limit: int = 500) -> list[dict[str, Any]]:
        """Pull until there is no more."""
        pages = [self.page(limit)]
        while pages[-1]["more"]:
            pages.append(self.page(limit))
        return pages

    @property
    def summaries(self) -> set[str]:
        return {row["fields"]["summary"] for row in self.rows.values()}


@pytest.fixture
def anna(city: object, themes: object, listener: User) -> Phone:
    """The phone of a listener."""
    return Phone(listener)


@pytest.fixture
def bruno(city: object, themes: object, other_listener: User) -> Phone:
    return Phone(other_listener)


@pytest.fixture
def carla(city: Any, themes: object) -> Phone:
    """The phone of a coordinator of zona B (areas 4 to 6), cleared for all."""
    return Phone(person("carla-b", "coordinator", within=city.districts["zona", "B"]))
