"""A theme that is drawn from all that were counted together is the one that would be counted alone."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.periods import Period
from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.codelists.models import Theme
from listening.needmaps.annotate import annotate
from listening.needmaps.build import build_need_map, need_map_of, parse_query
from listening.needmaps.estimate import estimate
from listening.needmaps.fallback import fallbacks
from listening.needmaps.grid import Counted, Windows
from listening.needmaps.ground import list_placements
from listening.rollups.merge import merge_deltas
from tests.listening.submissions import NOON, conversation, heard
from tests.people import EVERYTHING

LAYERS = ("area", "zona", "quartiere")
THEMES = ("housing", "rent", "repairs", "mobility")


@pytest.fixture
def listened(city, themes, listener) -> None:
    """Enough in some areas, little in others, none in the rest; a zona alone; nowhere. Half of it is not merged yet."""
    held = [(1, 40), (2, 60), (3, 4), (4, 30), (5, 3), (7, 1)]
    made = [
        conversation(
            listener,
            *([heard("need", themes[THEMES[1 + number % 3]], severity=1 + number % 5)] if number % 4 else []),
            area=area,
            occurred_at=NOON - timedelta(days=number % 3 + 364 * (number % 2)),
        )
        for area, times in held
        for number in range(times)
    ]
    beyond = [conversation(listener, heard("challenge", themes["rent"]), place=Place("city")) for _ in range(3)]
    accept_many(made[::2] + beyond)
    merge_deltas()
    zona = Place("district", district_id=city.districts["zona", "B"].pk)
    day_after = NOON.replace(month=7, day=1)
    after = conversation(listener, heard("need", themes["rent"]), area=1, occurred_at=day_after)
    accept_many([*made[1::2], conversation(listener, heard("need", themes["rent"]), place=zona), after])


def alike(one, other) -> bool:
    """The same counts and classes, and the same figures but for the order in which they were added."""
    if one is None or other is None or not dataclasses.is_dataclass(one):
        return one == (pytest.approx(other, rel=1e-9, abs=1e-12) if isinstance(one, float) else other)
    return type(one) is type(other) and all(
        alike(getattr(one, each.name), getattr(other, each.name)) for each in dataclasses.fields(one)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("period", ["2026-Q2", "2026"])
@pytest.mark.parametrize("kind", ["", "need", "question"])
def test_every_figure_is_that_of_counting_alone(listened, period, kind):
    for layer in LAYERS:
        for theme in THEMES:
            query = parse_query({"layer": layer, "period": period, "theme": theme, "kind": kind}, EVERYTHING)
            told, alone = annotate(query, EVERYTHING), build_need_map(query)
            assert alike(told.need_map.city, alone.city)
            assert alike(told.need_map.unplaced, alone.unplaced)
            assert [alike(*pair) for pair in zip(told.need_map.districts, alone.districts, strict=True)] == [
                True
            ] * len(alone.districts)
            above = [build_need_map(dataclasses.replace(query, edition=one)) for one in query.coarser]
            around = fallbacks(alone, above, list_placements(query.coarser))
            assert told.fallbacks.keys() == around.keys()
            assert all(alike(told.fallbacks[pk].need, one.need) for pk, one in around.items())


@st.composite
def counted(draw):
    """Counts of some districts, 0 being none, the places that some lie in, and those of them that are on the map."""
    districts = draw(st.lists(st.integers(0, 12), min_size=1, max_size=8, unique=True))
    themes = draw(st.integers(1, 4))
    numbers = st.integers(0, 40)
    size = 3 * 7 * (themes + 1) * len(districts)
    counts = np.array(draw(st.lists(numbers, min_size=size, max_size=size))).reshape(3, 7, themes + 1, len(districts))
    counts[:, :, 1:] = np.minimum(counts[:, :, 1:], counts[:, :, :1])
    lies_in = {one: draw(st.integers(1, 6)) for one in districts if one and draw(st.booleans())}
    on_map = draw(st.lists(st.integers(1, 6), max_size=6, unique=True))
    windows = Windows.of(Period.parse("2026-Q2"))
    return Counted(windows, tuple(range(1, themes + 1)), tuple(districts), counts), lies_in, on_map


@given(counted())
def test_what_lies_in_a_place_is_counted_there_once_and_the_rest_in_the_last_line(made):
    whole, lies_in, on_map = made
    grid = whole.placed([(pk, str(pk), "") for pk in on_map], lies_in)
    for line, pk in enumerate([*on_map, None]):
        inside = [
            at
            for at, one in enumerate(whole.districts)
            if (lies_in.get(one) if lies_in.get(one) in on_map else None) == pk
        ]
        now, ref, base = whole.counts[..., inside].sum(axis=-1)
        assert grid.now.held[line, 0] == now[0, 0]
        assert grid.ref.held[line, 0] == ref[0, 0]
        assert grid.base.mentioning[line].tolist() == base[0, 1:].tolist()
        assert grid.mentions[line].tolist() == now[5, 1:].tolist()
        assert grid.severe[line].tolist() == now[6, 1:].tolist()
    nowhere = [at for at, one in enumerate(whole.districts) if one not in lies_in]
    assert grid.unplaced[1].tolist() == whole.counts[0, 0, 1:][:, nowhere].sum(axis=1).tolist()


@given(counted())
def test_a_theme_is_estimated_beside_others_as_it_is_alone(made):
    whole, lies_in, on_map = made
    places, query = [(pk, str(pk), "") for pk in on_map], None
    together = whole.placed(places, lies_in)
    estimates = estimate(together.now.held, together.now.mentioning, together.now.sums)
    for number, theme in enumerate(whole.themes):
        one = Counted(whole.windows, (theme,), whole.districts, whole.counts[:, :, [0, number + 1]]).placed(
            places, lies_in
        )
        alone = need_map_of(query, one, estimate(one.now.held, one.now.mentioning, one.now.sums), 0)
        beside = need_map_of(query, together, estimates, number)
        assert alike(beside.city, alone.city)
        for pair in zip(beside.districts, alone.districts, strict=True):
            assert alike(*pair)


@pytest.mark.django_db
def test_nothing_was_ever_counted(city, themes):
    query = parse_query({"layer": "area", "period": "2026-Q2", "theme": "rent"}, EVERYTHING)
    told = annotate(query, EVERYTHING)
    assert {need.conversations for need in told.need_map.districts} == {0}
    assert told.fallbacks == {}
    assert Theme.objects.count() > 1
