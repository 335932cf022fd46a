"""Weights: shares as if those who spoke were like those who live there, and refusals where that cannot be said."""

from __future__ import annotations

import json

import pytest

from listening.capture.accept import accept_many
from listening.capture.submission import Band
from tests.listening.needmaps.test_representation import live, refuse
from tests.listening.submissions import conversation, heard
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def residents(city):
    """Of each zona half is of age, and a fifth are foreign citizens."""
    for code in "ABC":
        live(city.districts["zona", code], "age", {"0-17": 500, "18+": 500})
        live(city.districts["zona", code], "citizenship", {"it": 800, "foreign": 200})


@pytest.fixture
def meet(listener, themes):
    """So many conversations with one person each, who brings some themes."""

    def held(number, age, citizenship, *codes, area=1):
        bands = tuple(Band(*band, 1) for band in (("age", age), ("citizenship", citizenship)) if band[1])
        named = [themes[code] for code in codes]
        accept_many(
            [
                conversation(listener, *([heard("need", *named)] if named else []), area=area, bands=bands)
                for _ in range(number)
            ]
        )

    return held


@pytest.fixture
def ask(city, themes, client_of, coordinator):
    def get(status=200, by=None, **params):
        client = client_of(by or coordinator)
        response = client.get("/api/v1/coverage/weights", {"period": "2026-Q2", **params})
        assert response.status_code == status, response.content
        return json.loads(response.content, parse_constant=refuse)

    return get


def test_it_works(residents, meet, ask):
    # 50 of 200 are young, and should be half: weights 2 and 2/3. n_eff = 200^2 / (50 * 4 + 150 * 4/9) = 150.
    meet(50, "14-17", "it", "rent")
    meet(150, "65+", "it", "mobility")
    told = ask(variables="age")
    assert (told["scheme"], told["converged"], told["conversations"]) == ("raking", True, 200)
    assert (told["w_min"], told["w_max"], told["n_eff"], told["deff"]) == (0.6667, 2.0, 150.0, 1.3333)
    assert told["margins"] == [
        {
            "variable": "age",
            "reference": {"year": 2025, "source": "Drawn for tests"},
            "bands": [
                {"band": "0-17", "group": 0, "ref_share": 0.5, "share_before": 0.25, "share_after": 0.5},
                {"band": "18+", "group": 1, "ref_share": 0.5, "share_before": 0.75, "share_after": 0.5},
            ],
        }
    ]
    shares = {one["theme"]: (one["mentioning"], one["share"], one["share_weighted"]) for one in told["themes"]}
    assert shares == {"housing": (50, 0.25, 0.5), "mobility": (150, 0.75, 0.5), "health": (0, 0.0, 0.0)}
    assert (told["district"], told["layer"], told["is_partial"]) == (None, "quartiere", False)


def test_by_two_variables_at_once(residents, meet, ask):
    for number, age, citizenship in (
        (40, "14-17", "it"),
        (60, "14-17", "eu"),
        (70, "65+", "it"),
        (130, "65+", "non_eu"),
    ):
        meet(number, age, citizenship)
    told = ask()
    after = {(m["variable"], b["band"]): b["share_after"] for m in told["margins"] for b in m["bands"]}
    assert after == {
        ("age", "0-17"): 0.5, ("age", "18+"): 0.5, ("citizenship", "it"): 0.8, ("citizenship", "foreign"): 0.2,
    }  # fmt: skip


def test_one_theme_and_one_district(city, residents, meet, ask):
    meet(50, "14-17", "it", "rent", area=1)
    meet(150, "65+", "it", area=2)
    meet(77, "65+", "it", "rent", area=5)
    told = ask(district="zona:A", theme="rent", variables="age")
    assert ask(district=city.districts["zona", "A"].pk, theme="rent", variables="age") == told
    assert (told["district"]["code"], told["layer"], told["conversations"]) == ("A", "zona", 200)
    assert told["themes"] == [{"theme": "rent", "mentioning": 50, "share": 0.25, "share_weighted": 0.5}]


class TestRefusals:
    def reason(self, problem):
        assert (problem["type"], problem["status"]) == ("/problems/weights-refused", 409)
        return problem["reason"]

    def test_nobody_was_listened_to(self, residents, ask):
        assert self.reason(ask(409)) == "nobody-listened"

    def test_few_conversations(self, residents, meet, ask):
        meet(49, "14-17", "it")
        meet(50, "65+", "it")
        assert self.reason(ask(409, variables="age")) == "effective-size"

    def test_a_band_that_was_hardly_met(self, residents, meet, ask):
        meet(20, "14-17", "it")
        meet(980, "65+", "it")
        problem = ask(409, variables="age")
        assert self.reason(problem) == "band"
        assert "age, band 0-17: 20 persons are 0.04" in problem["detail"]

    def test_many_are_not_recorded(self, residents, meet, ask):
        meet(79, "14-17", "it")
        meet(79, "65+", "it")
        meet(42, None, "it")
        assert self.reason(ask(409, variables="age")) == "unrecorded"
        assert ask(variables="citizenship", status=200)["converged"]

    def test_nothing_is_known_of_residents(self, meet, ask):
        meet(200, "65+", "it")
        assert self.reason(ask(409)) == "no-margins"

    def test_nothing_is_known_of_a_part_of_them(self, city, meet, ask):
        live(city.districts["zona", "A"], "age", {"0-17": 500, "18+": 500})
        meet(200, "65+", "it")
        assert self.reason(ask(409)) == "no-margins"

    def test_nothing_is_known_by_a_variable(self, residents, meet, ask):
        meet(200, "65+", "it")
        problem = ask(409, variables="age,gender")
        assert (self.reason(problem), "gender" in problem["detail"]) == ("no-margins", True)

    def test_nobody_lives_there(self, city, meet, ask):
        live(city.districts["quartiere", "10"], "age", {"0-17": 0, "18+": 0})
        meet(200, "65+", "it")
        assert self.reason(ask(409)) == "no-residents"

    def test_margins_do_not_sum(self, city, meet, ask):
        live(city.districts["quartiere", "10"], "age", {"0-17": 500, "18+": 500})
        live(city.districts["quartiere", "10"], "citizenship", {"it": 800, "foreign": 300})
        meet(100, "14-17", "it")
        meet(100, "65+", "eu")
        problem = ask(409)
        assert self.reason(problem) == "margins-disagree"
        assert "citizenship sums to 1,100 residents, that of age to 1,000" in problem["detail"]

    def test_bands_that_listeners_do_not_note(self, city, meet, ask):
        live(city.districts["quartiere", "10"], "age", {"0-19": 500, "20+": 500})
        meet(200, "65+", "it")
        assert self.reason(ask(409)) == "bands-differ"


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"district": "area:1"}, "district"),
        ({"district": "zona:Z"}, "district"),
        ({"district": "0"}, "district"),
        ({"district": "9" * 30}, "district"),
        ({"district": ":"}, "district"),
        ({"variables": "age,shoe-size"}, "variables"),
        ({"variables": "tie"}, "variables"),
        ({"year": "1999"}, "year"),
        ({"source": "hearsay"}, "source"),
        ({"theme": "nothing"}, "theme"),
        ({"layer": "zona"}, "layer"),
    ],
)
def test_what_is_not_allowed(residents, ask, params, name):
    problem = ask(400, **params)
    assert problem["parameter"] == name
    assert problem["allowed"]


def test_who_reads_some_districts_names_one(city, residents, meet, ask):
    meet(100, "14-17", "it", area=4)
    meet(100, "65+", "it", area=5)
    own = person("ugo", "coordinator", within=city.districts["zona", "B"])
    assert ask(400, by=own)["allowed"] == ["zona:B"]
    assert ask(400, by=own, district="zona:A")["allowed"] == ["zona:B"]
    assert ask(by=own, district="zona:B", variables="age")["conversations"] == 200


def test_who_reads_counts_alone_reads_coarse_layers_of_the_open_quarter(residents, meet, ask, planner):
    meet(100, "14-17", "it")
    meet(100, "65+", "it")
    assert ask(by=planner, variables="age")["conversations"] == 200
