"""The ledger of ops: what became of each, so that it happens once."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from backend.db import sql
from listening.fieldwork.models import User
from listening.sync.models import Op
from listening.sync.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Received:
    """An op as it arrived."""

    op: UUID
    person: User
    device_id: UUID | None
    fingerprint: bytes
    received_at: dt.datetime


def find(received: Received) -> Outcome | None:
    """What became of an op that came before; None when it did not. With other content, or another's, it is refused."""
    known = Op.objects.filter(pk=received.op).first()
    if known is None:
        return None
    is_same = hmac.compare_digest(bytes(known.fingerprint), received.fingerprint)
    if known.person_id != received.person.pk or not is_same:
        return Outcome("rejected", {"reason": "op_reused"})
    return Outcome("duplicate", {"outcome": known.outcome})


def write(received: Received, outcome: Outcome) -> Op:
    return Op.objects.create(
        id=received.op,
        person=received.person,
        device_id=received.device_id,
        fingerprint=received.fingerprint,
        received_at=received.received_at,
        outcome=outcome.as_json(),
    )


def write_many(outcomes: Sequence[tuple[Received, Outcome]]) -> None:
    """The ops of one push, at once: they have person, phone and time in common."""
    first = outcomes[0][0]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.sync", "insert_ops.sql"),
            {
                "person": first.person.pk,
                "device": first.device_id,
                "received_at": first.received_at,
                "ops": [received.op for received, _ in outcomes],
                "fingerprints": [received.fingerprint for received, _ in outcomes],
                "outcomes": [json.dumps(outcome.as_json()) for _, outcome in outcomes],
            },
        )


def look_up(person: User, ops: Collection[UUID]) -> dict[UUID, dict[str, object]]:
    """The outcomes of a person's own ops; those of others are not there, like those that never came."""
    return dict(Op.objects.filter(person=person, pk__in=ops).values_list("pk", "outcome"))
