import datetime as dt

import pytest

from backend.problems import InvalidParameter
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.fieldwork.scope import Reach
from listening.needmaps.build import available_periods, build_need_map, parse_query
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import conversation, heard
from tests.people import EVERYTHING

pytestmark = pytest.mark.django_db


@pytest.fixture
def listened(city, themes, listener):
    """Area 1: 25 conversations, 5 on rent, 2 on mobility; area 2: 3, all on rent; one for the whole city, on rent."""
    accept_many(
        [conversation(listener, heard("need", themes["rent"]), heard("need", themes["rent"]), area=1) for _ in range(5)]
        + [conversation(listener, heard("challenge", themes["mobility"]), area=1) for _ in range(2)]
        + [conversation(listener, area=1) for _ in range(18)]
        + [conversation(listener, heard("need", themes["rent"]), area=2) for _ in range(3)]
        + [conversation(listener, heard("need", themes["rent"]), place=Place("city"))]
    )


def needs(**params):
    return {need.code: need for need in build_need_map(parse_query({"period": "2026", **params}, EVERYTHING)).districts}


@pytest.mark.parametrize("merged", [False, True])
def test_it_works(listened, merged):
    if merged:
        merge_deltas()
    areas = needs(layer="area", theme="rent")
    assert len(areas) == 9
    assert list(areas) == [str(number) for number in range(1, 10)]
    one = areas["1"]
    assert (one.conversations, one.mentioning, one.mentions, one.share, one.coverage) == (25, 5, 10, 0.2, "enough")
    two = areas["2"]
    assert (two.conversations, two.mentioning, two.mentions, two.share, two.coverage) == (3, 3, 3, 1.0, "thin")
    nine = areas["9"]
    assert (nine.conversations, nine.mentioning, nine.share, nine.coverage) == (0, 0, None, "none")


def test_a_layer_that_crosses_another_counts_everything_once(listened):
    assert {code: need.conversations for code, need in needs(layer="zona").items()} == {"A": 28, "B": 0, "C": 0}
    assert {code: need.conversations for code, need in needs(layer="prossimita").items()} == {
        "east": 0,
        "middle": 3,
        "west": 25,
    }
    assert needs(layer="quartiere", theme="rent")["10"].mentioning == 8


def test_the_city_holds_what_has_no_place(listened):
    need_map = build_need_map(parse_query({"layer": "zona", "period": "2026", "theme": "rent"}, EVERYTHING))
    assert (need_map.city.conversations, need_map.city.mentioning) == (29, 9)
    assert (need_map.unplaced.conversations, need_map.unplaced.mentioning) == (1, 1)


def test_a_conversation_known_by_zona_alone_has_no_place_among_areas(city, listener):
    accept_many([conversation(listener, place=Place("district", district_id=city.districts["zona", "B"].pk))])
    assert needs(layer="zona")["B"].conversations == 1
    assert needs(layer="quartiere")["10"].conversations == 1
    by_area = build_need_map(parse_query({"layer": "area", "period": "2026"}, EVERYTHING))
    assert by_area.unplaced.conversations == by_area.city.conversations == 1


def test_a_parent_theme_holds_the_themes_below_it(listened):
    assert needs(layer="area", theme="housing")["1"].mentioning == 5


def test_theme_and_kind_narrow_together(listened):
    assert needs(layer="area", theme="mobility", kind="challenge")["1"].mentioning == 2
    assert needs(layer="area", theme="mobility", kind="need")["1"].mentioning == 0
    assert needs(layer="area", kind="need")["1"].mentioning == 5


@pytest.mark.parametrize("period", ["2026", "2026-Q2", "2026-05", "2026-05-12", "2026-05-01/2026-06-17"])
def test_every_period_that_holds_the_day_counts_the_same(listened, period):
    merge_deltas()
    assert needs(layer="area", period=period)["1"].conversations == 25


@pytest.mark.parametrize("period", ["2025", "2026-Q1", "2026-06", "2026-05-11", "2026-05-13/2027-05-01"])
def test_a_period_beside_it_counts_nothing(listened, period):
    assert needs(layer="area", period=period)["1"].conversations == 0


def test_two_queries_however_much_was_said(listened, django_assert_num_queries):
    query = parse_query({"layer": "area", "period": "2026", "theme": "rent"}, EVERYTHING)
    with django_assert_num_queries(2):
        build_need_map(query)


@pytest.mark.parametrize(
    ("params", "parameter", "valid"),
    [
        ({"theme": "unicorns"}, "theme", "mobility"),
        ({"layer": "planet"}, "layer", "quartiere"),
        ({"kind": "wish"}, "kind", "proposal"),
        ({"period": "yesterday"}, "period", "2026-Q3"),
    ],
)
def test_an_unknown_value_is_refused_with_the_valid_ones(city, themes, params, parameter, valid):
    with pytest.raises(InvalidParameter) as caught:
        parse_query(params, EVERYTHING)
    assert caught.value.members["parameter"] == parameter
    assert any(valid in allowed for allowed in caught.value.members["allowed"])


def test_before_any_boundaries_it_says_so(db):
    with pytest.raises(InvalidParameter, match="No boundaries have been imported yet"):
        parse_query({}, EVERYTHING)


def test_the_periods_on_offer_are_those_with_listening(city, listener):
    moments = [dt.datetime(2025, 11, 3, 9, tzinfo=dt.UTC), dt.datetime(2026, 2, 3, 9, tzinfo=dt.UTC)]
    accept_many([conversation(listener, occurred_at=at, received_at=at) for at in moments])
    assert [period.label for period in available_periods(Reach(everywhere=True))] == [
        "2026", "2025", "2026-Q1", "2025-Q4", "2026-02", "2025-11",
    ]  # fmt: skip
