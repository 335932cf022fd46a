"""A need map in sentences that somebody understands who does not see it."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from tests.listening.needmaps.test_claims import LAST_YEAR, Listening
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(city, themes, capsys):
    person("carmen", "coordinator")

    def read(**asked):
        call_command("read_need_map", "carmen", **{"layer": "area", "period": "2026-Q2", "theme": "rent", **asked})
        return capsys.readouterr().out.splitlines()

    return read


def test_it_works(themes, read):
    listening = Listening(themes)
    for area, then, now in ((1, 15, 75), (2, 30, 30), (3, 75, 15)):
        listening.hear(area, 300, then, at=LAST_YEAR)
        listening.hear(area, 300, now)
    listening.hear(4, 5, 1)
    city, first, second, third, *others = read()
    assert city == ("In 2026-Q2 people were listened to in 905 conversations; 121 mention rent, which is 12 % to 15 %.")
    assert first == (
        "Area 1: 75 of 300 conversations, which is 21 % to 29 %; rising, by 20 points since 2025-Q2; "
        "it emerges: far more is heard than in the four quarters before."
    )
    assert second == "Area 2: 30 of 300 conversations, which is 7 % to 13 %; about as in 2025-Q2."
    assert third.startswith("Area 3: 15 of 300 conversations")
    assert "falling, by 20 points" in third
    assert others[0] == (
        "Area 4: 5 conversations are too little; around it, in West, 76 of 305 conversations, which is 21 % to 29 %."
    )
    assert others[4].startswith("Area 8: nobody has listened here; around it")


def test_of_a_month_nothing_is_compared(themes, read):
    Listening(themes).hear(1, 60, 30)
    assert read(period="2026-05")[1].endswith("there is no earlier period to compare with.")


def test_who_may_not_and_what_is_not(read):
    with pytest.raises(CommandError, match="nobody called 'nobody'"):
        call_command("read_need_map", "nobody")
    with pytest.raises(CommandError, match="There is no theme 'weather'"):
        read(theme="weather")
