"""Set up the demonstration: people, the schematic city, venues, themes and three years of invented listening.

Everything comes in through the doors that a city uses: the importer, the codelist loader, capture.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import shapely
import yaml
from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction

from backend import clock
from backend.periods import Period
from districts.importing.run import import_edition
from districts.models import District
from listening.capture.accept import BATCH, accept_many
from listening.codelists.load import load_themes
from listening.codelists.models import Theme
from listening.consent.load import load_notices
from listening.demo.conversations import DemoArea, DemoSession, DemoTheme, DemoVenue, Stage, invent
from listening.demo.people import assign_districts, demo_people, make_people
from listening.fieldwork.models import Session, Venue
from listening.fieldwork.roles import Role
from listening.publishing.build import DAYS_CLOSED
from listening.publishing.errors import NothingToPublish
from listening.publishing.propose import publish_release
from listening.records.models import Conversation
from listening.releases.models import Release
from listening.rollups.merge import merge_deltas

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
LAYERS = ("aree", "zone", "prossimita", "quartieri", "comune")
CONVERSATIONS = 9_000

Tell = Callable[[str], object]


class NotADemo(RuntimeError):
    """The demonstration was asked for where a city may work."""


class BrokenFixture(RuntimeError):
    """A file of the demonstration was refused; the message is the report."""


def load_demo(
    *,
    conversations: int = CONVERSATIONS,
    seed: int = 1,
    until: dt.date | None = None,
    publish: bool = False,
    tell: Tell,
) -> None:
    """Load what is missing; what is there stays as it is, so a second call changes nothing.

    Raises NotADemo outside demo mode, BrokenFixture when a fixture is refused.
    """
    if not settings.DEMO:
        raise NotADemo(
            "The demonstration has people whose password everybody knows. Set LISTENING_DEMO=1 on a machine and a "
            "database that hold nothing else; `make demo` does so."
        )
    people = make_people()
    tell(f"people: {', '.join(people)}")
    for name in LAYERS:
        report = import_edition(FIXTURES / "bologna" / f"{name}.yaml", FIXTURES / "bologna" / f"{name}.geojson")
        if report.outcome not in {"imported", "unchanged"}:
            raise BrokenFixture(report.as_text())
        tell(f"{report.layer}: {report.districts} districts {report.outcome}")
    report = import_edition(FIXTURES / "bologna" / "residents_2023.yaml", FIXTURES / "bologna" / "residents_2023.csv")
    if report.outcome != "figures":
        raise BrokenFixture(report.as_text())
    tell(f"margins: residents by age and citizenship of {report.districts} districts of {report.layer}")
    assign_districts()
    themes = load_themes(FIXTURES / "themes.yaml")
    tell(f"themes: {themes.added} added, {themes.changed} changed")
    load_notices(FIXTURES / "notice.yaml")
    tell(f"venues: {load_venues()} added")
    if Conversation.objects.filter(listener__in=demo_people()).exists():
        tell(f"conversations: {Conversation.objects.count()} are there")
    else:
        day = until or clock.local_date(clock.now())
        tell(f"conversations: {load_conversations(conversations, seed=seed, until=day)} invented, until {day}")
        merge_deltas()
    if publish:
        tell(f"releases: {publish_quarters(clock.local_date(clock.now()), tell)} published")


def load_venues() -> int:
    """Create the venues of the demonstration that are missing; returns how many."""
    told = yaml.safe_load((FIXTURES / "bologna" / "venues.yaml").read_text(encoding="utf-8"))
    known = set(Venue.objects.values_list("code", flat=True))
    new = [v for v in [*told["libraries"], *told["invented"]] if v["code"] not in known]
    Venue.objects.bulk_create(
        Venue(
            code=venue["code"],
            name=venue["name"],
            kind=venue.get("kind", Venue.Kind.LIBRARY),
            location=Point(venue["point"][0], venue["point"][1], srid=4326),
        )
        for venue in new
    )
    return len(new)


@transaction.atomic
def load_conversations(number: int, *, seed: int, until: dt.date) -> int:
    """Invent conversations and take them in through capture; returns how many were new."""
    stage = read_stage()
    invention = invent(stage, conversations=number, seed=seed, until=until)
    store_sessions(stage, invention.sessions)
    new = 0
    while batch := list(islice(invention.conversations, BATCH)):
        new += accept_many(batch)
    return new


def store_sessions(stage: Stage, sessions: list[DemoSession]) -> None:
    """Sessions must be there before the conversations in them."""
    Session.objects.bulk_create(
        (
            Session(
                id=session.id,
                kind=session.kind,
                venue_id=stage.venues[session.venue].pk if session.venue >= 0 else None,
                started_at=session.started_at,
                ended_at=session.started_at + dt.timedelta(hours=2),
                convener_id=stage.listeners[session.listener],
            )
            for session in sessions
        ),
        ignore_conflicts=True,
    )


def read_stage() -> Stage:
    """The base districts, venues, themes and listeners that are in the database."""
    today = clock.local_date(clock.now())
    areas = District.objects.valid_on(today).filter(edition__layer__rank=0).prefetch_related("populations")
    return Stage(
        areas=tuple(
            DemoArea(
                pk=area.pk,
                residents=max((p.residents for p in area.populations.all()), default=1_000),
                lon=area.point_on_surface.x,
                lat=area.point_on_surface.y,
                geometry=shapely.from_wkb(bytes(area.geometry.wkb)),
            )
            for area in areas
        ),
        venues=tuple(
            DemoVenue(venue.pk, venue.kind, venue.location.x, venue.location.y)
            for venue in Venue.objects.all()
            if venue.location is not None
        ),
        themes=tuple(
            DemoTheme(theme.pk, theme.code, tuple(child.pk for child in theme.children.all()))
            for theme in Theme.objects.filter(parent=None, retired_on=None).prefetch_related("children")
        ),
        listeners=tuple(
            demo_people().filter(assignments__role=Role.LISTENER).order_by("username").values_list("pk", flat=True)
        ),
    )


def publish_quarters(today: dt.date, tell: Tell) -> int:
    """Publish the closed quarters of this year and last year that have no release; returns how many."""
    proposer, approver = (demo_people().get(username=name) for name in ("steward", "steward2"))
    published = 0
    for quarter in (Period.quarter(year, number) for year in (today.year - 1, today.year) for number in (1, 2, 3, 4)):
        if quarter.until + dt.timedelta(days=DAYS_CLOSED) > today or Release.objects.of_quarter(quarter.label).exists():
            continue
        try:
            release = publish_release(quarter.label, proposed_by=proposer, approved_by=approver)
        except NothingToPublish:
            continue  # a small demonstration leaves quarters out
        audit = release.audit
        tell(
            f"release {release.code}: {audit['cells']} cells attacked, "
            f"at least {audit['min_candidates']} candidates each, {audit['recovered']} recovered"
        )
        published += 1
    return published
