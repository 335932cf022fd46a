"""The world of the permission matrix: Squareville with one record of each kind and one actor of each sort."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.contrib.gis.geos import Point
from rest_framework.test import APIClient
from uuid6 import uuid7

from backend import clock
from listening.capture.accept import accept_many
from listening.capture.amend import delete
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import ApiToken, Session, User, Venue
from listening.fieldwork.roles import Role
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person
from tests.squareville import City, inside

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "permissions.yaml").read_text(encoding="utf-8"))
ACTORS: tuple[str, ...] = tuple(TABLE["conversations"])
NOT_SIGNED_IN = {"anonymous", "deactivated", "expired", "revoked"}
CONVERSATIONS = (
    "own", "here", "restricted", "internal", "unclassified", "elsewhere", "nowhere", "deleted", "deleted_own", "absent",
)  # fmt: skip
FINDINGS = (
    "own", "here", "restricted", "restricted_health", "internal", "internal_violence", "unclassified", "elsewhere",
    "nowhere", "deleted", "deleted_own",
)  # fmt: skip
SESSIONS = ("own", "here", "elsewhere", "nowhere", "absent")

cells: Counter[str] = Counter()
leaks: Counter[str] = Counter()


def check(table: str, cell: tuple[object, ...], found: object, expected: object) -> None:
    """Count a cell of the matrix, and fail where it is not as the table says."""
    cells[table] += 1
    if found != expected:
        leaks[table] += 1
    assert found == expected, (table, *cell)


@dataclass
class World:
    """Actors with their tokens, and records by the names of the table."""

    city: City
    people: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    conversations: dict[str, UUID] = field(default_factory=dict)
    findings: dict[str, UUID] = field(default_factory=dict)
    sessions: dict[str, UUID] = field(default_factory=dict)

    def client(self, actor: str) -> APIClient:
        """A client that holds the token of an actor; a person is loaded anew at each request, as in life."""
        client = APIClient(raise_request_exception=False)
        if actor in self.tokens:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[actor]}")
        return client


def make_actors(world: World) -> None:
    city, add = world.city, world.people
    add["unassigned"] = person("unassigned")
    add["ended"] = person("ended")
    yesterday = clock.today() - dt.timedelta(1)
    assign(add["ended"], Role.COORDINATOR, clearance="internal", first_day=yesterday, last_day=yesterday)
    for name in ("deactivated", "expired", "revoked", "coordinator"):
        add[name] = person(name, Role.COORDINATOR)
    add["listener"], add["newcomer"] = person("listener", Role.LISTENER), person("newcomer", Role.LISTENER)
    area = city.area(5)
    for name, clearance in (("coordinator_of_5", "restricted"), ("coordinator_of_5_normal", "normal")):
        add[name] = person(name, Role.COORDINATOR, within=area, clearance=clearance)
    add["coordinator_of_9"] = person("coordinator_of_9", Role.COORDINATOR, within=city.area(9))
    zona = city.districts["zona", "B"]
    add["coordinator_of_zona_b"] = person("coordinator_of_zona_b", Role.COORDINATOR, within=zona)
    add["planner_of_5"] = person("planner_of_5", Role.PLANNER, within=area, clearance="normal")
    add["planner"] = person("planner", Role.PLANNER)
    add["steward"] = person("steward", Role.STEWARD)
    add["administrator"] = person("administrator", Role.ADMIN)
    add["machine_reader"] = person("machine_reader", Role.MACHINE_READER, within=zona)
    add["machine_writer"] = person("machine_writer", Role.MACHINE_WRITER)
    for name, somebody in add.items():
        world.tokens[name] = issue(somebody, days=-1 if name == "expired" else 30)
    ApiToken.objects.filter(user=add["revoked"]).update(revoked_at=clock.now())
    User.objects.filter(pk=add["deactivated"].pk).update(is_active=False)


def make_records(world: World, themes: dict[str, Theme]) -> None:
    rent, health = themes["rent"], themes["health"]
    violence = Theme.objects.create(code="violence", parent=themes["housing"], sensitivity="internal")
    colleague = person("colleague", Role.LISTENER)
    listener = world.people["listener"]
    told = {
        "own": (listener, {}, [("own", [rent])]),
        "here": (colleague, {}, [("here", [rent])]),
        "restricted": (colleague, {}, [("restricted", [rent]), ("restricted_health", [health])]),
        "internal": (colleague, {}, [("internal", [rent]), ("internal_violence", [violence])]),
        "unclassified": (colleague, {}, [("unclassified", [])]),
        "elsewhere": (colleague, {"area": 9}, [("elsewhere", [rent])]),
        "nowhere": (colleague, {"place": Place("none")}, [("nowhere", [rent])]),
        "deleted": (colleague, {}, [("deleted", [rent])]),
        "deleted_own": (listener, {}, [("deleted_own", [rent])]),
    }
    submissions = []
    for name, (by, members, findings) in told.items():
        said = [heard("need", *given, text=f"detto {label}") for label, given in findings]
        submissions.append(conversation(by, *said, summary=name, language="it", people_count=1, **members))
        world.conversations[name] = submissions[-1].id
        world.findings |= {label: finding.id for (label, _), finding in zip(findings, said, strict=True)}
    accept_many(submissions)
    for name in ("deleted", "deleted_own"):
        delete(Conversation.objects.get(pk=world.conversations[name]), by=colleague)
    world.conversations["absent"] = uuid7()

    for name, convener, area in (
        ("own", listener, 9), ("here", colleague, 5), ("elsewhere", colleague, 9), ("nowhere", colleague, None),
    ):  # fmt: skip
        venue = area and Venue.objects.create(
            code=f"venue-{name}", name=name, kind="library", location=Point(*inside(area), srid=4326)
        )
        opened = Session.objects.create(kind="desk", venue=venue or None, started_at=NOON, convener=convener)
        world.sessions[name] = opened.pk
    world.sessions["absent"] = uuid7()


def make_world(city: City, themes: dict[str, Theme]) -> World:
    """Everybody and everything the matrix speaks of."""
    world = World(city)
    make_actors(world)
    make_records(world, themes)
    return world
