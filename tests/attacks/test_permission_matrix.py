"""Every operation of the API x every actor x every record, as permissions.yaml says; nothing else is let through.

`pytest tests/attacks` prints how many cells were checked and how many leaked.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from uuid6 import uuid7

from backend import clock
from backend.geo.tile_matrix import tile_at
from listening.attachments.models import Attachment
from listening.consent.codes import new_code
from listening.fieldwork.models import Device
from listening.records.models import Consent, Conversation
from listening.rollups.merge import merge_deltas
from listening.sync.models import Clash, Op
from tests.attacks.world import (
    ACTORS,
    ATTACHMENTS,
    CONVERSATIONS,
    DEVICES,
    FINDINGS,
    NOT_SIGNED_IN,
    PUBLIC_KEY,
    SESSIONS,
    TABLE,
    World,
    check,
)
from tests.canaries import E_MAIL
from tests.listening.submissions import document
from tests.squareville import inside
from tests.vector_tiles import read_tile

pytestmark = pytest.mark.django_db
API = "/api/v1"
SCHEMA: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS: dict[str, tuple[str, str]] = {
    operation["operationId"]: (method, path)
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
}


class Undo(Exception):
    """Ends a block, and with it what was written in it."""


def admits(operation: str, actor: str) -> bool:
    admitted = TABLE["admits"][operation]
    return admitted == "everybody" or actor in admitted


def refusal(operation: str, actor: str) -> int | None:
    """The status at the door: 401, 403, or None for whoever gets in."""
    if admits(operation, actor):
        return None
    return 401 if actor in NOT_SIGNED_IN else 403


def test_the_table_is_complete() -> None:
    assert set(TABLE["admits"]) == set(OPERATIONS), "an operation without a row, or a row without an operation"
    for table in ("conversations", "findings", "sessions", "counts", "devices", "attachments"):
        assert set(TABLE[table]) == set(ACTORS), table
    named = {actor for admitted in TABLE["admits"].values() if admitted != "everybody" for actor in admitted}
    assert named <= set(ACTORS)
    assert {name for names in TABLE["conversations"].values() for name in names} | {"absent"} == set(CONVERSATIONS)
    assert {name for names in TABLE["findings"].values() for name in names} < set(FINDINGS)
    assert {name for names in TABLE["attachments"].values() for name in names} | {
        "absent",
        "early_of_colleague",
    } == set(ATTACHMENTS)
    assert {name for names in TABLE["devices"].values() for name in names} | {"absent"} == set(DEVICES)


def test_every_actor_is_in_the_world(world: World) -> None:
    assert {*world.people, "anonymous"} == set(ACTORS)


CONVERSATION_LISTS = [
    {}, {"district": "area:5"}, {"district": "area:9"}, {"district": "zona:B"}, {"district": "quartiere:10"},
    {"period": "2026"}, {"theme": "rent"}, {"theme": "health"}, {"theme": "violence"}, {"theme": "housing"},
    {"kind": "need"}, {"channel": "street"}, {"language": "it"}, {"listener": "colleague"}, {"listener": "listener"},
    {"bbox": "11,44,12,45"}, {"q": "detto"}, {"limit": "500"}, {"format": "geojson"},
]  # fmt: skip


@pytest.mark.parametrize("params", CONVERSATION_LISTS, ids=urlencode)
def test_lists_of_conversations(world: World, params: dict[str, str]) -> None:
    """A filter narrows what one may read, and finds nothing beyond."""
    everything = world.client("coordinator").get(f"{API}/conversations", params).json()
    meant = set(shown(everything))
    assert meant or params.get("district") == "area:1"
    for actor in ACTORS:
        answer = world.client(actor).get(f"{API}/conversations", params)
        if status := refusal("list_conversations", actor):
            check("lists", (params, actor), answer.status_code, status)
            continue
        found = shown(answer.json())
        for name in CONVERSATIONS:
            reads = name in TABLE["conversations"][actor] and name in meant
            check("lists", (params, actor, name), name in found, reads)


def shown(page: dict[str, Any]) -> list[str]:
    if "features" in page:
        return [feature["properties"]["summary"] for feature in page["features"]]
    return [conversation["summary"] for conversation in page["conversations"]]


FINDING_LISTS = [
    {}, {"district": "area:5"}, {"district": "area:9"}, {"district": "zona:B"}, {"period": "2026"},
    {"period": "2026-05"}, {"theme": "rent"}, {"theme": "health"}, {"theme": "violence"}, {"theme": "housing"},
    {"kind": "need"}, {"q": "detto"}, {"q": "health"}, {"limit": "500"},
]  # fmt: skip


@pytest.mark.parametrize("params", FINDING_LISTS, ids=urlencode)
def test_lists_of_findings(world: World, params: dict[str, str]) -> None:
    def labels(page: dict[str, Any]) -> set[str]:
        return {finding["text"].removeprefix("detto ") for finding in page["findings"]}

    meant = labels(world.client("coordinator").get(f"{API}/findings", params).json())
    for actor in ACTORS:
        answer = world.client(actor).get(f"{API}/findings", params)
        if status := refusal("list_findings", actor):
            check("findings", (params, actor), answer.status_code, status)
            continue
        found = labels(answer.json())
        for name in FINDINGS:
            check("findings", (params, actor, name), name in found, name in TABLE["findings"][actor] and name in meant)
        people = json.dumps(answer.json())
        for secret in (
            "colleague",
            str(world.conversations["here"]),
            str(world.findings["here"]),
            "11.31",
            "2026-05-1",
        ):
            check("findings", (params, actor, secret), secret in people, False)


@pytest.mark.parametrize("name", CONVERSATIONS)
@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("read_conversation", None),
        ("change_conversation", {"summary": "Changed"}),
        ("change_conversation", {"findings": []}),
        ("delete_conversation", None),
    ],
)
def test_one_conversation(world: World, name: str, operation: str, body: Any) -> None:
    method, path = OPERATIONS[operation]
    address = path.replace("{id}", str(world.conversations[name]))
    absent = path.replace("{id}", str(uuid7()))
    reader = world.client("coordinator").get(f"{API}/conversations/{world.conversations[name]}")
    tag = {"If-Match": reader.headers.get("ETag", '"none"')} if method in {"patch", "delete"} else {}
    for actor in ACTORS:
        client = world.client(actor)
        try:
            with transaction.atomic():
                answer = getattr(client, method)(address, body, format="json", headers=tag)
                raise Undo
        except Undo:
            pass
        check("records", (operation, actor, name), answer.status_code, expected(operation, actor, name))
        if answer.status_code == 404:
            same = {k: v for k, v in answer.json().items() if k != "instance"}
            gone = getattr(client, method)(absent, body, format="json", headers=tag)
            check("records", (operation, actor, name, "like absent"), (404, same), (
                gone.status_code, {k: v for k, v in gone.json().items() if k != "instance"},
            ))  # fmt: skip
            # Neither does it tell by the version that one names, nor by a body that is no good.
            for headers, other in (({}, body), ({"If-Match": '"x"'}, body), (tag, {"nonsense": 1})):
                again = getattr(client, method)(address, other, format="json", headers=headers)
                check("records", (operation, actor, name, "always 404"), again.status_code, 404)


def expected(operation: str, actor: str, name: str) -> int:
    if status := refusal(operation, actor):
        return status
    if name not in TABLE["conversations"][actor]:
        return 404
    if name.startswith("deleted"):
        return 410 if operation == "read_conversation" else 404
    return 204 if operation == "delete_conversation" else 200


@pytest.mark.parametrize("name", [*FINDINGS, "absent"])
def test_one_finding(world: World, name: str) -> None:
    pk = world.findings.get(name, uuid7())
    holder = name.split("_")[0] if name not in {"deleted_own", "absent"} else name
    tag = (
        world.client("coordinator").get(f"{API}/conversations/{world.conversations[holder]}").headers.get("ETag", '"x"')
    )
    for actor in ACTORS:
        client = world.client(actor)
        try:
            with transaction.atomic():
                answer = client.patch(f"{API}/findings/{pk}", {"severity": 3}, format="json", headers={"If-Match": tag})
                raise Undo
        except Undo:
            pass
        wanted = refusal("change_finding", actor)
        if wanted is None:
            reads = holder in TABLE["conversations"][actor] and not holder.startswith("deleted")
            wanted = 200 if reads else 404
        check("records", ("change_finding", actor, name), answer.status_code, wanted)


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_logging_under_an_id(world: World, name: str) -> None:
    """Of an id that is somebody else's, one learns that it is taken and no more, whatever became of the record."""
    for actor in ACTORS:
        body = document(id=str(world.conversations[name]))
        try:
            with transaction.atomic():
                answer = world.client(actor).post(f"{API}/conversations", body, format="json")
                raise Undo
        except Undo:
            pass
        wanted = refusal("log_conversation", actor)
        if wanted is None:
            known = name in TABLE["conversations"][actor]
            wanted = 201 if name == "absent" else 410 if name.startswith("deleted") and known else 409
        check("records", ("log_conversation", actor, name), answer.status_code, wanted)


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions(world: World, name: str) -> None:
    for actor in ACTORS:
        client = world.client(actor)
        one = client.get(f"{API}/sessions/{world.sessions[name]}")
        reads = name in TABLE["sessions"][actor]
        check(
            "sessions",
            ("read", actor, name),
            one.status_code,
            refusal("read_session", actor) or (200 if reads else 404),
        )
        listed = client.get(f"{API}/sessions")
        if status := refusal("list_sessions", actor):
            check("sessions", ("list", actor), listed.status_code, status)
        else:
            ids = {session["id"] for session in listed.json()["sessions"]}
            check("sessions", ("list", actor, name), str(world.sessions[name]) in ids, reads)
        body = {"id": str(world.sessions[name]), "kind": "desk", "started_at": "2026-05-12T09:00:00Z"}
        try:
            with transaction.atomic():
                opened = client.post(f"{API}/sessions", body, format="json")
                raise Undo
        except Undo:
            pass
        wanted = refusal("open_session", actor) or (201 if name == "absent" else 409)
        check("sessions", ("open", actor, name), opened.status_code, wanted)


@pytest.mark.parametrize("name", DEVICES)
def test_phones(world: World, name: str) -> None:
    """Whoever sees a phone may revoke it; its person alone confirms it; hidden and absent look alike."""
    pk = world.devices[name]
    number = Device.objects.get(pk=pk).comparison_number if name != "absent" else "0000"
    for actor in ACTORS:
        client, reads = world.client(actor), name in TABLE["devices"][actor]
        listed = client.get(f"{API}/devices")
        if status := refusal("list_devices", actor):
            check("devices", ("list", actor), listed.status_code, status)
        else:
            check("devices", ("list", actor, name), str(pk) in {one["id"] for one in listed.json()["devices"]}, reads)
        try:
            with transaction.atomic():
                confirmed = client.post(
                    f"{API}/devices/{pk}/confirmation", {"comparison_number": number}, format="json"
                )
                revoked = client.delete(f"{API}/devices/{pk}?forget=true")
                held = Device.objects.filter(pk=pk, revoked_at=None).exists()
                raise Undo
        except Undo:
            pass
        wanted = refusal("confirm_device", actor) or (200 if name == "own" else 404)
        check("devices", ("confirm", actor, name), confirmed.status_code, wanted)
        wanted = refusal("revoke_device", actor) or (204 if reads else 404)
        check("devices", ("revoke", actor, name), revoked.status_code, wanted)
        check("devices", ("is revoked", actor, name), held, name != "absent" and wanted != 204)


@pytest.mark.parametrize("name", ATTACHMENTS)
def test_attachments(world: World, name: str) -> None:
    """Who announced one sends and reads it; who reads its conversation reads it; for others it is absent."""
    pk, sent = world.attachments[name], {"Upload-Offset": "1"}
    held = Attachment.objects.filter(pk=pk).first()
    owners = {"own": "listener", "early": "listener", "intruding": "newcomer"}
    for actor in ACTORS:
        client, reads = world.client(actor), name in TABLE["attachments"][actor]
        is_own = reads and world.people[actor].username == owners.get(name)
        listed = client.get(f"{API}/attachments", {"conversation": str(held.conversation_id if held else uuid7())})
        if status := refusal("list_attachments", actor):
            check("attachments", ("list", actor), listed.status_code, status)
        else:
            ids = {one["id"] for one in listed.json()["attachments"]}
            check("attachments", ("list", actor, name), str(pk) in ids, reads)
        one, content = client.get(f"{API}/attachments/{pk}"), client.get(f"{API}/attachments/{pk}/content")
        for operation, answer, good in (("read_attachment", one, 200), ("download_attachment", content, 409)):
            wanted = refusal(operation, actor) or (good if reads else 404)
            check("attachments", (operation, actor, name), answer.status_code, wanted)
        announced = {"id": str(pk), "conversation": str(uuid7()), "size": 1, "sha256": "0" * 64}
        try:
            with transaction.atomic():
                again = client.post(f"{API}/attachments", announced | {"media_type": "image/png"}, format="json")
                patched = client.generic(
                    "PATCH", f"{API}/attachments/{pk}", b"x", "application/offset+octet-stream", headers=sent
                )
                raise Undo
        except Undo:
            pass
        wanted = refusal("announce_attachment", actor) or (201 if name == "absent" else 409)
        check("attachments", ("announce", actor, name), again.status_code, wanted)
        # What was not there is since it was announced, a moment ago: of one byte, all of which is sent.
        wanted = 204 if is_own else 409 if name == "absent" else 403 if reads else 404
        check("attachments", ("send", actor, name), patched.status_code, refusal("send_attachment", actor) or wanted)


def test_phones_come_in_by_their_own_doors(world: World) -> None:
    for actor in ACTORS:
        client = world.client(actor)
        issued = client.post(f"{API}/devices/enrolment-codes")
        check("devices", ("code", actor), issued.status_code, refusal("issue_enrolment_code", actor) or 201)
        tried = client.post(f"{API}/devices/enrol", {"code": "x", "name": "x", "public_key": PUBLIC_KEY}, format="json")
        check("devices", ("enrol", actor), tried.status_code, 410)
        greeted = client.post(f"{API}/devices/hello", {}, format="json")
        wanted = refusal("hello", actor) or 200
        check("devices", ("hello", actor), greeted.status_code, wanted)


def test_releases_are_for_stewards(world: World) -> None:
    """Whoever gets in finds nothing to decide about: no quarter of this world was proposed."""
    for actor in ACTORS:
        client = world.client(actor)
        for operation, method, path, body, good in (
            ("list_releases", "get", "releases", None, 200),
            ("propose_release", "post", "releases/proposals", {"quarter": "2026"}, 400),
            ("read_release_proposal", "get", "releases/proposals/1", None, 404),
            ("approve_release", "post", "releases/proposals/1/approval", None, 404),
            ("reject_release", "post", "releases/proposals/1/rejection", None, 404),
            ("withdraw_release", "post", "releases/2026-Q2-r1/withdrawal", {"reason": "x"}, 404),
        ):
            answer = getattr(client, method)(f"{API}/{path}", body, format="json")
            check("releases", (operation, actor), answer.status_code, refusal(operation, actor) or good)


def test_pulling(world: World) -> None:
    """A phone gets what its person may read, and nothing else: the same conversations as in the list."""
    for actor in ACTORS:
        answer = world.client(actor).post(f"{API}/sync/pull", {}, format="json")
        if status := refusal("sync_pull", actor):
            check("sync", ("pull", actor), answer.status_code, status)
            continue
        found = {row["fields"]["summary"] for row in answer.json()["rows"]}
        for name in CONVERSATIONS:
            reads = name in TABLE["conversations"][actor] and not name.startswith("deleted")
            check("sync", ("pull", actor, name), name in found, reads)
        check("sync", ("pull", actor, "gone"), answer.json()["gone"], [])


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_pushing(world: World, name: str) -> None:
    """What one may not change is answered like what has not come, by whatever op."""
    pk, finding = world.conversations[name], world.findings.get(name, uuid7())
    told = [
        {"kind": "update", "type": "conversation", "id": str(pk), "base": 1, "set": {"summary": "Changed"}},
        {"kind": "update", "type": "finding", "id": str(finding), "conversation": str(pk), "base": 1, "set": {}},
        {"kind": "delete", "type": "finding", "id": str(finding), "conversation": str(pk)},
        {"kind": "delete", "type": "conversation", "id": str(pk)},
    ]
    for actor in ACTORS:
        reads = name in TABLE["conversations"][actor]
        for one in told:
            try:
                with transaction.atomic():
                    answer = world.client(actor).post(
                        f"{API}/sync/push", {"ops": [{**one, "op": str(uuid7())}]}, format="json"
                    )
                    changed = Conversation.objects.exclude(pk=pk).filter(summary="Changed").exists()
                    raise Undo
            except Undo:
                pass
            cell = ("push", one["kind"], one["type"], actor, name)
            if status := refusal("sync_push", actor):
                check("sync", cell, answer.status_code, status)
                continue
            (result,) = answer.json()["results"]
            check("sync", cell, result["status"], pushed(actor, one, name, reads))
            check("sync", (*cell, "others"), changed, False)


def pushed(actor: str, told: dict[str, Any], name: str, reads: bool) -> str:
    """The status of an op: like absent, unless one reads the conversation and may change it."""
    if reads and name.startswith("deleted"):
        return "accepted" if (told["type"], told["kind"]) == ("conversation", "delete") else "rejected"
    if reads:
        return "accepted"
    return "rejected" if actor in {"unassigned", "ended"} else "deferred"


@pytest.mark.parametrize("name", ["own", "here", "restricted", "elsewhere"])
def test_clashes_and_waiting_ops(world: World, name: str) -> None:
    pk = world.conversations[name]
    brought = Op.objects.create(
        id=uuid7(), person=world.people["listener"], fingerprint=b"x", received_at=clock.now(), outcome={}
    )
    clash = Clash.objects.create(
        conversation_id=pk, op=brought, field="summary", ours="a", theirs="Changed", at=clock.now()
    )
    for actor in ACTORS:
        client, reads = world.client(actor), name in TABLE["conversations"][actor]
        listed = client.get(f"{API}/sync/conflicts")
        if status := refusal("list_conflicts", actor):
            check("sync", ("conflicts", actor), listed.status_code, status)
        else:
            shown = clash.pk in {one["id"] for one in listed.json()["conflicts"]}
            check("sync", ("conflicts", actor, name), shown, reads)
        try:
            with transaction.atomic():
                address = f"{API}/sync/conflicts/{clash.pk}/settlement"
                settled = client.post(address, {"take": "theirs"}, format="json")
                raise Undo
        except Undo:
            pass
        wanted = refusal("settle_conflict", actor) or (200 if reads else 404)
        check("sync", ("settle", actor, name), settled.status_code, wanted)


# Who may map a theme that stays in the office.
CLEARED = {
    "coordinator", "coordinator_of_zona_b", "coordinator_of_9", "planner", "steward", "machine_reader", "key_reader",
}  # fmt: skip


@pytest.mark.parametrize("layer", ["area", "zona", "prossimita", "quartiere"])
@pytest.mark.parametrize("theme", ["", "rent", "health", "violence"])
def test_need_maps(world: World, layer: str, theme: str) -> None:
    inside = {
        "area": {str(n): {n} for n in range(1, 10)},
        "zona": {"A": {1, 2, 3}, "B": {4, 5, 6}, "C": {7, 8, 9}},
        "prossimita": {"west": {1, 4, 7}, "middle": {2, 5, 8}, "east": {3, 6, 9}},
        "quartiere": {"10": set(range(1, 10))},
    }[layer]
    held = {5: 5, 9: 1}  # conversations that are there to be counted
    for actor in ACTORS:
        params = {"layer": layer, "theme": theme, "period": "2026-Q2", "geometry": "none"}
        answer = world.client(actor).get(f"{API}/need-map", params)
        if status := refusal("need_map", actor):
            check("counts", (layer, theme, actor), answer.status_code, status)
            continue
        if theme == "violence" and actor not in CLEARED:
            check("counts", (layer, theme, actor), answer.status_code, 400)
            continue
        found = {f["properties"]["code"]: f["properties"]["conversations"] for f in answer.json()["features"]}
        areas = set(TABLE["counts"][actor])
        # One area of a district stands for the whole of it only where it is all of it by assignment.
        whole = {code: parts for code, parts in inside.items() if reaches(actor, layer, code, parts, areas)}
        for code, parts in inside.items():
            wanted = sum(held.get(part, 0) for part in parts) if code in whole else None
            check("counts", (layer, theme, actor, code), found.get(code), wanted)
        everything = sum(held.get(area, 0) for area in areas) + (len(areas) == 9)  # with the one that is nowhere
        check("counts", (layer, theme, actor, "all"), answer.json()["city"]["conversations"], everything)


LISTS = {
    "coverage": ("coverage", "places", {}),
    "coverage_representation": ("coverage/representation", "places", {}),
    "need_map_trend": ("need-map/trend", "trends", {"theme": "rent"}),
    "need_map_clusters": ("need-map/clusters", "places", {"theme": "rent"}),
}


@pytest.mark.parametrize("operation", [*LISTS, "top_themes", "district_profile"])
def test_places_and_their_themes(world: World, operation: str) -> None:
    """Of each area either its own figures, or nothing: the same answer as for a district that does not exist."""
    held = {5: 5, 9: 1}
    for actor in ACTORS:
        client, areas = world.client(actor), set(TABLE["counts"][actor])
        if operation in LISTS:
            address, lines, theme = LISTS[operation]
            answer = client.get(f"{API}/{address}", {"layer": "area", "period": "2026-Q2", **theme})
            if status := refusal(operation, actor):
                check("counts", (operation, actor), answer.status_code, status)
                continue
            found = {one["code"]: one["conversations"] for one in answer.json()[lines]}
            on_map = {n for n in range(1, 10) if reaches(actor, "area", str(n), {n}, areas)}
            check("counts", (operation, actor), found, {str(n): held.get(n, 0) for n in sorted(on_map)})
            continue
        for number in range(1, 10):
            pk = world.city.area(number).pk
            period = {"period": "2026-Q2"}
            if operation == "top_themes":
                answer = client.get(f"{API}/themes/top", {"district": pk, **period})
            else:
                answer = client.get(f"{API}/districts/{pk}/profile", period)
            absent = 400 if operation == "top_themes" else 404
            wanted = refusal(operation, actor) or (200 if number in areas else absent)
            check("counts", (operation, actor, number), answer.status_code, wanted)
            if answer.status_code == 200:
                body = answer.json()
                check("counts", (operation, actor, number, "held"), body["conversations"], held.get(number, 0))
                internal = any(one["theme"] == "violence" for one in body["themes"])
                check("counts", (operation, actor, number, "internal"), internal, actor in CLEARED and 5 in areas)


def test_the_table_of_cells(world: World) -> None:
    """Rows of one's own areas and of themes that one may map, and of nothing else."""
    held = {5: 5, 9: 1}
    for actor in ACTORS:
        answer = world.client(actor).get(f"{API}/need-map/cells", {"layer": "area", "period": "2026-Q2"})
        if status := refusal("need_map_cells", actor):
            check("counts", ("need_map_cells", actor), answer.status_code, status)
            continue
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        areas = set(TABLE["counts"][actor])
        on_map = {n for n in range(1, 10) if reaches(actor, "area", str(n), {n}, areas)}
        found = {row["code"]: int(row["conversations"]) for row in rows}
        check("counts", ("need_map_cells", actor), found, {str(n): held.get(n, 0) for n in sorted(on_map)})
        internal = any(row["theme"] == "violence" for row in rows)
        check("counts", ("need_map_cells", actor, "internal"), internal, actor in CLEARED and bool(on_map))


TILED = ("describe_district_tiles", "describe_density_tiles", "describe_conversation_tiles")


@pytest.mark.parametrize("operation", TILED)
def test_what_is_told_of_tiles(world: World, operation: str) -> None:
    """Where the tiles are and what is in them, to whoever may ask for one."""
    address = OPERATIONS[operation][1].replace("{layer}", "area")
    for actor in ACTORS:
        answer = world.client(actor).get(address)
        check("tiles", (operation, actor), answer.status_code, refusal(operation, actor) or 200)


def test_tiles_of_districts(world: World) -> None:
    """The same bytes for all."""
    tile = tile_at(*inside(5), 12)
    address = f"{API}/tiles/districts/area/{tile.z}/{tile.x}/{tile.y}.mvt"
    bodies = {world.client(actor).get(address).content for actor in ACTORS}
    check("tiles", ("district_tile",), [len(bodies), bodies == {b""}], [1, False])


@pytest.mark.parametrize("area", [5, 9])
def test_tiles_of_conversations(world: World, area: int) -> None:
    """The points of a tile are the conversations that one may read there."""
    held_in = {"elsewhere": 9}
    tile = tile_at(*inside(area), 17)
    for actor in ACTORS:
        answer = world.client(actor).get(f"{API}/tiles/conversations/{tile.z}/{tile.x}/{tile.y}.mvt")
        if status := refusal("conversation_tile", actor):
            check("tiles", ("conversation_tile", actor), answer.status_code, status)
            continue
        layers = read_tile(answer.content)
        found = {one.properties["id"] for one in layers["conversations"].features} if layers else set()
        for name in CONVERSATIONS:
            there = held_in.get(name, 5) == area and not name.startswith("deleted") and name != "nowhere"
            reads = there and name in TABLE["conversations"][actor]
            check("tiles", ("conversation_tile", actor, name), str(world.conversations[name]) in found, reads)


@pytest.mark.parametrize("operation", ["density_tile", "need_map_hexagons"])
def test_squares_and_hexagons(world: World, operation: str) -> None:
    """Coordinators count what they may read; others five in area 5, and of area 9 nothing: one is below the floor."""
    merge_deltas()
    tile = tile_at(*inside(5), 10)
    for actor in ACTORS:
        client = world.client(actor)
        if operation == "density_tile":
            answer = client.get(f"{API}/tiles/density/10/{tile.x}/{tile.y}.mvt", {"period": "2026-Q2"})
        else:
            answer = client.get(f"{API}/need-map/hexagons", {"period": "2026-Q2"})
        if status := refusal(operation, actor):
            check("tiles", (operation, actor), answer.status_code, status)
            continue
        if operation == "density_tile":
            found = sum(one.properties["conversations"] for one in read_tile(answer.content)["density"].features)
        else:
            found = sum(one["properties"]["conversations"] for one in answer.json()["features"])
        readable = {name for name in TABLE["conversations"][actor] if not name.startswith("deleted")} - {"nowhere"}
        wanted = len(readable) if actor.startswith("coordinator") else 5
        check("tiles", (operation, actor), found, wanted)


def reaches(actor: str, layer: str, code: str, parts: set[int], areas: set[int]) -> bool:
    """Whether a district is on the map of an actor: an area, the assigned district, or any for the whole city."""
    if layer == "area":
        return parts <= areas
    if actor in {"coordinator_of_zona_b", "machine_reader", "key_reader"}:
        return (layer, code) == ("zona", "B")
    return len(areas) == 9


PUBLIC = ["list_layers", "list_districts", "list_themes", "list_notices", "read_district"]


@pytest.mark.parametrize("operation", [*PUBLIC, "list_venues"])
def test_reference_data(world: World, operation: str) -> None:
    """The same answer for all who are let in."""
    _, path = OPERATIONS[operation]
    address = path.replace("{id}", str(world.city.area(5).pk))
    bodies = set()
    for actor in ACTORS:
        answer = world.client(actor).get(address)
        check("reference", (operation, actor), answer.status_code, refusal(operation, actor) or 200)
        if answer.status_code == 200:
            bodies.add(answer.content)
    assert len(bodies) == 1


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_contacts(world: World, name: str) -> None:
    """Of a conversation that one may change; for others, and where it was deleted, there is none."""
    pk = world.conversations[name]
    address, told = f"{API}/conversations/{pk}/contact", {"details": [{"kind": "email", "value": E_MAIL}]}
    if Conversation.objects.filter(pk=pk).exists():
        Consent.objects.create(conversation_id=pk, purpose="recontact", mode="spoken", notice_version="1")
    for actor in ACTORS:
        client, reads = world.client(actor), name in TABLE["conversations"][actor] and not name.startswith("deleted")
        try:
            with transaction.atomic():
                kept = client.put(address, told, format="json")
                read = client.get(address, headers={"X-Purpose": "follow_up"})
                without = client.get(address)
                forgotten = client.delete(address)
                raise Undo
        except Undo:
            pass
        for operation, answer, good in (
            ("keep_contact", kept, 204), ("read_contact", read, 200), ("forget_contact", forgotten, 204),
        ):  # fmt: skip
            wanted = refusal(operation, actor) or (good if reads else 404)
            check("contacts", (operation, actor, name), answer.status_code, wanted)
        wanted = refusal("read_contact", actor) or (403 if reads else 404)
        check("contacts", ("without a purpose", actor, name), without.status_code, wanted)
        check("contacts", ("says it", actor, name), E_MAIL.encode().lower() in read.content.lower(), reads)


def test_cards_are_for_anybody(world: World) -> None:
    """Who is asking makes no difference, also to what a code that nobody has is answered."""
    code = {"code": new_code()}
    for actor in ACTORS:
        client = world.client(actor)
        check("cards", ("copy", actor), client.post(f"{API}/receipts/copy", code, format="json").status_code, 404)
        withdrawn = client.post(f"{API}/receipts/withdrawal", code, format="json")
        check("cards", ("withdraw", actor), withdrawn.status_code, 202)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_other_methods_are_not_there(world: World, operation: str) -> None:
    """What the schema does not name is not allowed, to nobody."""
    _, path = OPERATIONS[operation]
    address = path.replace("{id}", str(world.conversations["here"]))
    if "conflicts" in path or "proposals" in path:
        address = path.replace("{id}", "1")
    if "districts" in path:
        address = path.replace("{id}", str(world.city.area(5).pk))
    written = {method for method, at in OPERATIONS.values() if at == path}
    for actor in ACTORS:
        for method in {"get", "post", "put", "patch", "delete"} - written:
            answer = getattr(world.client(actor), method)(address, {}, format="json")
            check("methods", (path, method, actor), answer.status_code in {401, 403, 405}, True)
    assert Conversation.objects.filter(pk=world.conversations["here"]).exists()
