import datetime as dt

import pytest
from django.utils import translation

from backend.periods import Period
from listening.drawing import wording
from listening.records.models import Finding

BREAKS = (0.05, 0.10, 0.20, 0.35)


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0%"),
        (0.004, "0.4%"),
        (0.0004, "0.04%"),
        (0.18, "18%"),
        (0.346, "34.6%"),
        (0.3496, "34.96%"),
        (0.35, "35%"),
        (0.996, "99.6%"),
        (1.0, "100%"),
    ],
)
def test_a_share_is_rounded_only_as_far_as_it_still_tells_the_truth(english, share, shown):
    assert wording.percent(share, BREAKS) == shown


def test_italian_writes_a_comma(italian):
    assert wording.percent(0.346, BREAKS) == "34,6%"
    assert wording.number(3012) == "3.012"


def test_english_groups_with_a_comma(english):
    assert wording.number(3012) == "3,012"


@pytest.mark.parametrize(
    ("label", "in_english", "in_italian"),
    [
        ("2026", "2026", "2026"),
        ("2026-Q3", "3rd quarter 2026", "3º trimestre 2026"),
        ("2026-07", "July 2026", "luglio 2026"),
        ("2026-07-15", "15 July 2026", "15 luglio 2026"),
        ("2026-01-15/2026-03-20", "15 January 2026 to 20 March 2026", "dal 15 gennaio 2026 al 20 marzo 2026"),
    ],
)
def test_a_period_is_said_in_words(label, in_english, in_italian):
    period = Period.parse(label)
    with translation.override("en"):
        assert wording.period(period) == in_english
    with translation.override("it"):
        assert wording.period(period) == in_italian


def test_numbers_keep_their_digits_and_their_sign_among_arabic_letters(arabic):
    """Without the isolates the sign would stand on the other side of the number (UAX #9)."""
    assert wording.number(3012) == "3,012"
    assert wording.percent(0.346, BREAKS) == "\u206634.6%\u2069"
    assert (wording.signed(12), wording.signed(-3)) == ("\u2066+12\u2069", "\u2066\u22123\u2069")
    assert wording.decimal(-1.5) == "\u2066\u22121.5\u2069"
    assert wording.interval(0.1, 0.32) == "10 إلى \u206632%\u2069"
    assert wording.period(Period.parse("2026-Q3")) == "الربع الثالث 2026"
    assert wording.day(dt.date(2026, 3, 14)) == "14 مارس 2026"


def test_a_list_has_the_comma_of_the_language(arabic):
    assert wording.listed(["الأول", "الثاني"]) == "الأول، الثاني"
    with translation.override("it"):
        assert wording.listed(["primo", "secondo"]) == "primo, secondo"


def test_a_date_is_said_in_words(italian):
    assert wording.day(dt.date(2026, 3, 14)) == "14 marzo 2026"


@pytest.mark.parametrize(("metres", "shown"), [(2000, "2 km"), (500, "500 m")])
def test_a_distance_has_its_unit(english, metres, shown):
    assert wording.distance(metres) == shown


def test_every_kind_of_finding_has_words():
    assert list(wording.KINDS) == list(wording.KINDS_IN_A_SENTENCE) == Finding.Kind.values
