"""What arrives at the door: a conversation as it was submitted, already parsed, not yet accepted.

Plain values: they cross from the API, the sync protocol and the demo into `accept`, and hold no database object.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

PlaceKind = Literal["point", "district", "city", "none"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened or what it is about.

    `lon` and `lat` are WGS 84 degrees (EPSG:4326) for a point, `accuracy_m` metres (68 % radius as phones give it);
    `district_id` names a district of any layer for kind "district".
    """

    kind: PlaceKind
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    district_id: int | None = None


NOWHERE = Place("none")


@dataclass(frozen=True, slots=True)
class Band:
    """How many of the people present fall into one band of one variable (age, gender, tie, citizenship)."""

    variable: str
    band: str
    people: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """One purpose to which the residents agreed, how they said so, and what they were told."""

    purpose: str
    mode: str
    notice_version: str


@dataclass(frozen=True, slots=True)
class FindingSubmission:
    """One thing heard. `themes` are primary keys of Theme; none is required at capture."""

    id: UUID
    kind: str
    text: str = ""
    themes: tuple[int, ...] = ()
    severity: int | None = None
    shared_by: int | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Submission:
    """One conversation with its findings. `occurred_at` is aware; `received_at` None means now.

    `receipt` is the HMAC of the code on the card that the residents were given: the code itself goes no further.
    """

    id: UUID
    listener_id: int
    occurred_at: dt.datetime
    channel: str
    place: Place
    language: str = ""
    people_count: int = 1
    summary: str = ""
    bands: tuple[Band, ...] = ()
    session_id: UUID | None = None
    venue_id: int | None = None
    findings: tuple[FindingSubmission, ...] = field(default=())
    is_test: bool = False
    may_be_counted: bool = True
    consents: tuple[Agreed, ...] = ()
    receipt: bytes | None = None
    received_at: dt.datetime | None = None
