"""The release of a fourth quarter holds the year: areas that add up to what was published, large places for health."""

from __future__ import annotations

import datetime as dt

import pytest

from backend import clock
from districts.models import Population
from listening.publishing.build import build_release, parse_quarter
from listening.publishing.propose import publish_release
from listening.records.models import Conversation
from listening.releases.content import cells_of
from tests.listening.publishing.conftest import DAY_OF

pytestmark = pytest.mark.django_db

EVERYWHERE = {1: 40, 2: 37, 3: 31, 4: 44, 5: 28, 6: 13, 7: 11, 8: 22, 9: 9}
RESIDENTS = {1: 4000, 2: 300, 3: 2500, 4: 900, 5: 120, 6: 3000, 7: 1000, 8: 1000, 9: 2000}


@pytest.fixture
def year(city, tell, steward, second_steward, monkeypatch):
    """Three quarters of 2025 are published, the fourth is told; residents are known."""
    Population.objects.bulk_create(
        Population(district=city.area(code), year=2025, source="test", residents=number)
        for code, number in RESIDENTS.items()
    )
    for seed, name in enumerate(DAY_OF):
        tell(f"2025-{name}", EVERYWHERE, seed=seed)
    for name in ("Q1", "Q2", "Q3"):
        publish_release(f"2025-{name}", proposed_by=steward, approved_by=second_steward)


def table(cells, product, layer, period="2025"):
    return {
        (cell.place, cell.theme): cell.value
        for cell in cells
        if (cell.product, cell.layer, cell.period) == (product, layer, period)
    }


def test_it_works(year, steward, second_steward):
    release = publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)
    cells = cells_of(release)
    zones, areas = table(cells, "P1", "zona"), table(cells, "P2", "area")
    # Areas 2 and 5 have fewer than 500 residents: each is one with the least populous neighbour of its zona.
    merged = {place.code: place.merged for place in release.places.filter(layer="area") if place.merged}
    assert merged == {"3": ["2", "3"], "4": ["4", "5"]}
    within = {place.code: next(iter(place.parents["zona"])) for place in release.places.filter(layer="area")}
    for (zona, theme), value in zones.items():
        if theme != "_persons":
            assert value == sum(number for (area, of), number in areas.items() if of == theme and within[area] == zona)
    products = {(one["product"], one["period"]) for one in release.audit["products"]}
    assert products == {(f"P{1}", f"2025-Q{number}") for number in (1, 2, 3, 4)} | {
        ("P2", "2025"), ("P1", "2025"), ("P3", "2025"),
    }  # fmt: skip
    assert release.audit["min_candidates"] >= 5


def test_the_year_is_the_sum_of_its_published_quarters(year, steward, second_steward):
    release = publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)
    told = table(cells_of(release), "P1", "zona")
    quarters = [table(cells_of(one), "P1", "zona", one.quarter) for one in type(release).objects.order_by("quarter")]
    assert {key: value for key, value in told.items() if key[1] != "health"} == {
        key: sum(quarter[key] for quarter in quarters) for key in quarters[0]
    }


def test_restricted_themes_come_by_the_year_in_large_places_to_base_ten(year, steward, second_steward):
    release = publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)
    health = [
        (cell.product, cell.period, cell.layer, cell.value) for cell in cells_of(release) if cell.theme == "health"
    ]
    assert [cell[:3] for cell in health] == [("P1", "2025", "quartiere")]
    assert health[0][3] % 10 == 0


def test_layers_that_cross_are_sums_of_areas(year, steward, second_steward):
    release = publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)
    cells = cells_of(release)
    areas, crossing = table(cells, "P2", "area"), table(cells, "P2", "prossimita")
    shares = {place.code: place.parents["prossimita"] for place in release.places.filter(layer="area")}
    # Areas 2 and 3 are published as one: 300 of its 2,800 residents live in the middle, 2,500 in the east.
    assert shares["3"] == {"east": round(2500 / 2800, 6), "middle": round(300 / 2800, 6)}
    for (code, theme), value in crossing.items():
        exact = sum(shares[area].get(code, 0) * number for (area, of), number in areas.items() if of == theme)
        assert abs(value - exact) <= 0.5 + 1e-4


def test_a_year_without_all_its_quarters_is_left_out_and_said_so(tell, steward, second_steward):
    tell("2025-Q4", EVERYWHERE)
    draft = build_release(parse_quarter("2025-Q4"))
    assert draft.notes == ("No year: 2025-Q1, 2025-Q2, 2025-Q3 are not published.",)
    assert {cell.period for cell in draft.content.cells} == {"2025-Q4"}


def test_what_was_erased_since_an_earlier_quarter_does_not_stop_the_year(year, steward, second_steward):
    """A total that is frozen stays, also when nothing is left of it."""
    Conversation.objects.filter(district__code__in=["7", "8", "9"], occurred_on__lt=dt.date(2025, 10, 1)).update(
        may_be_counted=False
    )
    release = publish_release("2025-Q4", proposed_by=steward, approved_by=second_steward)
    assert release.audit["passed"]
    cells = cells_of(release)
    assert sum(value for (place, theme), value in table(cells, "P2", "area").items() if theme == "_n") == sum(
        value for (place, theme), value in table(cells, "P1", "zona").items() if theme == "_n"
    )


def test_trends_compare_with_the_same_quarter_of_last_year(year, tell, steward, second_steward):
    tell("2026-Q2", {1: 300, 2: 300, 4: 300, 7: 300}, seed=8)
    release = publish_release("2026-Q2", proposed_by=steward, approved_by=second_steward)
    assert release.manifest["release"]["compared_with"] == "2025-Q2-r1"
    told = set(release.needs.filter(layer="zona").values_list("trend", flat=True))
    assert told & {"rising", "falling", "stable", "unclear"}
    assert clock.now().year >= 2026
