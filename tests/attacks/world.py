"""The world of the permission matrix: Squareville with one record of each kind and one actor of each sort."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.contrib.gis.geos import Point
from rest_framework.test import APIClient
from uuid6 import uuid7

from backend import clock
from districts.models import District
from listening.attachments.announce import Announcement, announce
from listening.attachments.receive import receive
from listening.capture.accept import accept_many
from listening.capture.amend import delete
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.fieldwork.api_keys import issue as issue_key
from listening.fieldwork.api_keys import make_account
from listening.fieldwork.assignments import assign
from listening.fieldwork.device_keys import read_public_key
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import ApiKey, ApiToken, Device, Session, User, Venue
from listening.fieldwork.roles import Role
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation
from tests.listening.fieldwork.phone import enrolled, jwk, new_key
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person
from tests.squareville import City, inside

TABLE: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "permissions.yaml").read_text(encoding="utf-8"))
ACTORS: tuple[str, ...] = tuple(TABLE["conversations"])
NOT_SIGNED_IN = {
    "anonymous", "deactivated", "expired", "revoked", "phone_lease_over", "phone_revoked", "phone_of_leaver",
    "key_revoked", "key_elsewhere",
}  # fmt: skip
CONVERSATIONS = (
    "own", "here", "restricted", "internal", "unclassified", "elsewhere", "nowhere", "deleted", "deleted_own", "absent",
)  # fmt: skip
FINDINGS = (
    "own", "here", "restricted", "restricted_health", "internal", "internal_violence", "unclassified", "elsewhere",
    "nowhere", "deleted", "deleted_own",
)  # fmt: skip
SESSIONS = ("own", "here", "elsewhere", "nowhere", "absent")
ATTACHMENTS = ("own", "here", "internal", "elsewhere", "early", "early_of_colleague", "intruding", "absent")
DEVICES = ("own", "in_5", "in_9", "of_planner", "absent")
PUBLIC_KEY = read_public_key(jwk(new_key()))

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
    devices: dict[str, UUID] = field(default_factory=dict)
    attachments: dict[str, UUID] = field(default_factory=dict)

    def client(self, actor: str) -> APIClient:
        """A client that holds the token of an actor; a person is loaded anew at each request, as in life."""
        client = APIClient(raise_request_exception=False)
        if actor in self.tokens:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[actor]}")
        elif actor in self.people:
            client.force_login(self.people[actor])
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


def make_phones(world: World) -> None:
    """Phones of the table, and those that are actors themselves."""
    add, city = world.people, world.city
    add["listener_on_pages"] = listener = add["listener"]
    owners = {
        "own": listener,
        "in_5": person("listener_of_5", Role.LISTENER, within=city.area(5)),
        "in_9": person("listener_of_9", Role.LISTENER, within=city.area(9)),
        "of_planner": add["planner"],
    }
    world.devices = {name: enrolled(owner).device.pk for name, owner in owners.items()} | {"absent": uuid7()}
    leaver = person("leaver", Role.COORDINATOR)
    phones = {
        "phone": (listener, {"confirmed_at": clock.now()}),
        "phone_unconfirmed": (listener, {}),
        "phone_lease_over": (
            listener,
            {"confirmed_at": clock.now(), "lease_until": clock.now() - dt.timedelta(days=1)},
        ),
        "phone_revoked": (listener, {"confirmed_at": clock.now(), "revoked_at": clock.now()}),
        "phone_of_leaver": (leaver, {"confirmed_at": clock.now()}),
    }
    for name, (owner, members) in phones.items():
        one = enrolled(owner)
        Device.objects.filter(pk=one.device.pk).update(**members)
        add[name], world.tokens[name] = owner, one.token
    User.objects.filter(pk=leaver.pk).update(is_active=False)


def make_keys(world: World) -> None:
    add = world.people
    reader, writer = (
        machine("key_reader", Role.MACHINE_READER, within=world.city.districts["zona", "B"]),
        machine("key_writer", Role.MACHINE_WRITER),
    )
    writes = [KeyScope.WRITE_CONVERSATIONS, KeyScope.READ_FINDINGS]
    keys = {
        "key_reader": (reader, [KeyScope.READ_NEED_MAPS, KeyScope.READ_REFERENCE], []),
        "key_writer": (writer, writes, []),
        "key_revoked": (writer, list(KeyScope), []),
        "key_elsewhere": (writer, list(KeyScope), [ip_network("192.0.2.0/24")]),
    }
    for name, (account, scopes, networks) in keys.items():
        add[name], world.tokens[name] = account, issue_key(account, scopes=scopes, networks=networks)
    ApiKey.objects.order_by("pk").filter(account=writer, scopes__len=len(KeyScope), networks=[]).update(
        revoked_at=clock.now()
    )


def machine(name: str, role: Role, within: District | None = None) -> User:
    account = make_account(name)
    assign(account, role, within=within, clearance="internal")
    return account


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


def make_attachments(world: World) -> None:
    """Of each an announcement of which the first byte has come."""
    listener, colleague = world.people["listener"], User.objects.get(username="colleague")
    announced = {
        "own": (listener, world.conversations["own"]),
        **{name: (colleague, world.conversations[name]) for name in ("here", "internal", "elsewhere")},
        "early": (listener, uuid7()),
        "early_of_colleague": (colleague, uuid7()),
        "intruding": (world.people["newcomer"], world.conversations["here"]),
    }
    for name, (by, of) in announced.items():
        world.attachments[name] = pk = uuid7()
        announce(Announcement(pk, of, size=100, sha256="0" * 64, media_type="image/jpeg"), by=by)
        receive(pk, b"x", start=0, by=by)
    world.attachments["absent"] = uuid7()


def make_world(city: City, themes: dict[str, Theme]) -> World:
    """Everybody and everything the matrix speaks of."""
    world = World(city)
    make_actors(world)
    make_phones(world)
    make_keys(world)
    make_records(world, themes)
    make_attachments(world)
    return world
