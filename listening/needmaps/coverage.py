"""How much was listened where, against who lives there; and where to listen next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from django.db import connection

from backend import clock
from backend.db import sql
from backend.periods import Period
from districts.models import BoundaryEdition
from listening.fieldwork.scope import Reach
from listening.needmaps.query import NeedMapQuery
from listening.needmaps.released import read_figures
from listening.needmaps.tiers import NotInRelease, Source
from listening.releases.values import CONVERSATIONS, PERSONS
from listening.statistics.allocation import allocate, deficits, targets
from listening.statistics.arrays import floats
from listening.statistics.coverage import Balance, ListeningRate, balance, listening_rate

# Of a crowd that was met together one heard a few.
MOST_PEOPLE: Final = 10
# What a city with few staff can do: some three thousand conversations a year, some hundred sessions a quarter.
USUAL_CONVERSATIONS: Final = 3_000
USUAL_SESSIONS: Final = 100


@dataclass(frozen=True, slots=True)
class Listening:
    """What was listened in a place, and who lives there. `residents` None: not known; `is_excluded`: no denominator."""

    district_id: int | None
    code: str
    name: str
    residents: int | None
    is_excluded: bool
    conversations: int
    people: int
    sessions: int | None  # None of a release, as listeners
    listeners: int | None

    @property
    def denominator(self) -> int:
        """Residents that a rate may be taken of; 0 where there is none."""
        return 0 if self.is_excluded or self.residents is None else self.residents


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """The places of a layer with their rates. `balance` is over places: who was met where, against who lives where."""

    places: tuple[Listening, ...]
    elsewhere: Listening | None
    rates: ListeningRate
    balance: Balance


def count_listening(query: NeedMapQuery, period: Period) -> list[Listening]:
    """One query. The last may be one without a district: what lies in none of the places."""
    query.check_counted(period)
    return _count(query.edition, query.epoch, period, query.reach)


def _count(edition: BoundaryEdition, epoch: int | None, period: Period, reach: Reach) -> list[Listening]:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.read("listening.needmaps", "count_listening.sql"),
            {
                "edition": edition.pk,
                "epoch": epoch and str(epoch),
                "first": period.first,
                "until": period.until,
                "year": period.first.year,
                "most": MOST_PEOPLE,
                "districts": reach.as_list(),
            },
        )
        return [Listening(*row) for row in cursor.fetchall()]


def released_listening(query: NeedMapQuery, sources: Sequence[Source]) -> list[Listening]:
    """What releases tell, one or more quarters together; residents are those of the first. Four queries."""
    found = read_figures(sources, [query.layer.code], [])
    first, *more = (found[source] for source in sources)
    return [
        Listening(
            place.district_id,
            place.code,
            place.name,
            place.residents,
            place.is_excluded,
            sum(one.count(place, CONVERSATIONS) for one in (first, *more)),
            sum(one.count(place, PERSONS) for one in (first, *more)),
            None,
            None,
        )
        for place in first.of(query, query.edition)
    ]


def cover(query: NeedMapQuery) -> Coverage:
    """The coverage of a layer in a period. One query; four of a release."""
    source = query.source
    counted = count_listening(query, query.period) if source is None else released_listening(query, [source])
    places = tuple(one for one in counted if one.district_id is not None)
    rates = listening_rate([one.people for one in places], [one.denominator for one in places])
    known = [one for one in places if one.denominator]
    people, residents = (
        floats([one.people for one in known], "people"),
        floats([one.denominator for one in known], "residents"),
    )
    return Coverage(
        places,
        next((one for one in counted if one.district_id is None), None),
        rates,
        balance(people, residents),
    )


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where to listen next: conversations that a place should have had, those it had, and its next sessions."""

    place: Listening
    target: float
    deficit: float
    sessions: int


@dataclass(frozen=True, slots=True)
class Lately:
    """The quarters by which it is told where to listen next. `sources`: their releases; none where they are counted."""

    period: Period
    sources: tuple[Source, ...] = ()

    @property
    def years(self) -> float:
        return len(self.sources) / 4 if self.sources else 1.0

    @classmethod
    def of(cls, query: NeedMapQuery) -> Self:
        """The last four quarters; for whoever reads the releases alone, the newest ones in a row that are there.

        Raises NotInRelease when the layer is not published by the quarter.
        """
        year, tier = last_year(), query.tier
        if not tier.touched(year):
            return cls(year)
        run: list[Period] = []
        for quarter in (one for one in tier.released() if "-Q" in one.label):
            if len(run) < 4 and (not run or quarter.until == run[-1].first):
                run.append(quarter)
        sources = tuple(source for one in run if (source := tier.source(one)) is not None)
        if not sources:
            layer = query.layer.code
            raise NotInRelease(tier, year, what=f"of {layer} by the quarter", parameter="layer", value=layer)
        first, until = run[-1].first, run[0].until
        return cls(Period(f"{first.isoformat()}/{until.isoformat()}", first, until), sources)


def propose(query: NeedMapQuery, lately: Lately, *, affordable: int, sessions: int) -> list[Proposal]:
    """Divide the sessions of the next quarter among the places that lack most. One query; four of releases.

    `affordable` are the conversations that the city can hold in a year. Places without residents, or whose figure is no
    denominator, get no target.
    """
    counted = released_listening(query, lately.sources) if lately.sources else count_listening(query, lately.period)
    places = [one for one in counted if one.district_id is not None and one.denominator]
    target = targets([one.denominator for one in places], affordable=affordable * lately.years)
    lacking = deficits(target, [one.conversations for one in places])
    given = allocate(lacking, sessions)
    proposals = [
        Proposal(place, float(wanted), float(lacks), int(gets))
        for place, wanted, lacks, gets in zip(places, target, lacking, given, strict=True)
    ]
    return sorted(proposals, key=lambda one: (-one.sessions, -one.deficit, one.place.code))


@dataclass(frozen=True, slots=True)
class Target:
    """Conversations that a place should have in a year, from all listeners together."""

    place: Listening
    conversations: float


def plan(edition: BoundaryEdition, *, affordable: int) -> list[Target]:
    """Divide the conversations that the city can hold in a year among the places of a layer, as `propose` does.

    It is a plan: it says nothing of what was heard, and reads no record. One query, of a span without a day.
    """
    today = clock.today()
    everybody_s = _count(edition, None, Period("", today, today), Reach(everywhere=True))
    places = [one for one in everybody_s if one.denominator]
    wanted = targets([one.denominator for one in places], affordable=affordable)
    return [Target(place, float(number)) for place, number in zip(places, wanted, strict=True)]


def last_year() -> Period:
    """The four quarters before the one that is open now."""
    today = clock.local_date(clock.now())
    until = Period.quarter(today.year, (today.month + 2) // 3).first
    first = until.replace(year=until.year - 1)
    return Period(f"{first.isoformat()}/{until.isoformat()}", first, until)
