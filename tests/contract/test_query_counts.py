"""As many queries when there are 500 of a thing as when there is one, for every operation: nothing is asked per row."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient
from uuid6 import uuid7

from backend import clock
from backend.geo.tile_matrix import tile_at
from districts.models import ReferenceMargin
from listening.attachments.limits import MOST_ATTACHMENTS
from listening.capture.accept import accept_many
from listening.capture.submission import Band
from listening.consent.codes import digest_of, new_code, read_code
from listening.consent.models import Receipt
from listening.fieldwork.enrolment import LEASE, issue_code
from listening.fieldwork.models import Device, Session, User, Venue
from listening.fieldwork.roles import Role
from listening.fieldwork.tokens import issue
from listening.publishing.propose import propose, publish_release
from listening.records.models import Consent, Conversation, Finding
from listening.rollups.merge import merge_deltas
from listening.sync.models import Clash, Op, WaitingOp
from tests.listening.attachments.media import ogg
from tests.listening.attachments.phone import CHUNK, Upload
from tests.listening.fieldwork.phone import enrolled, jwk, new_key
from tests.listening.submissions import NOON, conversation, document, heard
from tests.listening.sync.conftest import logged, op
from tests.people import person
from tests.squareville import City, inside

ONE, MANY, MOST_FINDINGS = 1, 500, 100
WRITTEN: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
JWK = jwk(new_key())
RECORDING = ogg()


@dataclass
class Filled:
    """A city in which all that a list can hold is there so many times, and somebody who may ask for all of it."""

    city: City
    themes: dict[str, Any]
    asking: User
    headers: dict[str, str]
    rows: int = 0
    last: Conversation = field(init=False)
    attachment: UUID = field(init=False)

    def fill(self, rows: int) -> None:
        """Make rows of each kind until there are so many; the last conversation has so many findings."""
        missing = rows - self.rows
        point = Point(*inside(5), srid=4326)
        Venue.objects.bulk_create(
            Venue(code=f"venue-{rows}-{n}", name="Venue", kind="library", location=point) for n in range(missing)
        )
        venue, now = Venue.objects.earliest("pk"), clock.now()
        Session.objects.bulk_create(
            Session(kind="desk", venue=venue, started_at=NOON, convener=self.asking) for _ in range(missing)
        )
        Device.objects.bulk_create(
            Device(
                person=self.asking, name="phone", public_key="", enrolled_at=now, last_seen_at=now, token_digest="x",
                token_issued_at=now, lease_until=now + LEASE, confirmed_at=now,
            )
            for _ in range(missing)
        )  # fmt: skip
        session, other = Session.objects.earliest("pk"), person(f"listener-{rows}", Role.LISTENER)
        findings = [heard("need", self.themes["rent"]) for _ in range(min(rows, MOST_FINDINGS))]
        told = [
            conversation(other, heard("need", self.themes["health"]), session_id=session.pk, venue_id=venue.pk)
            for _ in range(missing - 1)
        ]
        last = conversation(other, *findings)
        accept_many([*told, last])
        for _ in range(min(rows, MOST_ATTACHMENTS)):
            upload = Upload(APIClient(), RECORDING, last.id, "audio/ogg")
            upload.client.force_authenticate(other)
            assert upload.bring().status_code == 204
        self.attachment = upload.id
        self.last, self.rows = Conversation.objects.get(pk=last.id), rows
        ops = Op.objects.bulk_create(
            Op(id=uuid7(), person=self.asking, fingerprint=b"x", received_at=now, outcome={"status": "deferred"})
            for _ in range(missing)
        )
        Clash.objects.bulk_create(
            Clash(conversation=self.last, op=one, field="summary", ours="a", theirs="b", at=now) for one in ops
        )
        WaitingOp.objects.bulk_create(
            WaitingOp(op=one, why="quarantined", body=op("update", "conversation", base=1, set={})) for one in ops
        )
        # As autovacuum does in a database in use; of rows that are not committed it knows nothing.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def card(self) -> str:
        """The code of a card of the last conversation."""
        code = new_code()
        Receipt.objects.create(digest=digest_of(read_code(code)), conversation=self.last)
        return code

    def client(self) -> Client:
        return Client(headers=self.headers)

    def ask(self, method: str, path: str, body: object = None, **more: str) -> Any:
        told = b"" if body is None else json.dumps(body).encode()
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {**self.headers, **more}
        return Client().generic(method, f"/api/v1/{path}", told, content_type=kind, headers=headers)

    def on_pages(self, path: str, body: object = None) -> Any:
        browser = Client()
        browser.force_login(self.asking)
        return browser.post(f"/api/v1/{path}", body, "application/json")


def change(filled: Filled) -> dict[str, str]:
    """The header by which the last conversation is changed."""
    return {"If-Match": filled.ask("GET", f"conversations/{filled.last.pk}")["ETag"]}


def known_people(filled: Filled) -> dict[str, str]:
    """In a quarter in which it is known of everybody who they are; and of residents too."""
    for_each = {"variable": "gender", "year": 2025, "source": "Drawn for tests", "people": 500}
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(district=filled.city.area(n), band=band, **for_each)
        for n in range(1, 10)
        for band in ("female", "male")
    )
    winter = NOON - dt.timedelta(days=90)
    accept_many(
        [
            conversation(filled.asking, bands=(Band("gender", band, 1),), occurred_at=winter)
            for _ in range(filled.rows + 60)
            for band in ("female", "male")
        ]
    )
    return {}


def hello(filled: Filled) -> dict[str, str]:
    """The header of a phone."""
    return {"Authorization": f"Bearer {enrolled(filled.asking).token}"}


def nothing(filled: Filled) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Asked:
    """How an operation is asked: with headers that are made first, and where the rows are in its answer."""

    ask: Callable[[Filled, dict[str, str]], Any]
    headers: Callable[[Filled], dict[str, str]] = nothing
    rows: str = ""
    most: int = MANY


def read(path: str, rows: str = "", most: int = MANY) -> Asked:
    return Asked(
        lambda f, _: f.ask("GET", path.format(last=f.last.pk, area=f.city.area(5).pk, attachment=f.attachment)),
        rows=rows,
        most=most,
    )


def announcement() -> dict[str, object]:
    """Of a recording for a conversation that has not come yet."""
    digest = hashlib.sha256(RECORDING).hexdigest()
    told = {"size": len(RECORDING), "sha256": digest, "media_type": "audio/ogg"}
    return {"id": str(uuid7()), "conversation": str(uuid7()), **told}


def merged(filled: Filled) -> dict[str, str]:
    """Squares and hexagons are those of the last merge."""
    merge_deltas()
    return {}


def tile(path: str, zoom: int) -> Asked:
    at = tile_at(*inside(5), zoom)
    return Asked(lambda f, _: f.ask("GET", f"tiles/{path}/{zoom}/{at.x}/{at.y}.mvt?{QUARTER[path]}"), merged)


QUARTER = {"districts/area": "", "density": "period=2026-Q2", "conversations": "period=2026-Q2"}


def as_steward(method: str, path: str, body: object = None) -> Callable[[Filled, dict[str, str]], Any]:
    """Asked by a second steward; `path` may name what was made first."""
    return lambda f, made: f.ask(
        method, path.format(**made), body, Authorization=f"Bearer {issue(User.objects.get(username='second'))}"
    )


def proposal(f: Filled) -> dict[str, str]:
    """A proposal of the quarter that the records are of."""
    first, _ = stewards(f)
    return {"pk": str(propose("2026-Q2", by=first).pk)}


def stewards(f: Filled) -> tuple[User, User]:
    return person("first", Role.STEWARD), person("second", Role.STEWARD)


def published(f: Filled) -> dict[str, str]:
    first, second = stewards(f)
    return {"code": publish_release("2026-Q2", proposed_by=first, approved_by=second).code}


def two_stewards(f: Filled) -> dict[str, str]:
    stewards(f)
    return {}


CONTACT = {"details": [{"kind": "phone", "value": "+390511234567"}]}


def agreed(filled: Filled) -> dict[str, str]:
    Consent.objects.create(conversation=filled.last, purpose="recontact", mode="spoken", notice_version="1")
    return {}


def contact_of(filled: Filled) -> tuple[str, dict[str, object]]:
    agreed(filled)
    return f"conversations/{filled.last.pk}/contact", CONTACT


FINDINGS = [{"kind": "need", "text": "x", "themes": ["rent"]}]
ASKED: dict[str, Asked] = {
    "list_layers": read("layers"),
    "list_districts": read("districts?layer=area"),
    "read_district": read("districts/{area}"),
    "district_crosswalk": read("districts/crosswalk?layer=area"),
    "list_themes": read("themes"),
    "keep_contact": Asked(lambda f, h: f.ask("PUT", f"conversations/{f.last.pk}/contact", CONTACT), agreed),
    "read_contact": Asked(
        lambda f, h: f.ask("GET", f"conversations/{f.last.pk}/contact", **h),
        lambda f: {"X-Purpose": "follow_up", "Kept": str(f.ask("PUT", *contact_of(f)).status_code)},
    ),
    "forget_contact": Asked(lambda f, _: f.ask("DELETE", f"conversations/{f.last.pk}/contact"), agreed),
    "list_notices": read("notices"),
    "copy_conversation": Asked(
        lambda f, h: f.ask("POST", "receipts/copy", h),
        lambda f: {"code": f.card()},
        "findings",
        MOST_FINDINGS,
    ),
    "withdraw_conversation": Asked(lambda f, _: f.ask("POST", "receipts/withdrawal", {"code": new_code()})),
    "list_venues": read("venues", "venues"),
    "list_sessions": read("sessions", "sessions", 200),
    "read_session": Asked(lambda f, _: f.ask("GET", f"sessions/{Session.objects.only('pk').earliest('pk').pk}")),
    "list_conversations": read("conversations?limit=500", "conversations"),
    "read_conversation": read("conversations/{last}", "findings", MOST_FINDINGS),
    "list_findings": read("findings?limit=500", "findings"),
    "need_map": read("need-map?layer=area&period=2026"),
    "coverage": read("coverage?layer=area&period=2026-Q2"),
    "coverage_next": read("coverage/next?layer=area"),
    "coverage_representation": Asked(
        lambda f, _: f.ask("GET", "coverage/representation?layer=area&period=2026-Q1"), known_people
    ),
    "coverage_weights": Asked(lambda f, _: f.ask("GET", "coverage/weights?period=2026-Q1"), known_people),
    "coverage_targets": read("coverage/targets"),
    "need_map_trend": read("need-map/trend?layer=area&period=2026-Q2&theme=rent"),
    "need_map_hexagons": Asked(lambda f, _: f.ask("GET", "need-map/hexagons?period=2026-Q2&theme=rent"), merged),
    "describe_district_tiles": read("tiles/districts/area"),
    "district_tile": tile("districts/area", 12),
    "describe_density_tiles": read("tiles/density?period=2026-Q2"),
    "density_tile": tile("density", 13),
    "describe_conversation_tiles": read("tiles/conversations"),
    "conversation_tile": tile("conversations", 14),
    "need_map_clusters": read("need-map/clusters?layer=area&period=2026-Q2&theme=rent"),
    "need_map_cells": read("need-map/cells?layer=area&period=2026&by=month"),
    "need_map_cell_columns": read("need-map/cells/columns"),
    "top_themes": Asked(
        lambda f, h: f.ask("GET", f"themes/top?district={h['pk']}&period=2026-Q2"), lambda f: {"pk": f.city.area(5).pk}
    ),
    "district_profile": Asked(
        lambda f, h: f.ask("GET", f"districts/{h['pk']}/profile?period=2026-Q2"), lambda f: {"pk": f.city.area(5).pk}
    ),
    "list_devices": read("devices", "devices", 200),
    "open_session": Asked(
        lambda f, _: f.ask(
            "POST", "sessions", {"id": str(uuid7()), "kind": "desk", "started_at": "2026-05-12T09:00:00Z"}
        )
    ),
    "log_conversation": Asked(
        lambda f, _: f.ask("POST", "conversations", document(findings=FINDINGS * min(f.rows, MOST_FINDINGS))),
        rows="findings",
        most=MOST_FINDINGS,
    ),
    "change_conversation": Asked(
        lambda f, h: f.ask(
            "PATCH", f"conversations/{f.last.pk}", {"findings": FINDINGS * min(f.rows, MOST_FINDINGS)}, **h
        ),
        change,
        "findings",
        MOST_FINDINGS,
    ),
    "change_finding": Asked(
        lambda f, h: f.ask("PATCH", f"findings/{f.last.findings.only('pk').earliest('pk').pk}", {"severity": 3}, **h),
        change,
    ),
    "delete_conversation": Asked(lambda f, _: f.ask("DELETE", f"conversations/{f.last.pk}")),
    "list_attachments": read("attachments?conversation={last}", "attachments", MOST_ATTACHMENTS),
    "announce_attachment": Asked(lambda f, _: f.ask("POST", "attachments", announcement())),
    "read_attachment": read("attachments/{attachment}"),
    "download_attachment": read("attachments/{attachment}/content"),
    "send_attachment": Asked(
        lambda f, h: f.client().generic("PATCH", h["address"], RECORDING, CHUNK, headers={"Upload-Offset": "0"}),
        lambda f: {"address": f.ask("POST", "attachments", announcement())["Location"]},
    ),
    "sync_hello": read("sync/hello"),
    "sync_push": Asked(lambda f, _: f.ask("POST", "sync/push", {"ops": [logged()]}), rows="results", most=1),
    "sync_pull": Asked(lambda f, _: f.ask("POST", "sync/pull", {}), rows="rows"),
    "sync_lookup": Asked(
        lambda f, _: f.ask("POST", "sync/lookup", {"ops": [str(pk) for pk in Op.objects.values_list("pk", flat=True)]}),
        rows="results",
    ),
    "list_conflicts": read("sync/conflicts", "conflicts", 200),
    "settle_conflict": Asked(
        lambda f, _: f.ask("POST", f"sync/conflicts/{Clash.objects.earliest('pk').pk}/settlement", {"take": "theirs"})
    ),
    "list_waiting_ops": read("sync/waiting", "waiting", 200),
    "release_waiting_op": Asked(
        lambda f, _: f.ask("POST", f"sync/waiting/{WaitingOp.objects.earliest('pk').pk}/release")
    ),
    "dismiss_waiting_op": Asked(lambda f, _: f.ask("DELETE", f"sync/waiting/{WaitingOp.objects.earliest('pk').pk}")),
    "list_fresh_phones": read("sync/phones", "phones", 200),
    "list_releases": Asked(as_steward("GET", "releases"), published),
    "propose_release": Asked(as_steward("POST", "releases/proposals", {"quarter": "2026-Q2"}), two_stewards),
    "read_release_proposal": Asked(as_steward("GET", "releases/proposals/{pk}"), proposal),
    "approve_release": Asked(as_steward("POST", "releases/proposals/{pk}/approval"), proposal),
    "reject_release": Asked(as_steward("POST", "releases/proposals/{pk}/rejection"), proposal),
    "withdraw_release": Asked(as_steward("POST", "releases/{code}/withdrawal", {"reason": "wrong"}), published),
    "issue_enrolment_code": Asked(lambda f, _: f.on_pages("devices/enrolment-codes")),
    "enrol_device": Asked(
        lambda f, h: Client().post(
            "/api/v1/devices/enrol", {"code": h["code"], "name": "phone", "public_key": JWK}, "application/json"
        ),
        lambda f: {"code": issue_code(f.asking).code},
    ),
    "hello": Asked(lambda f, h: f.ask("POST", "devices/hello", {}, **h), hello),
    "confirm_device": Asked(
        lambda f, h: f.on_pages(f"devices/{h['pk']}/confirmation", {"comparison_number": h["number"]}),
        lambda f: {"pk": str((made := enrolled(f.asking).device).pk), "number": made.comparison_number},
    ),
    "revoke_device": Asked(
        lambda f, _: f.ask("DELETE", f"devices/{Device.objects.only('pk').earliest('pk').pk}?forget=true")
    ),
}


def test_every_operation_is_asked() -> None:
    assert set(ASKED) == {o["operationId"] for operations in WRITTEN["paths"].values() for o in operations.values()}


@pytest.fixture
def filled(city: City, themes: dict[str, Any]) -> Filled:
    asking = person("asking", Role.COORDINATOR, Role.LISTENER)
    return Filled(city, themes, asking, {"Authorization": f"Bearer {issue(asking)}"})


def queries(filled: Filled, asked: Asked) -> list[str]:
    """What the second of two requests asked the database; both are undone."""
    told: list[str] = []
    for _ in range(2):
        with transaction.atomic():
            headers = asked.headers(filled)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                answer = asked.ask(filled, headers)
            told = [query["sql"][:120] for query in captured.captured_queries]
            assert answer.status_code < 300, answer.content
            if asked.rows:
                assert len(answer.json()[asked.rows]) == min(filled.rows, asked.most)
            transaction.set_rollback(True)
    return told


def test_nothing_is_asked_per_row(filled: Filled) -> None:
    filled.fill(ONE)
    for_one = {name: queries(filled, asked) for name, asked in ASKED.items()}
    filled.fill(MANY)
    assert Finding.objects.count() > MANY
    for name, asked in ASKED.items():
        for_many = queries(filled, asked)
        assert len(for_many) == len(for_one[name]), (name, for_one[name], for_many[:20])
    print("queries per operation:", {name: len(told) for name, told in for_one.items()})
