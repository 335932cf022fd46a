"""The desk x every person x every record: what permissions.yaml gives, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from uuid6 import uuid7

from backend import clock
from listening.desk.urls import urlpatterns
from listening.fieldwork.models import Device
from listening.records.models import Conversation
from listening.sync.models import Clash, Op, WaitingOp
from tests.attacks.world import CONVERSATIONS, DEVICES, NOT_SIGNED_IN, SESSIONS, TABLE, World, check
from tests.listening.desk.conftest import ids_in
from tests.listening.sync.conftest import logged

pytestmark = pytest.mark.django_db
# Who may sign in to the pages at all; a machine does not, but is no exception here.
PEOPLE = [
    actor for actor in TABLE["conversations"] if actor not in NOT_SIGNED_IN and not actor.startswith(("phone", "key"))
]


class Undo(Exception):
    """Ends a block, and with it what was written in it."""


def browser(world: World, actor: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(world.people[actor])
    return client


def test_every_page_is_for_coordinators_alone(world: World) -> None:
    pk = uuid7()
    for route in urlpatterns:
        path = f"/desk/{route.pattern}".replace("<uuid:pk>", str(pk)).replace("<int:pk>", "1")
        for actor in PEOPLE:
            for method in ("get", "post"):
                answer = getattr(browser(world, actor), method)(path)
                admitted = actor in TABLE["desk"]
                check("desk", ("door", path, method, actor), answer.status_code == 403, not admitted)
        check("desk", ("door", path, "anonymous"), Client().get(path)["Location"].startswith("/login/"), True)
    assert get_resolver().resolve("/desk/").url_name == "desk"


def test_a_token_does_not_open_the_desk(world: World) -> None:
    for actor in world.tokens:
        answer = world.client(actor).get("/desk/")
        check("desk", ("token", actor), answer.status_code, 302)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations(world: World, name: str) -> None:
    pk = world.conversations[name]
    finding = Conversation.objects.filter(pk=pk).values_list("findings__pk", flat=True).first() or uuid7()
    brought = Op.objects.create(
        id=uuid7(), person=world.people["listener"], fingerprint=b"x", received_at=clock.now(), outcome={}
    )
    there = Conversation.objects.filter(pk=pk).exists()
    clash = there and Clash.objects.create(
        conversation_id=pk, op=brought, field="summary", ours="a", theirs="Changed", at=clock.now()
    )
    for actor in TABLE["desk"]:
        client = browser(world, actor)
        reads = name in TABLE["conversations"][actor] and not name.startswith("deleted")
        check("desk", ("list", actor, name), pk in ids_in(client.get("/desk/")), reads)
        check(
            "desk",
            ("themes", actor, name),
            client.get(f"/desk/findings/{finding}/themes/").status_code,
            200 if reads else 404,
        )
        shown = client.get("/desk/conflicts/").content.decode()
        check("desk", ("conflicts", actor, name), bool(clash) and f"clash-{clash.pk}" in shown, reads)
        try:
            with transaction.atomic():
                given = client.post(f"/desk/findings/{finding}/themes/", {"version": "1", "themes": ["rent"]})
                settled = clash and client.post(f"/desk/conflicts/{clash.pk}/settle/", {"version": "2", "take": "ours"})
                raise Undo
        except Undo:
            pass
        check("desk", ("give", actor, name), given.status_code, 302 if reads else 404)
        if settled:
            check("desk", ("settle", actor, name), settled.status_code, 302 if reads else 404)


def test_what_waits(world: World) -> None:
    """Of a listener of area 5: for whoever coordinates there, and for the whole city."""
    told = logged(occurred_at=(clock.now() - dt.timedelta(days=2)).isoformat())
    owner = Device.objects.get(pk=world.devices["in_5"]).person
    brought = Op.objects.create(id=told["op"], person=owner, fingerprint=b"x", received_at=clock.now(), outcome={})
    WaitingOp.objects.create(op=brought, why="quarantined", body=told)
    for actor in TABLE["desk"]:
        client, reads = browser(world, actor), actor != "coordinator_of_9"
        check("desk", ("waiting", actor), told["op"] in client.get("/desk/waiting/").content.decode(), reads)
        for deed, form in (("release", {}), ("dismiss", {"why": "trial"})):
            try:
                with transaction.atomic():
                    answer = client.post(f"/desk/waiting/{told['op']}/{deed}/", form)
                    raise Undo
            except Undo:
                pass
            check("desk", (deed, actor), answer.status_code, 302 if reads else 404)


@pytest.mark.parametrize("name", DEVICES)
def test_phones(world: World, name: str) -> None:
    for actor in TABLE["desk"]:
        shown = browser(world, actor).get("/desk/phones/").content.decode()
        check("desk", ("phones", actor, name), str(world.devices[name]) in shown, name in TABLE["devices"][actor])


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions_and_venues(world: World, name: str) -> None:
    form = {"kind": "walk", "started_at": "2026-05-12T09:00"}
    inside = {"coordinator_of_5": {"here"}, "coordinator_of_5_normal": {"here"}, "coordinator_of_zona_b": {"here"}}
    inside |= {"coordinator_of_9": {"own", "elsewhere"}, "coordinator": {"own", "here", "elsewhere"}}
    for actor in TABLE["desk"]:
        client, pk = browser(world, actor), world.sessions[name]
        reads = name in TABLE["sessions"][actor]
        page = client.get(f"/desk/sessions/{pk}/")
        check("desk", ("session", actor, name), page.status_code, 200 if reads else 404)
        answer = client.post(f"/desk/sessions/{pk}/", form)  # without what was read
        check("desk", ("change session", actor, name), answer.status_code, 412 if reads else 404)
        venues = client.get("/desk/venues/").content.decode()
        if f"venue-{name}" in venues:
            row = venues.partition(f"<code>venue-{name}</code>")[2].partition("</tr>")[0]
            check("desk", ("venue", actor, name), "/desk/venues/" in row, name in inside[actor])
