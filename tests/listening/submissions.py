"""Minimal valid submissions, for tests to vary."""

from __future__ import annotations

import datetime as dt
from typing import Any

from uuid6 import uuid7

from listening.capture.submission import FindingSubmission, Place, Submission
from listening.codelists.models import Theme
from listening.fieldwork.models import User
from tests.canaries import CANARY
from tests.squareville import inside

NOON = dt.datetime(2026, 5, 12, 12, 0, tzinfo=dt.UTC)


def at(area: int) -> Place:
    """The middle of an area of Squareville."""
    lon, lat = inside(area)
    return Place("point", lon=lon, lat=lat, accuracy_m=10.0)


def heard(kind: str = "need", *themes: Theme, **members: Any) -> FindingSubmission:
    told = {"text": CANARY, **members}
    return FindingSubmission(id=uuid7(), kind=kind, themes=tuple(theme.pk for theme in themes), **told)


def conversation(listener: User, *findings: FindingSubmission, area: int = 5, **members: Any) -> Submission:
    defaults: dict[str, Any] = {
        "id": uuid7(),
        "listener_id": listener.pk,
        "occurred_at": NOON,
        "channel": "street",
        "place": at(area),
        "findings": findings,
        "summary": CANARY,
    }
    return Submission(**{**defaults, **members})


def document(**members: Any) -> dict[str, Any]:
    """A valid body of POST /api/v1/conversations in area 5."""
    lon, lat = inside(5)
    return {
        "id": str(uuid7()),
        "occurred_at": "2026-05-12T14:00:00+02:00",
        "channel": "street",
        "place": {"kind": "point", "point": {"type": "Point", "coordinates": [lon, lat]}, "accuracy_m": 12},
        "findings": [{"kind": "need", "text": f"L'affitto è troppo alto in tutta la città, dice {CANARY}"}],
        **members,
    }
