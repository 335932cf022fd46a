"""The table plan is made of themes and areas alone, the same each time."""

import random

import pytest

from listening.disclosure.plan import Area, NotAPlan, PlannedTheme, TablePlan, boundary_version, publication_areas
from tests.attacks.disclosure.trial import geography

THEMES = [
    PlannedTheme("housing"),
    PlannedTheme("rent", "housing"),
    PlannedTheme("homeless", "housing", "restricted"),
    PlannedTheme("health", None, "restricted"),
    PlannedTheme("doctor", "health"),
    PlannedTheme("legal", None, "internal"),
    PlannedTheme("permits", "legal", "restricted"),
]


def areas(*rows):
    return [Area(code, zone, residents, frozenset(neighbours)) for code, zone, residents, neighbours in rows]


def merged(given, **options):
    return [(area.code, area.members, area.residents) for area in publication_areas(given, **options)]


def test_it_works():
    plan = TablePlan.of(THEMES)
    assert plan.quarterly == ("_n", "_persons", "housing", "rent")
    assert plan.yearly == ("_n", "housing", "rent")
    assert plan.restricted == ("homeless", "health", "doctor")
    assert dict(plan.bases) == {
        "_n": 5, "_persons": 5, "housing": 5, "rent": 5, "homeless": 10, "health": 10, "doctor": 10,
    }  # fmt: skip
    assert dict(plan.theme_parents) == {"rent": "housing", "homeless": "housing", "doctor": "health"}


def test_a_theme_is_as_sensitive_as_those_above_it():
    plan = TablePlan.of(THEMES)
    assert "doctor" in plan.restricted
    assert not {"legal", "permits"} & {*plan.quarterly, *plan.yearly, *plan.restricted, *plan.bases}


@pytest.mark.parametrize(
    ("themes", "options", "said"),
    [
        ([PlannedTheme("a"), PlannedTheme("a")], {}, "stands twice"),
        ([PlannedTheme("a", "b")], {}, "b, the parent of a, is not in the plan"),
        ([PlannedTheme("a", "b"), PlannedTheme("b", "a")], {}, "its own ancestor"),
        ([], {"base": 2}, "3 is the least"),
        ([], {"base": 5, "restricted_base": 12}, "a multiple of the first"),
    ],
)
def test_themes_that_make_no_plan_are_refused(themes, options, said):
    with pytest.raises(NotAPlan, match=said):
        TablePlan.of(themes, **options)


def test_a_small_area_joins_the_smallest_neighbour_of_its_zone():
    given = areas(
        ("1", "A", 300, "23"), ("2", "A", 900, "1"), ("3", "A", 700, "1"), ("4", "A", 100, "5"), ("5", "B", 600, "4")
    )
    # 4 touches only an area of another zone: it goes to the smallest of its own, 1; both to 3.
    assert merged(given) == [("3", ("1", "3", "4"), 1100), ("2", ("2",), 900), ("5", ("5",), 600)]


def test_a_chain_of_small_areas_becomes_one():
    given = areas(
        ("1", "A", 100, "2"), ("2", "A", 100, "3"), ("3", "A", 100, "4"), ("4", "A", 250, "5"), ("5", "A", 9000, "")
    )
    assert merged(given) == [("4", ("1", "2", "3", "4"), 550), ("5", ("5",), 9000)]


def test_a_small_zone_is_one_area():
    given = areas(("1", "A", 100, ""), ("2", "A", 30, ""), ("3", "B", 5000, ""))
    assert merged(given) == [("1", ("1", "2"), 130), ("3", ("3",), 5000)]


def test_nobody_lives_there_and_still_it_belongs_somewhere():
    assert merged(areas(("1", "A", 0, "2"), ("2", "A", 500, ""))) == [("2", ("1", "2"), 500)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (areas(("1", "A", 1, ""), ("1", "A", 1, "")), "stands twice"),
        (areas(("1", "A", -1, "")), "fewer than 0"),
        (areas(("1", "A", 1, ""), ("2", "B", 1, ""), ("3", "A", 1, "")), "path order"),
    ],
)
def test_areas_that_make_no_plan_are_refused(given, said):
    with pytest.raises(NotAPlan, match=said):
        publication_areas(given)


@pytest.mark.parametrize("seed", range(20))
def test_any_city_is_divided_among_areas_that_are_large_enough(seed):
    rng = random.Random(seed)
    given = [
        Area(f"{zone}{i}", f"Z{zone}", rng.choice([0, 13, 200, 499, 500, 4000]),
             frozenset(f"{zone}{j}" for j in range(6) if rng.random() < 0.4))
        for zone in range(5) for i in range(rng.randint(1, 6))
    ]  # fmt: skip
    made = publication_areas(given)
    assert sorted(code for area in made for code in area.members) == sorted(area.code for area in given)
    for area in made:
        assert {member.zone for member in given if member.code in area.members} == {area.zone}
        alone = sum(1 for other in made if other.zone == area.zone) == 1
        assert area.residents >= 500 or alone
    assert made == publication_areas(list(given))


def test_the_demo_city():
    """17 of 90 areas have fewer than 500 residents; two of them go together with others that have."""
    place = geography()
    assert all(area.residents >= 500 for area in place.areas)
    assert sum(len(area.members) for area in place.areas) == 90
    assert 90 - 17 <= len(place.areas) <= 90 - 9


def test_the_version_names_places_order_and_mergers():
    places = [("D", "A", "3", "3", "1"), ("D", "A", "2", "2")]
    version = boundary_version({"zona": "2024"}, places)
    assert version == boundary_version({"zona": "2024"}, places)
    others = [
        boundary_version({"zona": "2025"}, places),
        boundary_version({"zona": "2024"}, places[::-1]),
        boundary_version({"zona": "2024"}, [places[0][:4], places[1]]),
    ]
    assert version not in others
    assert len(set(others)) == 3
