"""Who was listened to, against who lives there: by hand, and an answer for whatever is missing."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from districts.models import District, Population, ReferenceMargin
from listening.capture.accept import accept_many
from listening.capture.submission import Band, Place
from listening.fieldwork.assignments import assign
from listening.needmaps.coverage import last_year
from tests.listening.submissions import NOON, conversation
from tests.people import person

pytestmark = pytest.mark.django_db

AGES = {"0-13": 100, "14-17": 50, "18-34": 200, "35-64": 400, "65+": 250}
CITIZENSHIPS = {"it": 800, "foreign": 200}


def live(district, variable, bands, *, year=2025, source="Drawn for tests"):
    ReferenceMargin.objects.bulk_create(
        ReferenceMargin(district=district, variable=variable, band=band, year=year, source=source, people=people)
        for band, people in bands.items()
    )


def meet(listener, number, *bands, area=1, **members):
    """So many conversations with one person each, of these bands (variable, band)."""
    told = tuple(Band(variable, band, 1) for variable, band in bands)
    accept_many([conversation(listener, area=area, bands=told, **members) for _ in range(number)])


def refuse(constant):
    raise AssertionError(f"{constant} is no JSON")


@pytest.fixture
def ask(city, themes, client_of):
    client = client_of(person("carmen", "coordinator"))

    def get(address="coverage/representation", status=200, **params):
        period = {} if address.endswith("next") else {"period": "2026-Q2"}
        response = client.get(f"/api/v1/{address}", {"layer": "area", **period, **params})
        assert response.status_code == status, response.content
        return json.loads(response.content, parse_constant=refuse)

    return get


def place_of(body, code="1"):
    (found,) = [one for one in body["places"] if one["code"] == code]
    return found


def variable_of(place, name="age"):
    (found,) = [one for one in place["variables"] if one["variable"] == name]
    return found


def bands_of(place, variable="age"):
    return {one["band"]: one for one in place["bands"] if one["variable"] == variable}


def test_it_works(city, listener, ask):
    live(city.area(1), "age", AGES)
    meet(listener, 20, ("age", "65+"))
    meet(listener, 10, ("age", "18-34"))
    body = ask()
    place = place_of(body)
    assert (place["conversations"], place["people"]) == (30, 30)
    # One occasion says nothing of how tables differ: deff 1.5, n_eff 20. Wilson's interval of 2/3 on 20, z = 1.6449:
    # (2/3 + z^2/40) / (1 + z^2/20) = 0.6468, half a width 0.1639; both over 0.25.
    assert bands_of(place)["65+"] == {
        "variable": "age", "band": "65+", "n": 20, "share": 0.6667, "ref_share": 0.25,
        "rr": 2.6667, "rr_low": pytest.approx(1.9315, abs=2e-4), "rr_high": pytest.approx(3.243, abs=2e-4),
        "rr_least": 2.6667, "rr_most": 2.6667, "flag": "over",
    }  # fmt: skip
    # Of nobody in 20 the upper end is (z^2/20) / (1 + z^2/20) = 0.1192: proven few among 0.4, not among 0.1.
    told = {band: (one["n"], one["rr"], one["rr_high"], one["flag"]) for band, one in bands_of(place).items()}
    assert told["35-64"] == (0, 0.0, pytest.approx(0.2979, abs=2e-4), "under")
    assert told["0-13"] == (0, 0.0, pytest.approx(1.1916, abs=2e-4), None)
    assert list(told) == list(AGES)
    # D = (0.1 + 0.05 + 0.1333 + 0.4 + 0.4167) / 2; D0 = sum of sqrt(P (1 - P)), 1.840856, / sqrt(2 pi 20).
    assert variable_of(place) == {
        "variable": "age", "reference": {"year": 2025, "source": "Drawn for tests"}, "reason": None,
        "n": 30, "unknown": 0.0, "n_eff": 20.0, "deff": 1.5, "dissimilarity": 0.55,
        "dissimilarity_by_chance": pytest.approx(0.1642, abs=1e-4), "excess": pytest.approx(0.3858, abs=1e-4),
        "parity": 0.0,
    }  # fmt: skip
    assert body["interval_level"] == 0.9


def test_tables_of_one_mind_tell_less(city, listener, ask):
    """Twelve days of four people, at each of whom all are of one age."""
    live(city.area(1), "age", AGES)
    for day in range(12):
        band = "65+" if day % 2 else "18-34"
        meet(listener, 4, ("age", band), occurred_at=NOON - dt.timedelta(days=day))
    # V = 12/11 * sum (c_s - n_s / 2)^2 / n^2 = 12/11 * 48 / 48^2; strangers would give 0.25 / 48: deff = 4.3636.
    told = variable_of(place_of(ask()))
    assert (told["deff"], told["n_eff"]) == (4.3636, 11.0)


def test_a_register_may_be_coarser(city, listener, ask):
    live(city.area(1), "citizenship", CITIZENSHIPS)
    live(city.area(1), "age", {"0-17": 150, "18+": 850})
    for number, age, citizenship in ((15, "14-17", "it"), (10, "65+", "eu"), (5, "18-34", "non_eu")):
        meet(listener, number, ("age", age), ("citizenship", citizenship))
    place = place_of(ask())
    assert {band: one["n"] for band, one in bands_of(place).items()} == {"0-17": 15, "18+": 15}
    assert {band: (one["n"], one["rr"]) for band, one in bands_of(place, "citizenship").items()} == {
        "it": (15, 0.625), "foreign": (15, 2.5),
    }  # fmt: skip


class TestLayers:
    def test_a_coarser_layer_has_the_sum_of_its_parts(self, city, listener, ask):
        for number in (1, 2, 3):
            live(city.area(number), "citizenship", {"it": 100 * number, "foreign": 50})
        meet(listener, 30, ("citizenship", "it"), area=2)
        body = ask(layer="zona")
        assert [one["ref_share"] for one in bands_of(place_of(body, "A"), "citizenship").values()] == [0.8, 0.2]
        # Of zona B and C nothing is known, so of the city neither.
        assert variable_of(place_of(body, "B"), "citizenship")["reason"] == "nobody-listened"
        assert variable_of(body["city"], "citizenship")["reason"] == "no-margins"

    @pytest.mark.parametrize("third", [None, {"it": 1}, {"it": 1, "eu": 1, "non_eu": 1}])
    def test_a_part_is_not_the_whole(self, city, listener, ask, third):
        for number in (1, 2):
            live(city.area(number), "citizenship", CITIZENSHIPS)
        if third:
            live(city.area(3), "citizenship", third)
        meet(listener, 30, ("citizenship", "it"))
        assert variable_of(place_of(ask(layer="zona"), "A"), "citizenship")["reason"] == "no-margins"

    def test_own_figures_come_before_those_of_parts(self, city, listener, ask):
        for number in (1, 2, 3):
            live(city.area(number), "citizenship", CITIZENSHIPS)
        live(city.districts["zona", "A"], "citizenship", {"it": 1, "foreign": 1})
        meet(listener, 30, ("citizenship", "it"))
        assert bands_of(place_of(ask(layer="zona"), "A"), "citizenship")["it"]["ref_share"] == 0.5

    def test_the_city_is_all_places_and_what_lies_in_none(self, city, listener, ask):
        for number in range(1, 10):
            live(city.area(number), "citizenship", CITIZENSHIPS)
        meet(listener, 20, ("citizenship", "it"), area=1)
        meet(listener, 5, ("citizenship", "eu"), area=2)
        meet(listener, 5, ("citizenship", "eu"), place=Place("none"))
        told = bands_of(ask()["city"], "citizenship")
        assert {band: (one["n"], one["ref_share"]) for band, one in told.items()} == {
            "it": (20, 0.8), "foreign": (10, 0.2),
        }  # fmt: skip

    def test_of_other_districts_nothing_is_told(self, city, listener, client_of, themes):
        for number in range(1, 10):
            live(city.area(number), "citizenship", CITIZENSHIPS)
        meet(listener, 20, ("citizenship", "it"), area=1)
        meet(listener, 30, ("citizenship", "it"), area=2)
        client = client_of(person("ugo", "coordinator", within=city.area(1)))
        body = client.get("/api/v1/coverage/representation", {"layer": "area", "period": "2026-Q2"}).json()
        assert [one["code"] for one in body["places"]] == ["1"]
        assert (body["is_partial"], body["city"]["people"]) == (True, 20)

    def test_of_a_district_that_one_reads_in_part_nothing_is_added_up(self, city, listener, client_of, themes):
        for code in "ABC":
            live(city.districts["zona", code], "citizenship", CITIZENSHIPS)
        meet(listener, 20, ("citizenship", "it"), area=1)
        meet(listener, 30, ("citizenship", "it"), area=4)
        both = person("ugo", "coordinator", within=city.districts["zona", "A"])
        assign(both, "coordinator", within=city.area(4))
        client = client_of(both)
        body = client.get("/api/v1/coverage/representation", {"layer": "zona", "period": "2026-Q2"}).json()
        # Area 4 lies in zona B, which is not on the list: its residents are not known, so its people do not count.
        assert ([one["code"] for one in body["places"]], body["city"]["people"]) == (["A"], 20)


class TestWhatCannotBeTold:
    """A reason, and null: never a ratio of nothing."""

    def reason(self, body, code="1"):
        place = place_of(body, code)
        assert {one["rr"] for one in bands_of(place).values()} <= {None}
        told = variable_of(place)
        assert (told["dissimilarity"], told["excess"], told["parity"]) == (None, None, None)
        return told["reason"]

    def test_nobody_was_listened_to(self, city, ask):
        live(city.area(1), "age", AGES)
        body = ask()
        assert self.reason(body) == "nobody-listened"
        assert (place_of(body)["bands"], variable_of(body["city"])["unknown"]) == ([], None)

    def test_nothing_is_known_of_residents(self, city, listener, ask):
        meet(listener, 30, ("age", "65+"))
        body = ask()
        assert self.reason(body) == "no-margins"
        assert bands_of(place_of(body))["65+"]["share"] == 1
        assert bands_of(place_of(body))["65+"]["ref_share"] is None

    @pytest.mark.parametrize("excluded", [True, False])
    def test_nobody_lives_there(self, city, listener, ask, excluded):
        live(city.area(1), "age", AGES if excluded else dict.fromkeys(AGES, 0))
        District.objects.filter(pk=city.area(1).pk).update(exclude_from_rates=excluded)
        meet(listener, 30, ("age", "65+"))
        assert self.reason(ask()) == "no-residents"

    def test_few_people_and_then_no_band_is_told(self, city, listener, ask):
        live(city.area(1), "age", AGES)
        meet(listener, 19, ("age", "65+"))
        body = ask()
        assert self.reason(body) == "few-people"
        assert bands_of(place_of(body)) == {}
        assert variable_of(place_of(body))["n"] == 19

    def test_many_are_not_recorded_and_bounds_are_told(self, city, listener, ask):
        live(city.area(1), "age", AGES)
        meet(listener, 30, ("age", "65+"))
        meet(listener, 4, ("age", "unknown"))
        meet(listener, 6)
        body = ask()
        assert variable_of(place_of(body))["unknown"] == 0.25
        assert self.reason(body) == "many-unknown"
        told = bands_of(place_of(body))
        # 30 of 40, or all 40, among 25 %; of those of 18 to 34 none, or 10 of 40, among 20 %.
        assert (told["65+"]["rr_least"], told["65+"]["rr_most"]) == (3.0, 4.0)
        assert (told["18-34"]["rr_least"], told["18-34"]["rr_most"]) == (0.0, 1.25)

    @pytest.mark.parametrize(
        "bands", [{"0-19": 1, "20-64": 1, "65+": 1}, {"0-17": 1, "0-13": 1, "18+": 1}, {"young": 1, "old": 1}]
    )
    def test_bands_that_listeners_do_not_note(self, city, listener, ask, bands):
        live(city.area(1), "age", bands)
        meet(listener, 30, ("age", "65+"))
        assert self.reason(ask()) == "bands-differ"

    def test_a_variable_that_listeners_do_not_note(self, city, listener, ask):
        live(city.area(1), "tenure", {"owner": 1, "tenant": 1})
        meet(listener, 30)
        told = variable_of(place_of(ask()), "tenure")
        assert (told["reason"], told["n"]) == ("bands-differ", 0)

    def test_a_band_that_the_register_does_not_know_is_not_recorded(self, city, listener, ask):
        live(city.area(1), "gender", {"female": 500, "male": 500})
        for number, band in ((15, "female"), (12, "male"), (3, "other")):
            meet(listener, number, ("gender", band))
        place = place_of(ask())
        assert list(bands_of(place, "gender")) == ["female", "male"]
        assert variable_of(place, "gender")["unknown"] == 0.1

    def test_a_band_in_which_nobody_lives_has_no_ratio(self, city, listener, ask):
        live(city.area(1), "citizenship", {"it": 100, "foreign": 0})
        meet(listener, 30, ("citizenship", "eu"))
        told = bands_of(place_of(ask()), "citizenship")["foreign"]
        assert (told["n"], told["ref_share"], told["rr"], told["flag"]) == (30, 0.0, None, None)


class TestReference:
    @pytest.fixture(autouse=True)
    def figures(self, city, listener):
        live(city.area(1), "age", AGES, year=2020, source="census")
        live(city.area(1), "age", AGES, year=2024, source="register")
        live(city.area(1), "age", AGES, year=2027, source="register")
        meet(listener, 30, ("age", "65+"))

    @pytest.mark.parametrize(
        ("asked", "year"), [({}, 2024), ({"year": 2020}, 2020), ({"source": "census"}, 2020), ({"year": 2027}, 2027)]
    )
    def test_the_newest_up_to_the_period_unless_another_is_asked_for(self, ask, asked, year):
        assert variable_of(place_of(ask(**asked)))["reference"]["year"] == year

    @pytest.mark.parametrize(
        ("asked", "name", "allowed"),
        [
            ({"year": 1999}, "year", ["2020", "2024", "2027"]),
            ({"year": "last"}, "year", ["2020", "2024", "2027"]),
            ({"source": "hearsay"}, "source", ["census", "register"]),
            ({"year": 2024, "source": "census"}, "source", ["register"]),
        ],
    )
    def test_one_that_is_not_there(self, ask, asked, name, allowed):
        problem = ask(status=400, **asked)
        assert (problem["parameter"], problem["allowed"]) == (name, allowed)


def test_of_a_crowd_ten_count(city, listener, ask):
    live(city.area(1), "gender", {"female": 500, "male": 500})
    crowd = (Band("gender", "female", 300), Band("gender", "male", 100))
    accept_many([conversation(listener, area=1, people_count=400, bands=crowd)])
    meet(listener, 20, ("gender", "male"))
    place = place_of(ask())
    # 300 and 100 of 400 are 7.5 and 2.5 of 10, rounded half away from zero.
    assert {band: one["n"] for band, one in bands_of(place, "gender").items()} == {"female": 8, "male": 23}
    assert place["people"] == 30


def test_what_is_not_counted_is_no_listening(city, listener, ask):
    live(city.area(1), "age", AGES)
    meet(listener, 30, ("age", "65+"), is_test=True)
    meet(listener, 30, ("age", "65+"), may_be_counted=False)
    assert variable_of(place_of(ask()))["reason"] == "nobody-listened"


class TestLanguage:
    """A member of the conversation: of each person in it we know no more."""

    def test_it_is_compared_where_residents_are_known_by_it(self, city, listener, ask):
        live(city.area(1), "language", {"it": 700, "ar": 100, "other": 200})
        for number, language in ((20, "it"), (5, "ar-MA"), (10, "bn"), (1, "")):
            meet(listener, number, language=language)
        place = place_of(ask())
        assert {band: one["n"] for band, one in bands_of(place, "language").items()} == {"ar": 5, "it": 20, "other": 10}
        assert variable_of(place, "language")["unknown"] == round(1 / 36, 4)

    def test_languages_that_are_not_named_are_not_recorded(self, city, listener, ask):
        live(city.area(1), "language", {"it": 700, "ar": 100})
        for number, language in ((27, "it"), (3, "bn")):
            meet(listener, number, language=language)
        assert variable_of(place_of(ask()), "language")["unknown"] == 0.1

    def test_otherwise_it_is_not_told(self, city, listener, ask):
        meet(listener, 30, language="it")
        assert "language" not in {one["variable"] for one in place_of(ask())["variables"]}


def test_whom_to_listen_to_next(city, listener, ask):
    live(city.area(1), "age", AGES)
    Population.objects.bulk_create(
        Population(district=city.area(number), year=2025, source="Drawn for tests", residents=1000) for number in (1, 2)
    )
    within = dt.datetime.combine(last_year().until - dt.timedelta(days=20), dt.time(12), dt.UTC)
    meet(listener, 60, ("age", "65+"), occurred_at=within)
    meet(listener, 12, ("age", "18-34"), occurred_at=within)
    body = ask("coverage/next")
    # Of those of 35 to 64 nobody, and they are more than those of 18 to 34; children are too few to prove anything.
    told = place_of(body, "1")["priority_bands"]
    assert [(one["band"], one["rr"]) for one in told] == [("0-13", 0.0), ("35-64", 0.0)]
    assert all(one["rr_high"] < 0.8 for one in told)
    assert place_of(body, "2")["priority_bands"] == []
