import pytest

from listening.dashboard.ranking import Sort
from tests.listening.dashboard.needs import need

PLACES = [need("Zola", 50, 5), need("àlbero", 100, 40), need("Thin", 2, 2), need("Unheard", 0, 0), need("Borgo", 20, 0)]


def order(text: str) -> list[str]:
    sort = Sort.parse(text)
    assert sort is not None
    return [place.name for place in sort.order(PLACES)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("-share", ["àlbero", "Zola", "Borgo", "Thin", "Unheard"]),
        ("share", ["Borgo", "Zola", "àlbero", "Thin", "Unheard"]),
        ("-conversations", ["àlbero", "Zola", "Borgo", "Thin", "Unheard"]),
        ("conversations", ["Unheard", "Thin", "Borgo", "Zola", "àlbero"]),
        ("-mentioning", ["àlbero", "Zola", "Thin", "Unheard", "Borgo"]),
        ("-mentions", ["àlbero", "Zola", "Thin", "Unheard", "Borgo"]),
        ("name", ["àlbero", "Borgo", "Thin", "Unheard", "Zola"]),
        ("-name", ["Zola", "Unheard", "Thin", "Borgo", "àlbero"]),
    ],
)
def test_places_are_sorted_and_those_without_a_share_come_last(text, names):
    assert order(text) == names


@pytest.mark.parametrize("text", ["nonsense", "--share", "-", "Share"])
def test_an_unknown_column_is_no_order(text):
    assert Sort.parse(text) is None


def test_choosing_the_sorted_column_turns_it_round():
    assert str(Sort("share", descending=True).when_chosen("share")) == "share"
    assert str(Sort("share", descending=False).when_chosen("share")) == "-share"


def test_numbers_start_high_and_names_at_a():
    assert str(Sort("share", descending=True).when_chosen("mentions")) == "-mentions"
    assert str(Sort("share", descending=True).when_chosen("name")) == "name"


def test_only_the_sorted_column_has_a_direction():
    sort = Sort("mentions", descending=True)
    assert (sort.aria("mentions"), sort.aria("name")) == ("descending", "")
