"""A city whose second quarter of 2026 can be published, and two stewards."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter

import pytest
from django.db import connection

from listening.capture.accept import accept_many
from listening.capture.submission import Band
from listening.fieldwork.roles import Role
from listening.releases.models import Release
from tests.listening.submissions import NOON, conversation, heard
from tests.people import person

QUARTER = "2026-Q2"
AGES = {"0-13": 1, "14-17": 1, "18-34": 3, "35-64": 5, "65+": 4, "unknown": 1}
DAY_OF = {"Q1": (2, 10), "Q2": (5, 12), "Q3": (8, 11), "Q4": (11, 10)}


@pytest.fixture(autouse=True)
def releases_root(settings, tmp_path):
    settings.RELEASES_ROOT = tmp_path / "releases"
    return settings.RELEASES_ROOT


@pytest.fixture
def steward(db):
    return person("stella", Role.STEWARD)


@pytest.fixture
def second_steward(db):
    return person("sergio", Role.STEWARD)


@pytest.fixture
def tell(city, themes, listener):
    """Log conversations of a quarter: `areas` gives how many in each area of Squareville, seeded."""

    def log(quarter: str, areas: dict[int, int], *, seed: int = 1, **members):
        draw = random.Random(seed)
        month, day = DAY_OF[quarter[-2:]]
        at = dt.datetime(int(quarter[:4]), month, day, 12, tzinfo=dt.UTC)
        by_age = random.Random(seed)
        offered = [themes[code] for code in ("rent", "repairs", "mobility", "health")]
        accept_many(
            [
                conversation(
                    listener,
                    heard("need", *draw.sample(offered, draw.randint(1, 3))),
                    area=area,
                    occurred_at=at,
                    people_count=(people := draw.randint(1, 4)),
                    **{"bands": bands_of(by_age, people), **members},
                )
                for area in itertools.chain.from_iterable([code] * number for code, number in areas.items())
            ]
        )

    return log


def bands_of(draw: random.Random, people: int) -> tuple[Band, ...]:
    """An age for each."""
    told = Counter(draw.choices(list(AGES), list(AGES.values()), k=people))
    return tuple(Band("age", band, number) for band, number in told.items())


@pytest.fixture
def told_quarter(tell):
    """Forty conversations in most areas of 2026-Q2, few in two, none in one."""
    tell(QUARTER, {1: 40, 2: 37, 3: 31, 4: 44, 5: 28, 6: 3, 7: 1, 8: 22})
    return QUARTER


@pytest.fixture
def undo_releases(transactional_db):
    """Releases stay as they are; a test that commits some takes them away as the owner may."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET listening.releases_maintenance = 'on'")
        cursor.execute(
            "TRUNCATE releases_release, releases_releasetheme, releases_releaseplace, releases_releasecell,"
            " releases_releaseneed, releases_releaseband, releases_releasefile CASCADE"
        )
        cursor.execute("SET listening.releases_maintenance = 'off'")
    assert not Release.objects.exists()


assert NOON.year == 2026
