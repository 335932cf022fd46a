"""Three years of invented listening: uneven, clustered in sessions, with real structure in space and time.

Pure: numbers in, submissions out; the same seed gives the same conversations. Method: effort per area is residents
times a lognormal factor; whether a conversation mentions a theme is a logistic model with a Gaussian field over the
city (exponential covariance), an effect of the session, and a trend.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from listening.capture.submission import Band, FindingSubmission, Place, Submission
from listening.demo.sentences import BY_KIND, ENGLISH, ITALIAN, UNTHEMED, WHEN, WHERE

Floats = NDArray[np.float64]

DAYS = 3 * 365
PER_SESSION = 12  # conversations, on average
EFFORT_SIGMA = 0.9
FIELD_SIGMA = 0.5  # of the logit, over space
FIELD_RANGE_M = 1_500.0
SESSION_SIGMA = 0.35  # of the logit, between sessions: what one says at a table another takes up
THEMES_PER_CONVERSATION = 2.2
METRES_PER_DEGREE = 111_195.0

# How often each theme is heard, relative to the others.
POPULARITY = {
    "housing": 9, "mobility": 9, "green_space": 7, "public_space": 8, "services": 5, "social_spaces": 6, "safety": 5,
    "children_family": 5, "older_people": 5, "young_people": 5, "health": 4, "work": 4, "education": 4, "culture": 4,
    "intercultural": 4, "sport_play": 3, "environment_climate": 4, "participation_info": 3, "digital": 2,
    "inclusion_disability": 2, "other": 1,
}  # fmt: skip
RISING = {"housing": 0.35}  # logit a year
SUMMERLY = {"environment_climate": 1.1}  # logit in July against January
# Spoken languages after the nationalities of residents (BCP 47), in parts per thousand.
LANGUAGES = {
    "it": 700, "ro": 45, "en": 40, "bn": 28, "ur": 24, "ar": 28, "uk": 20, "zh": 22, "fil": 18, "sq": 16, "es": 16,
    "fr": 12, "ru": 8, "pl": 5, "fa": 5, "pt": 4, "si": 3, "ta": 2, "ti": 2, "ka": 2,
}  # fmt: skip
# Of people who speak a language, the part with Italian, another EU and any other citizenship.
CITIZENSHIPS = {
    "it": (0.95, 0.02, 0.03), "en": (0.2, 0.2, 0.6), "ro": (0.1, 0.8, 0.1), "pl": (0.1, 0.9, 0.0),
    "fr": (0.2, 0.3, 0.5), "es": (0.2, 0.3, 0.5), "pt": (0.2, 0.4, 0.4),
}  # fmt: skip
OTHER_CITIZENSHIPS = (0.15, 0.0, 0.85)
NOTED = 0.88  # of the conversations, for each variable
KINDS = {"need": 46, "challenge": 28, "proposal": 12, "asset": 6, "question": 5, "thanks": 3}
CHANNELS = {"stall": "street", "walk": "street", "desk": "venue_desk", "workshop": "event", "assembly": "event"}
HOURS = np.array([9, 10, 11, 12, 15, 16, 17, 18])
WEEKDAYS = np.array([1.0, 1.1, 1.3, 1.1, 1.2, 0.9, 0.25])


@dataclass(frozen=True, slots=True)
class DemoArea:
    """A base district to listen in: primary key, residents, a point inside and its boundary (EPSG:4326)."""

    pk: int
    residents: int
    lon: float
    lat: float
    geometry: shapely.Geometry


@dataclass(frozen=True, slots=True)
class DemoVenue:
    """A venue: primary key, kind and point (EPSG:4326 degrees)."""

    pk: int
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class DemoTheme:
    """A theme: primary key, code, and the primary keys of those below it."""

    pk: int
    code: str
    children: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the invention takes place, and who listens (primary keys)."""

    areas: tuple[DemoArea, ...]
    venues: tuple[DemoVenue, ...]
    themes: tuple[DemoTheme, ...]
    listeners: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DemoSession:
    """An invented session; `area` and `venue` are indexes into the stage, `venue` -1 for the street."""

    id: UUID
    kind: str
    area: int
    venue: int
    listener: int
    started_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Invention:
    """Sessions, and how to make the conversations in them."""

    sessions: list[DemoSession]
    conversations: Iterator[Submission]


def invent(stage: Stage, *, conversations: int, seed: int, until: dt.date) -> Invention:
    """Invent listening in the three years before a day (exclusive).

    `conversations` is exact; about one in twelve begins a session.
    """
    draw = np.random.default_rng(seed)
    sessions = _sessions(stage, max(1, conversations // PER_SESSION), until, draw)
    return Invention(sessions, _conversations(stage, sessions, conversations, until, draw))


def _sessions(stage: Stage, number: int, until: dt.date, draw: np.random.Generator) -> list[DemoSession]:
    residents = np.array([area.residents for area in stage.areas], dtype=float)
    effort = residents * draw.lognormal(0.0, EFFORT_SIGMA, len(residents))
    where = draw.choice(len(residents), size=number, p=effort / effort.sum())
    days = np.arange(DAYS)
    first = until - dt.timedelta(days=DAYS)
    # Busy spring and autumn, little in August, waves of a few weeks, hardly a Sunday.
    season = np.array([0.25 if (first + dt.timedelta(days=int(d))).month == 8 else 1.0 for d in days])
    waves = np.exp(0.4 * np.sin(2 * math.pi * days / 83) + 0.3 * np.sin(2 * math.pi * days / 31))
    weekday = WEEKDAYS[(days + first.weekday()) % 7]
    chance = season * waves * weekday
    when = draw.choice(days, size=number, p=chance / chance.sum())
    listeners = draw.integers(0, len(stage.listeners), size=number)
    near = _venues_of_areas(stage)
    made = []
    for k in range(number):
        area = int(where[k])
        venue = int(draw.choice(near[area])) if near[area] and draw.random() < 0.6 else -1
        kind = (
            "desk"
            if venue >= 0 and stage.venues[venue].kind == "library"
            else str(draw.choice(["stall", "walk", "workshop", "assembly"], p=[0.5, 0.25, 0.15, 0.1]))
        )
        at = dt.datetime.combine(first + dt.timedelta(days=int(when[k])), dt.time(int(draw.choice(HOURS))), dt.UTC)
        made.append(DemoSession(_uuid7(at, draw), kind, area, venue, int(listeners[k]), at))
    return made


def _conversations(
    stage: Stage, sessions: list[DemoSession], number: int, until: dt.date, draw: np.random.Generator
) -> Iterator[Submission]:
    popularity = np.array([POPULARITY.get(theme.code, 1) for theme in stage.themes], dtype=float)
    base = _logit(np.minimum(0.6, popularity / popularity.sum() * THEMES_PER_CONVERSATION * 0.88))
    field = _fields(stage, draw)
    pools = _points_inside(stage, draw)
    # In the next town, 1.6 km east of the city: some conversations are held outside every district.
    _, south, east, north = shapely.total_bounds([area.geometry for area in stage.areas])
    fair = (float(east) + 0.02, float(south + north) / 2)
    end = dt.datetime.combine(until, dt.time(), dt.UTC)
    languages, language_p = list(LANGUAGES), np.array(list(LANGUAGES.values())) / sum(LANGUAGES.values())
    kinds, kind_p = list(KINDS), np.array(list(KINDS.values())) / sum(KINDS.values())
    effects: dict[int, Floats] = {}
    of = np.sort(draw.integers(0, len(sessions), size=number))
    for k in range(number):
        session = sessions[of[k]]
        if of[k] not in effects:
            effects = {
                of[k]: draw.normal(0.0, SESSION_SIGMA, len(stage.themes)) + _trend(stage, session.started_at, end)
            }
        chance = 1 / (1 + np.exp(-(base + field[:, session.area] + effects[of[k]])))
        mentioned = np.flatnonzero(draw.random(len(chance)) < chance)
        dice = draw.random(16)
        at = session.started_at + dt.timedelta(seconds=int(dice[0] * 7200))
        people = 1 + int(dice[1] > 0.72) + int(dice[1] > 0.88) + (int(dice[1] > 0.96) * int(1 + dice[2] * 8))
        language = languages[int(np.searchsorted(language_p.cumsum(), dice[3]))]
        yield Submission(
            id=_uuid7(at, draw),
            listener_id=stage.listeners[session.listener],
            occurred_at=at,
            received_at=min(at + dt.timedelta(minutes=float(-40 * math.log(1 - dice[4] * 0.999))), end),
            channel="phone" if dice[5] > 0.985 else CHANNELS[session.kind],
            place=_place(stage, session, pools, fair, dice[6:11]),
            language=language,
            people_count=people,
            bands=_bands(people, language, draw),
            session_id=session.id,
            venue_id=stage.venues[session.venue].pk if session.venue >= 0 else None,
            findings=tuple(_findings(stage, mentioned, people, language, kinds, kind_p, at, draw)),
        )


def _findings(
    stage: Stage,
    mentioned: NDArray[np.intp],
    people: int,
    language: str,
    kinds: list[str],
    kind_p: Floats,
    at: dt.datetime,
    draw: np.random.Generator,
) -> Iterator[FindingSubmission]:
    """A finding per theme that was mentioned; some take two, some have none yet."""
    rest = list(mentioned)
    if draw.random() < 0.22:
        rest.append(-1)
    while rest:
        index = rest.pop(0)
        dice = draw.random(9)
        kind = kinds[int(np.searchsorted(kind_p.cumsum(), dice[0]))]
        if index < 0:
            themes: tuple[int, ...] = ()
            text = UNTHEMED[int(dice[1] * len(UNTHEMED))]
        else:
            theme = stage.themes[index]
            below = theme.children and dice[2] < 0.5
            themes = (theme.children[int(dice[3] * len(theme.children))] if below else theme.pk,)
            text = _sentence(theme.code, kind, language, dice)
            if rest and rest[0] >= 0 and dice[4] < 0.15:
                themes += (stage.themes[rest.pop(0)].pk,)
        about = Place("none")
        if dice[5] < 0.06:
            about = Place("district", district_id=stage.areas[int(dice[6] * len(stage.areas))].pk)
        yield FindingSubmission(
            id=_uuid7(at, draw),
            kind=kind,
            text=text,
            themes=themes,
            severity=None
            if dice[7] < 0.2
            else 1 + int(dice[7] > 0.3) + int(dice[7] > 0.5) + int(dice[7] > 0.72) + int(dice[7] > 0.92),
            shared_by=None if dice[8] < 0.4 else 1 + int((dice[8] - 0.4) / 0.6 * people * 0.999),
            place=about,
        )


def _sentence(code: str, kind: str, language: str, dice: Floats) -> str:
    if language == "en" and code in ENGLISH:
        return ENGLISH[code]
    choices = ITALIAN.get(code, ITALIAN["other"])
    sentence = choices[int(dice[1] * len(choices))].format(
        where=WHERE[int(dice[6] * len(WHERE))], when=WHEN[int(dice[8] * len(WHEN))]
    )
    sentence = sentence[0].upper() + sentence[1:]
    if kind in BY_KIND:
        sentence = BY_KIND[kind] + sentence[0].lower() + sentence[1:]
    return sentence


def _place(stage: Stage, session: DemoSession, pools: list[Floats], fair: tuple[float, float], dice: Floats) -> Place:
    if dice[0] < 0.03:
        return Place("city")
    if dice[0] < 0.05:
        return Place("none")
    if dice[0] < 0.15:
        return Place("district", district_id=stage.areas[session.area].pk)
    if session.venue >= 0:
        venue = stage.venues[session.venue]
        # Within some 60 m of the venue: a phone between walls.
        lon = venue.lon + (dice[1] - 0.5) * 0.0012
        lat = venue.lat + (dice[2] - 0.5) * 0.0009
    else:
        pool = pools[session.area]
        lon, lat = pool[int(dice[1] * len(pool))]
    if dice[0] > 0.995:
        lon, lat = fair[0] + (dice[1] - 0.5) * 0.002, fair[1] + (dice[2] - 0.5) * 0.002
    return Place(
        "point", lon=round(float(lon), 6), lat=round(float(lat), 6), accuracy_m=round(4 + 60 * float(dice[3]) ** 3, 1)
    )


def _bands(people: int, language: str, draw: np.random.Generator) -> tuple[Band, ...]:
    """Bands are noted down for most conversations; each person falls into one band of a variable."""
    bands: dict[tuple[str, str], int] = {}
    for variable, names, p in (
        ("age", ("0-13", "14-17", "18-34", "35-64", "65+"), (0.02, 0.04, 0.2, 0.42, 0.32)),
        ("gender", ("female", "male", "other"), (0.56, 0.42, 0.02)),
        ("tie", ("lives", "works", "studies", "passes"), (0.78, 0.1, 0.06, 0.06)),
        ("citizenship", ("it", "eu", "non_eu"), CITIZENSHIPS.get(language, OTHER_CITIZENSHIPS)),
    ):
        if draw.random() < NOTED:
            for index in np.searchsorted(np.cumsum(p), draw.random(people) * 0.9999):
                bands[variable, names[int(index)]] = bands.get((variable, names[int(index)]), 0) + 1
    return tuple(Band(variable, band, count) for (variable, band), count in bands.items())


def _fields(stage: Stage, draw: np.random.Generator) -> Floats:
    """One Gaussian field per theme over the areas, shape (themes, areas), on the logit scale."""
    points = np.array([(area.lon, area.lat) for area in stage.areas])
    metres = points * np.array([METRES_PER_DEGREE * math.cos(math.radians(points[:, 1].mean())), METRES_PER_DEGREE])
    distance = np.hypot(*(metres[:, None] - metres[None]).transpose(2, 0, 1))
    root = np.linalg.cholesky(np.exp(-distance / FIELD_RANGE_M) + 1e-9 * np.eye(len(points)))
    fields: Floats = FIELD_SIGMA * (root @ draw.standard_normal((len(points), len(stage.themes)))).T
    return fields


def _trend(stage: Stage, at: dt.datetime, end: dt.datetime) -> Floats:
    years = (at - end).days / 365
    summer = -math.cos(2 * math.pi * at.timetuple().tm_yday / 365) / 2
    return np.array([RISING.get(t.code, 0) * (years + 1.5) + SUMMERLY.get(t.code, 0) * summer for t in stage.themes])


def _points_inside(stage: Stage, draw: np.random.Generator) -> list[Floats]:
    """Some hundred points inside each area, shape (points, 2), by rejection."""
    pools = []
    for area in stage.areas:
        minx, miny, maxx, maxy = area.geometry.bounds
        tried = draw.uniform((minx, miny), (maxx, maxy), (600, 2))
        inside = tried[shapely.contains_xy(area.geometry, tried)]
        pools.append(inside if len(inside) else np.array([[area.lon, area.lat]]))
    return pools


def _venues_of_areas(stage: Stage) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in stage.areas]
    tree = shapely.STRtree([area.geometry for area in stage.areas])
    venues, areas = tree.query([shapely.Point(v.lon, v.lat) for v in stage.venues], predicate="intersects")
    for venue, area in zip(venues, areas, strict=True):
        near[area].append(int(venue))
    return near


def _uuid7(at: dt.datetime, draw: np.random.Generator) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) with its time and random bits from the seed."""
    milliseconds = int(at.timestamp() * 1000)
    high, low = (int(bits) for bits in draw.integers(0, 2**62, size=2))
    return UUID(int=milliseconds << 80 | 7 << 76 | (high & 0xFFF) << 64 | 2 << 62 | low)


def _logit(p: Any) -> Floats:
    odds: Floats = np.log(p / (1 - p))
    return odds
