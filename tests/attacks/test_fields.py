"""Fields that are not one's to write, to filter by or to sort by; and what is hidden changes no byte of any answer.

OWASP API 2023, API3 (broken object property level authorization); ASVS 5.0, V8.2.3 and V15.3.3.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import models, transaction
from django.forms.models import model_to_dict

from listening.capture.accept import accept_many
from listening.capture.amend import delete
from listening.capture.api.filters import ConversationFilter, FindingFilter
from listening.codelists.models import Theme
from listening.fieldwork.models import User
from listening.records.models import Conversation, Finding
from tests.attacks.test_permission_matrix import API, Undo
from tests.attacks.world import ACTORS, NOT_SIGNED_IN, TABLE, World, check
from tests.listening.submissions import conversation, document, heard

pytestmark = pytest.mark.django_db

# What a client says of a conversation and of a finding; all else is the server's.
WRITABLE = {
    Conversation: {
        "id", "occurred_at", "session", "venue", "channel", "language", "people_count", "summary", "place", "bands",
        "findings", "is_test", "may_be_counted", "consents", "receipt",
    },
    Finding: {"id", "kind", "text", "severity", "shared_by", "place", "themes"},
}  # fmt: skip
# Members of a document that are read back and come back with it; they are accepted and change nothing.
READ_BACK = {"version", "listener", "received_at", "updated_at", "district"}
WRITERS = ("listener", "coordinator", "machine_writer")
ONE_TIME = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')


def names(model: type[models.Model]) -> list[str]:
    """Every way to name a field of a model that clients have no business with."""
    found = set()
    for field in model._meta.get_fields():
        name = field.name
        camel = re.sub(r"_(\w)", lambda match: match[1].upper(), name)
        for variant in (name, f"{name}_id", f"{name}.id", f"{name}__id", camel, name.upper()):
            if variant not in WRITABLE[model]:
                found.add(variant)
    return sorted(found | {"pk", "_state", "__class__", "district.code", "listener__username", "role", "clearance"})


def guess(name: str, world: World) -> Any:
    """A value that would do harm if it were taken."""
    if "listener" in name or "user" in name:
        return world.people["newcomer"].pk
    if "district" in name:
        return world.city.area(9).pk
    return {"version": 99, "submission_fingerprint": "00"}.get(name, 1)


def state(pk: UUID) -> dict[str, Any]:
    record = Conversation.objects.get(pk=pk)
    kept = {"listener", "district", "received_at", "submission_fingerprint", "session", "venue"}
    return {name: value for name, value in model_to_dict(record, kept).items() if name in kept} | {
        "received_at": record.received_at,
        "fingerprint": bytes(record.submission_fingerprint),
        "findings": sorted(record.findings.values_list("id", "district", "conversation")),
    }


@pytest.mark.parametrize("actor", WRITERS)
@pytest.mark.parametrize("model", [Conversation, Finding], ids=lambda model: model.__name__)
def test_mass_assignment(world: World, actor: str, model: type[models.Model]) -> None:
    client = world.client(actor)
    for name in names(model):
        bad = {name: guess(name, world)}
        body = document() if model is Finding else document(**bad)
        if model is Finding:
            body["findings"][0].update(bad)
        try:
            with transaction.atomic():
                answer = client.post(f"{API}/conversations", body, format="json")
                if answer.status_code == 201:
                    record = Conversation.objects.get(pk=body["id"])
                    check("fields", ("log", actor, name), name in READ_BACK, True)
                    check("fields", ("log", actor, name), record.listener_id, world.people[actor].pk)
                    check("fields", ("log", actor, name), record.district, world.city.area(5))
                    check("fields", ("log", actor, name), record.version, 1)
                else:
                    check("fields", ("log", actor, name), answer.status_code, 400)
                raise Undo
        except Undo:
            pass


@pytest.mark.parametrize("actor", ["listener", "coordinator"])
def test_mass_assignment_by_change(world: World, actor: str) -> None:
    client, pk = world.client(actor), world.conversations["own"]
    address = f"{API}/conversations/{pk}"
    before = state(pk)
    tag = client.get(address)["ETag"]
    for model, target in ((Conversation, address), (Finding, f"{API}/findings/{world.findings['own']}")):
        for name in names(model):
            try:
                with transaction.atomic():
                    bad = {name: guess(name, world)}
                    answer = client.patch(target, bad, format="json", headers={"If-Match": tag})
                    check("fields", ("change", actor, name), answer.status_code in {200, 400}, True)
                    check("fields", ("change", actor, name), state(pk), before)
                    raise Undo
            except Undo:
                pass


@pytest.mark.parametrize(
    ("address", "filters", "model"),
    [("conversations", ConversationFilter, Conversation), ("findings", FindingFilter, Finding)],
)
def test_nothing_else_filters_or_sorts(world: World, address: str, filters: Any, model: type[models.Model]) -> None:
    """A filter on a field that is not shown would find its value out by asking."""
    offered = {*filters.base_filters, "limit", "cursor", "format"}
    asked = {
        name for field in model._meta.get_fields() for name in (field.name, f"{field.name}_id", f"{field.name}__in")
    }
    asked |= {f"{name}__gte" for name in offered} | {
        "ordering",
        "order_by",
        "sort",
        "search",
        "fields",
        "expand",
        "page",
    }
    asked |= {"listener__email", "conversation__listener", "listener__password__startswith", "conversation__summary"}
    for actor in ("listener", "coordinator_of_5", "coordinator"):
        client = world.client(actor)
        for name in sorted(asked - offered):
            check(
                "fields", ("filter", address, actor, name), client.get(f"{API}/{address}", {name: "a"}).status_code, 400
            )


def read_everything(world: World, actor: str) -> list[tuple[str, int, str | None, str | None, bytes]]:
    """All that an actor can get by reading: status, ETag, Last-Modified and body of every answer."""
    client = world.client(actor)
    addresses = [f"{API}/{name}" for name in ("conversations", "findings", "sessions", "themes", "layers", "venues")]
    addresses += [
        f"{API}/conversations?{query}" for query in ("q=detto", "theme=rent", "period=2026", "bbox=11,44,12,45")
    ]
    addresses += [f"{API}/findings?{query}" for query in ("q=detto", "theme=rent", "district=area:5")]
    addresses += [
        f"{API}/need-map?layer={layer}&theme={theme}&period=2026-Q2&format={kind}"
        for layer in ("area", "zona", "quartiere")
        for theme in ("", "rent", "health")
        for kind in ("geojson", "csv")
    ]
    addresses += [f"{API}/need-map/trend?layer=area&period=2026-Q2&theme={theme}" for theme in ("", "rent")]
    addresses += [f"{API}/coverage?layer=area&period=2026-Q2", f"{API}/coverage/next?layer=area"]
    addresses += [f"{API}/coverage/representation?layer=area&period=2026-Q2", f"{API}/coverage/weights?period=2026-Q2"]
    addresses += [f"{API}/need-map/clusters?layer=area&period=2026-Q2&theme={theme}" for theme in ("", "rent")]
    addresses += [f"{API}/need-map/cells?layer=area&period=2026&format={kind}" for kind in ("csv", "parquet")]
    for number in (1, 5, 9):
        place = world.city.area(number).pk
        addresses += [f"{API}/themes/top?district={place}&period=2026-Q2"]
        addresses += [f"{API}/districts/{place}/profile?period=2026-Q2"]
    addresses += [f"{API}/conversations/{pk}" for pk in world.conversations.values()]
    if actor not in NOT_SIGNED_IN:
        client.force_login(User.objects.get(pk=world.people[actor].pk))
        addresses += ["/dashboard/", "/dashboard/?theme=rent&layer=area"]
    answers = [(address, client.get(address)) for address in addresses]
    return [
        (address, a.status_code, a.headers.get("ETag"), a.headers.get("Last-Modified"), ONE_TIME.sub(b"", a.content))
        for address, a in answers
    ]


@pytest.mark.parametrize("actor", ACTORS)
def test_what_is_hidden_changes_no_byte(world: World, actor: str) -> None:
    """Metamorphic: records that an actor neither reads nor counts are changed, added and deleted; nothing shows."""
    rent = Theme.objects.get(code="rent")
    before = read_everything(world, actor)
    counted = set(TABLE["counts"][actor])
    reads = {*TABLE["conversations"][actor], *TABLE["findings"][actor]}
    for name, area in (("here", 5), ("internal", 5), ("restricted", 5), ("elsewhere", 9), ("nowhere", None)):
        if name in reads or area in counted or len(counted) == 9:
            continue
        record = Conversation.objects.get(pk=world.conversations[name])
        Conversation.objects.filter(pk=record.pk).update(summary="Altro", version=7, language="en", people_count=9)
        Finding.objects.filter(conversation=record).update(text="Altro", severity=5, kind="thanks")
        accept_many([conversation(record.listener, heard("need", rent, text="detto"), area=area or 1)])
        delete(record, by=record.listener)
    after = read_everything(world, actor)
    for (address, *was), (_, *now) in zip(before, after, strict=True):
        check("metamorphic", (actor, address), now, was)


def test_each_filter_is_on_what_is_shown() -> None:
    """Written down twice on purpose: a new filter of findings must not find out who said what, or when."""
    assert set(FindingFilter.base_filters) == {"district", "period", "theme", "kind", "q"}
    assert set(ConversationFilter.base_filters) == {
        "district", "period", "theme", "kind", "channel", "language", "listener", "session", "venue", "bbox", "q",
    }  # fmt: skip
