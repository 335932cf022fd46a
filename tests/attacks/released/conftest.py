"""A city in which a year and two quarters are published, and one quarter is over and not."""

from __future__ import annotations

import pytest

from districts.models import Population, ReferenceMargin
from listening.opendata import reading
from listening.publishing.propose import publish_release
from listening.releases.bulk import write
from listening.rollups.merge import merge_deltas
from tests.attacks.released.world import AGES, AREAS, LIVE, PUBLISHED, RESIDENTS
from tests.listening.publishing.conftest import (  # noqa: F401 - fixtures
    releases_root,
    second_steward,
    steward,
    tell,
)
from tests.people import person


@pytest.fixture(autouse=True)
def rows_alone(monkeypatch):
    """/open/ reads within the transaction of the test; that its own role reads the same is tested with open data.

    Files for programs take half the time of a release, and nobody reads them here.
    """
    monkeypatch.setattr(reading, "ALIAS", "default")
    monkeypatch.setattr(write, "other_files", lambda content: ())


@pytest.fixture
def world(city, tell, steward, second_steward):  # noqa: F811
    """A year and two quarters are published, one is over and not; areas 2 and 5 are published with a neighbour."""
    Population.objects.bulk_create(
        Population(district=city.area(code), year=2025, source="test", residents=number)
        for code, number in RESIDENTS.items()
    )
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(
            district=city.districts["quartiere", "10"],
            variable="age",
            band=band,
            year=2025,
            source="test",
            people=number,
        )
        for band, number in AGES.items()
    )
    for seed, quarter in enumerate((*PUBLISHED, LIVE)):
        tell(quarter, {area: number + 3 * seed for area, number in AREAS.items()}, seed=seed)
    merge_deltas()
    for quarter in PUBLISHED:
        publish_release(quarter, proposed_by=steward, approved_by=second_steward)
    return city


@pytest.fixture
def quarter(city, tell, steward, second_steward):  # noqa: F811
    """One quarter is published, the next is over and not: enough to see what is refused."""
    for seed, name in ((5, "2026-Q2"), (6, LIVE)):
        tell(name, {area: number + 3 * seed for area, number in AREAS.items()}, seed=seed)
    merge_deltas()
    publish_release("2026-Q2", proposed_by=steward, approved_by=second_steward)
    return city


@pytest.fixture
def reader(city, client_of):
    return client_of(person("dario", "planner"))
