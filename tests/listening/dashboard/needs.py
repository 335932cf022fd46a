"""Need maps without a database, and a year of listening in Squareville."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from uuid6 import uuid7

from backend.periods import Period
from districts.models import BoundaryEdition, Layer
from listening.capture.accept import accept_many
from listening.capture.submission import Place, Submission
from listening.codelists.models import Theme
from listening.drawing.choropleth import class_of
from listening.fieldwork.models import User
from listening.fieldwork.scope import Reach
from listening.needmaps.build import CityNeed, DistrictNeed, NeedMap, NeedMapQuery
from listening.needmaps.need import PlaceClaim
from listening.rollups.merge import merge_deltas
from listening.statistics.breaks import BREAKS
from tests.listening.submissions import conversation, heard

NOTHING = CityNeed(0, 0, 0)


def need(name: str, conversations: int, mentioning: int, number: int = 0) -> DistrictNeed:
    """A place whose value is its plain share, readable from 20 conversations on."""
    share = mentioning / conversations if conversations else 0.0
    claim = PlaceClaim(
        share_low=max(0.0, share - 0.1),
        share_high=min(1.0, share + 0.1),
        n_eff=conversations,
        deff=1.0,
        share_eb=share,
        local_weight=1.0,
        reliability="0" if not conversations else "B" if conversations >= 20 else "X",
        location_quotient=None,
        class_index=class_of(share, BREAKS),
    )
    return DistrictNeed(conversations, mentioning, mentioning, claim=claim, district_id=number, code=name, name=name)


def need_map(
    *needs: DistrictNeed, theme: str | None = "housing", kind: str | None = None, unplaced: CityNeed = NOTHING
) -> NeedMap:
    layer = Layer(code="zona", rank=0, names={"it": "Zona", "en": "Zone"})
    return NeedMap(
        query=NeedMapQuery(
            edition=BoundaryEdition(layer=layer, code="2026", source="Drawn for tests", licence="CC0-1.0"),
            period=Period.year(2026),
            theme=Theme(pk=1, code=theme) if theme else None,
            kind=kind,
            reach=Reach(everywhere=True),
        ),
        districts=needs,
        city=CityNeed(
            *(
                sum(getattr(each, field) for each in (*needs, unplaced))
                for field in ("conversations", "mentioning", "mentions")
            )
        ),
        unplaced=unplaced,
    )


def listen_in_squareville(themes: dict[str, Theme], listener: User) -> None:
    """Area 1: 20 of 40 on rent; 5: 1 of 25 on rent; 7: 3 of 30 on mobility (challenges); 9: 4 of 5 on rent; one on rent
    for the whole city. All in May 2026, all needs but those on mobility; nobody listened elsewhere."""

    def some(count: int, area: int, *codes: str, kind: str = "need") -> list[Submission]:
        findings = [heard(kind, *(themes[code] for code in codes))] if codes else []
        return [
            conversation(listener, *(replace(finding, id=uuid7()) for finding in findings), area=area)
            for _ in range(count)
        ]

    accept_many(
        [
            *some(20, 1, "rent"),
            *some(20, 1),
            *some(1, 5, "rent"),
            *some(24, 5),
            *some(3, 7, "mobility", kind="challenge"),
            *some(27, 7),
            *some(4, 9, "rent"),
            *some(1, 9),
            conversation(listener, heard("need", themes["rent"]), place=Place("city")),
        ]
    )


def listen_for_two_years(themes: dict[str, Theme], listener: User) -> None:
    """Area 1: 30 of 60 on rent in the second quarter of 2026, 3 of 60 a year before; area 5: 10 of 40 in both."""
    for year, often in ((2026, 30), (2025, 3)):
        accept_many(
            [
                conversation(listener, *([heard("need", themes["rent"])] if told else []), area=area, occurred_at=at)
                for area, held, saying in ((1, 60, often), (5, 40, 10))
                for number in range(held)
                for told, at in [(number < saying, dt.datetime(year, 5, 1 + number % 28, 12, tzinfo=dt.UTC))]
            ]
        )
    merge_deltas()
