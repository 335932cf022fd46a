from dataclasses import replace

from listening.dashboard.sentence import sentences
from tests.listening.dashboard.needs import NOTHING, need, need_map


def test_it_says_what_stands_behind_the_map_and_where_most_and_least(english):
    said = sentences(need_map(need("Navile", 100, 40), need("Savena", 50, 5), need("Reno", 1050, 210)), "“Housing”")
    assert said == [
        "1,200 conversations stand behind this map.",
        "255 (21%) mention “Housing”.",
        "Most often in Navile (40%), least often in Savena (10%).",
    ]


def test_it_says_the_same_in_italian(italian):
    said = sentences(need_map(need("Navile", 100, 40), need("Savena", 50, 5), need("Reno", 1050, 210)), "«Casa»")
    assert said == [
        "Dietro questa mappa ci sono 1.200 conversazioni.",
        "255 (21%) parlano di «Casa».",
        "Più spesso: Navile (40%); meno spesso: Savena (10%).",
    ]


def test_one_is_singular(italian):
    assert sentences(need_map(need("Navile", 1, 1)), "«Casa»") == [
        "Dietro questa mappa c’è 1 conversazione.",
        "1 (100%) parla di «Casa».",
        "In 1 luogo su 1 non c’è ancora abbastanza ascolto.",
    ]


def test_places_with_too_little_listening_are_no_extremes_but_are_counted(english):
    said = sentences(
        need_map(need("A", 100, 40), need("B", 50, 5), need("Thin", 19, 19), need("Unheard", 0, 0)), "needs"
    )
    assert "Most often in A (40%), least often in B (10%)." in said
    assert said[-2:] == [
        "2 places of 4 do not have enough listening yet.",
        "In 1 of these nobody has listened at all.",
    ]


def test_a_place_where_it_was_never_mentioned_is_called_that(english):
    said = sentences(need_map(need("A", 100, 40), need("B", 50, 0)), "needs")
    assert "Most often in A (40%), never in B." in said


def test_ties_are_named_up_to_two_then_counted(english):
    said = sentences(
        need_map(need("A", 100, 40), need("B", 100, 40), need("C", 50, 5), need("D", 50, 5), need("E", 50, 5)), "needs"
    )
    assert "Most often in A and B (40%), least often in C and 2 other places (10%)." in said


def test_equal_shares_everywhere_have_no_extremes(english):
    said = sentences(need_map(need("A", 100, 40), need("B", 50, 20)), "needs")
    assert "Every place with enough listening has the same share: 40%." in said


def test_a_single_comparable_place_is_not_called_highest(english):
    said = sentences(need_map(need("A", 100, 40), need("B", 5, 5)), "needs")
    assert "Only A has enough listening to name a share: 40%." in said


def test_no_comparable_place_is_said(english):
    said = sentences(need_map(need("A", 10, 4), need("B", 5, 5)), "needs")
    assert "No place has enough listening to be compared with others." in said


def test_a_layer_of_one_place_compares_nothing(english):
    assert sentences(need_map(need("Bologna", 100, 40)), "needs") == [
        "100 conversations stand behind this map.",
        "40 (40%) mention needs.",
    ]


def test_nothing_mentioned_is_said(english):
    assert sentences(need_map(need("A", 100, 0), need("B", 50, 0)), "needs")[1] == "None mentions needs."


def test_without_a_theme_or_kind_there_is_nothing_to_compare(english):
    assert sentences(need_map(need("A", 100, 100), need("B", 50, 50), theme=None), "") == [
        "150 conversations stand behind this map."
    ]


def test_an_empty_map_compares_nothing(english):
    assert sentences(need_map(need("A", 0, 0), unplaced=NOTHING), "needs") == [
        "0 conversations stand behind this map.",
        "1 place of 1 does not have enough listening yet.",
        "In 1 of these nobody has listened at all.",
    ]


def test_a_published_nought_is_neither_never_nor_nobody(english):
    places = [need("Navile", 100, 40), need("Savena", 50, 0), need("Reno", 0, 0)]
    counted, published = (
        " ".join(sentences(need_map(*(replace(one, is_released=flag) for one in places)), "“Housing”"))
        for flag in (False, True)
    )
    assert "never in Savena" in counted
    assert "nobody has listened" in counted
    assert "least often in Savena" in published
    assert "nobody" not in published
