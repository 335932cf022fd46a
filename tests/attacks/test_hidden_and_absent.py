"""What one may not see and what is not there look alike: same status, headers and body (but for the request's id)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient
from uuid6 import uuid7

from listening.capture.accept import accept
from listening.capture.amend import delete
from listening.fieldwork.assignments import assign
from listening.fieldwork.models import Device, Session, User
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation, Finding
from listening.sync.models import Clash, Op, WaitingOp
from tests.listening.attachments.media import jpeg
from tests.listening.attachments.phone import Upload
from tests.listening.fieldwork.phone import enrolled
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

OWN = {"X-Request-ID"}
# Each address of one thing of somebody's, with what may be asked of it. A new one needs a row here, or is public.
ADDRESSES = {
    "conversation": ("GET", "HEAD", "PATCH", "DELETE"),
    "finding": ("PATCH",),
    "session": ("GET", "HEAD"),
    "attachment": ("GET", "HEAD", "PATCH"),
    "attachment-content": ("GET", "HEAD"),
    "device": ("DELETE",),
    "device-confirmation": ("POST",),
    "clash-settlement": ("POST",),
    "op": ("DELETE",),
    "op-release": ("POST",),
    "contact": ("GET", "PUT", "DELETE"),
}
BODIES = {
    "PATCH": b'{"summary": "x"}', "device-confirmation": b'{"comparison_number": "0000"}',
    "clash-settlement": b'{"take": "theirs"}',
}  # fmt: skip
ON_PAGES = {"device-confirmation"}  # a token does not get that far
PUBLIC = {"district", "district-profile"}  # that a district is there is no secret; its counts are, see the matrix
TILES = {
    "district-tiles",
    "district-tile",
    "density-tile",
    "conversation-tile",
}  # of a place on the map, not of somebody
RELEASES = {"release-proposal", "release-approval", "release-rejection", "release-withdrawal"}  # stewards read them all
CONDITIONS = [{}, {"If-Match": '"guess"'}, {"If-Match": "*"}, {"If-None-Match": "*"}]
CONDITIONS += [{"Accept": "application/geo+json"}, {"If-Match": '"guess"', "Content-Type": "application/xml"}]


@dataclass
class Hidden:
    """Somebody else's things, by the name of their address."""

    conversation: UUID
    finding: UUID
    session: UUID
    attachment: UUID
    device: UUID
    clash: int
    op: UUID

    @property
    def contact(self) -> UUID:
        """Asked for by the conversation that it is of."""
        return self.conversation

    def of(self, address: str) -> UUID | int:
        """What an address is one of."""
        found: UUID | int = getattr(self, address.partition("-")[0])
        return found


def of_one_thing(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from of_one_thing(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and "<" in str(pattern.pattern) and prefix.startswith("api/"):
            yield pattern.name


def test_every_address_of_one_thing_is_here():
    assert set(of_one_thing(get_resolver().url_patterns)) == set(ADDRESSES) | PUBLIC | TILES | RELEASES


@pytest.fixture
def hidden(city, themes) -> Hidden:
    """What Anna logged in area 5."""
    anna = person("anna", "listener")
    session = Session.objects.create(id=uuid7(), kind="desk", title="x", started_at=NOON, convener=anna)
    accept(conversation(anna, heard("need", themes["rent"]), area=5, session_id=session.pk), by=anna)
    (stored,) = Conversation.objects.all()
    upload = Upload(APIClient(), jpeg(), stored.pk)
    upload.client.force_authenticate(anna)
    assert upload.bring().status_code == 204
    brought = Op.objects.create(id=uuid7(), person=anna, fingerprint=b"x", received_at=NOON, outcome={})
    clash = Clash.objects.create(conversation=stored, op=brought, field="summary", ours="a", theirs="b", at=NOON)
    told = {"op": str(brought.pk), "kind": "delete", "type": "conversation", "id": str(uuid7())}
    WaitingOp.objects.create(op=brought, why="deferred", waiting_for=uuid7(), body=told)
    return Hidden(
        stored.pk, Finding.objects.get().pk, session.pk, upload.id, enrolled(anna).device.pk, clash.pk, brought.pk
    )


@pytest.fixture
def curious(city, request) -> User:
    """Somebody who may ask, and must not see: by role, by district, or by day."""
    who: Callable[[object], User] = request.param
    return who(city)


def another_listener(city) -> User:
    return person("bruno", "listener")


def coordinator_elsewhere(city) -> User:
    made = User.objects.create_user("carla")
    assign(made, "coordinator", within=city.districts["zona", "C"])
    return made


def machine_that_writes(city) -> User:
    return person("machine_writer", "machine_writer")


def answered(person: User, method: str, address: str, pk: UUID | int, headers: dict[str, str]):
    client = APIClient()
    if address in ON_PAGES:
        client.force_login(person)
    else:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue(person)}")
    body = BODIES.get(address, BODIES.get(method, b""))
    answer = client.generic(
        method,
        reverse(address, args=[pk]),
        body,
        content_type=headers.get("Content-Type", "application/json"),
        headers=headers,
    )
    told = {name: value for name, value in answer.headers.items() if name not in OWN}
    return answer.status_code, told, answer.content.decode("latin-1").replace(f"/{pk}", "/ID")


@pytest.mark.parametrize("curious", [another_listener, coordinator_elsewhere, machine_that_writes], indirect=True)
@pytest.mark.parametrize(("address", "method"), [(a, method) for a, methods in ADDRESSES.items() for method in methods])
def test_they_look_alike(hidden, curious, address, method):
    for headers in CONDITIONS:
        there = answered(curious, method, address, hidden.of(address), headers)
        absent = int("9" * len(str(hidden.clash))) if address == "clash-settlement" else uuid7()
        nowhere = answered(curious, method, address, absent, headers)
        assert there == nowhere, headers
        assert there[0] in {403, 404, 406, 415}, headers
        if there[0] == 404:
            assert "ETag" not in there[1]
    assert Conversation.objects.get().version == 1
    device = Device.objects.get()
    assert (device.confirmed_at, device.revoked_at) == (None, None)
    assert Clash.objects.get().settlement == ""
    assert WaitingOp.objects.exists()


@pytest.mark.parametrize("curious", [another_listener, coordinator_elsewhere, machine_that_writes], indirect=True)
def test_what_was_deleted_looks_absent_as_well(hidden, curious):
    """410 is for those whose it was."""
    stored = Conversation.objects.get()
    delete(stored, by=stored.listener)
    for method in ADDRESSES["conversation"]:
        there = answered(curious, method, "conversation", hidden.conversation, {"If-Match": "*"})
        assert there == answered(curious, method, "conversation", uuid7(), {"If-Match": "*"})
        assert there[0] == 404


def test_whose_it_was_no_longer(hidden, city):
    """An assignment that ended yesterday."""
    made = User.objects.create_user("carla")
    yesterday = dt.date(2026, 1, 2)
    assign(made, "coordinator", first_day=yesterday, last_day=yesterday)
    there = answered(made, "GET", "conversation", hidden.conversation, {})
    assert there == answered(made, "GET", "conversation", uuid7(), {})
    assert there[0] == 403


def test_it_works(hidden):
    """Who may see it does."""
    anna = User.objects.get(username="anna")
    for address in ("conversation", "session", "attachment", "attachment-content"):
        assert answered(anna, "GET", address, hidden.of(address), {})[0] == 200
    assert answered(anna, "DELETE", "device", hidden.device, {})[0] == 204
    assert answered(anna, "PATCH", "finding", hidden.finding, {"If-Match": '"guess"'})[0] == 412
