"""Need maps of whoever has some districts: these are listed and counted, and nothing of the others shows."""

import re

import pytest

from listening.capture.accept import accept_many
from listening.codelists.models import Theme
from listening.fieldwork.assignments import assign
from listening.fieldwork.roles import Role
from tests.listening.submissions import conversation, heard
from tests.people import person

URL = "/api/v1/need-map"
ONE_TIME = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')
pytestmark = pytest.mark.django_db


@pytest.fixture
def listened(city, themes, listener) -> None:
    """One conversation in each area; rent was heard in the odd ones."""
    accept_many(
        [
            conversation(listener, heard("need", themes["rent" if number % 2 else "mobility"]), area=number)
            for number in range(1, 10)
        ]
    )


@pytest.fixture
def ask(client_of):
    def ask(reader, **params):
        answer = client_of(reader).get(URL, {"period": "2026-Q2", "geometry": "none", **params})
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


def listed(built) -> dict[str, tuple[int, int]]:
    return {
        feature["properties"]["code"]: (feature["properties"]["conversations"], feature["properties"]["mentioning"])
        for feature in built["features"]
    }


def test_it_works(listened, city, ask):
    dario = person("dario", Role.PLANNER, within=city.districts["zona", "B"])
    built = ask(dario, layer="area", theme="rent")
    assert listed(built) == {"4": (1, 0), "5": (1, 1), "6": (1, 0)}
    assert built["is_partial"]
    assert (built["city"]["conversations"], built["city"]["mentioning"]) == (3, 1)
    assert built["unplaced"]["conversations"] == 0


def test_a_larger_district_of_which_one_reads_a_part_is_not_on_the_map(listened, city, ask):
    dario = person("dario", Role.PLANNER, within=city.districts["zona", "B"])
    assert listed(ask(dario, layer="zona")) == {"B": (3, 3)}
    assert listed(ask(dario, layer="quartiere")) == {}
    assert ask(dario, layer="quartiere")["city"]["conversations"] == 3


@pytest.mark.parametrize(
    ("within", "layer"),
    [
        (("area", "5"), "area"),
        (("zona", "B"), "zona"),
        (("prossimita", "west"), "prossimita"),
        (("quartiere", "10"), "zona"),
    ],
)
def test_left_alone_it_is_of_a_layer_that_has_something_to_show(listened, city, ask, within, layer):
    """The default layer where one reads districts of it, else the coarsest one where one does."""
    dario = person("dario", Role.PLANNER, within=city.districts[within])
    assert ask(dario)["layer"] == layer


def test_the_picture_shows_where_one_is(listened, city, client):
    dario = person("dario", Role.PLANNER, within=city.districts["zona", "B"])
    client.force_login(dario)
    page = client.get("/dashboard/", {"period": "2026", "layer": "area"}).content.decode()
    assert page.count('class="surroundings"') == 6
    assert "I tuoi territori" in page
    assert "Tutta la città" not in page


def test_two_districts_of_different_layers_count_once(listened, city, ask):
    dario = person("dario", Role.PLANNER, within=city.districts["zona", "B"])
    assign(dario, Role.PLANNER, within=city.districts["prossimita", "west"])
    assert set(listed(ask(dario, layer="area"))) == set("14567")
    assert ask(dario, layer="area")["city"]["conversations"] == 5


def test_the_whole_city_is_not_partial(listened, planner, ask):
    built = ask(planner, layer="area")
    assert not built["is_partial"]
    assert len(built["features"]) == 9


def test_what_happens_elsewhere_changes_no_byte(listened, city, themes, listener, client_of):
    dario = person("dario", Role.PLANNER, within=city.area(5), clearance="normal")
    addresses = [
        (URL, {"layer": layer, "period": "2026-Q2", "theme": theme})
        for layer in ("area", "zona", "quartiere")
        for theme in ("", "rent")
    ] + [("/api/v1/findings", {}), ("/dashboard/", {"period": "2026-Q2"}), ("/dashboard/", {})]
    client = client_of(dario)
    client.force_login(dario)

    def answers():
        found = [client.get(address, params) for address, params in addresses]
        return [(answer.status_code, answer.headers.get("ETag"), ONE_TIME.sub(b"", answer.content)) for answer in found]

    before = answers()
    assert {status for status, _, _ in before} == {200}
    rent = heard("need", themes["rent"])
    accept_many([conversation(listener, heard("need", themes["rent"]), area=number) for number in (1, 9, 6)])
    assert answers() == before
    accept_many([conversation(listener, rent, area=5)])
    assert answers() != before


def test_an_internal_theme_is_mapped_for_whom_it_is_cleared(listened, city, themes, client_of):
    violence = Theme.objects.create(code="violence", parent=themes["housing"], sensitivity="internal")
    cleared, other = (person(c, Role.PLANNER, clearance=c) for c in ("internal", "restricted"))
    assert client_of(cleared).get(URL, {"theme": "violence"}).status_code == 200
    refused = client_of(other).get(URL, {"theme": "violence"})
    assert refused.status_code == 400
    assert violence.code not in refused.json()["allowed"]


@pytest.mark.parametrize("role", [Role.LISTENER, Role.ADMIN, Role.MACHINE_WRITER])
def test_who_reads_no_counts_is_refused(listened, role, client_of, client):
    reader = person("paolo", role)
    assert client_of(reader).get(URL).status_code == 403
    client.force_login(reader)
    assert client.get("/dashboard/").status_code == 403
