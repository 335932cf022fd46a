"""From one edition to another: shares add up to 1, and each district has one main successor."""

import csv
import io

import pytest

from tests.redrawn import AFTER, rectangle, redraw

pytestmark = pytest.mark.django_db
URL = "/api/v1/districts/crosswalk"


def parts(client, **params):
    told = client.get(URL, {"layer": "area", "from": "first", "to": "second", **params}).json()
    return {
        (one["from"]["code"], one["to"] and one["to"]["code"]): (
            one["share_of_area"], one["share_of_population"], one["is_main"],
        )
        for one in told["parts"]
    }  # fmt: skip


def test_split_merged_and_moved(city, client, tmp_path):
    redraw(tmp_path)
    told = parts(client)
    assert {pair: (round(area, 3), main) for pair, (area, _, main) in told.items() if pair[0] in "1236"} == {
        ("1", "1a"): (0.3, False), ("1", "1b"): (0.7, True), ("2", "23"): (1, True), ("3", "23"): (1, True),
        ("6", "5"): (0.4, False), ("6", "6"): (0.6, True),
    }  # fmt: skip
    back = parts(client, **{"from": "second", "to": "first"})
    assert round(back["23", "2"][0], 3) == round(back["23", "3"][0], 3) == 0.5
    assert [pair for pair, (_, _, main) in back.items() if pair[0] == "23" and main] == [("23", "2")]
    for table in (told, back):
        for source in {pair[0] for pair in table}:
            shares = [share for pair, share in table.items() if pair[0] == source]
            assert sum(area for area, _, _ in shares) == pytest.approx(1, abs=1e-5)
            assert sum(main for _, _, main in shares) == 1


def test_residents_weigh_where_they_are_known(city, client, tmp_path):
    residents = dict.fromkeys(AFTER, 1000) | {"1a": 900, "1b": 100}
    redraw(tmp_path, residents=residents)
    told = parts(client)
    assert told["1", "1a"][1] == pytest.approx(0.9, abs=1e-4)
    # Whole counts still go by area: figures change, and what was counted must not move with them.
    assert told["1", "1b"][2]
    assert parts(client, **{"from": "second", "to": "first"})["5", "5"][1] is None


def test_what_lies_in_none_is_told(city, client, tmp_path):
    redraw(tmp_path, {"half": rectangle(0, 0, 0.5)})
    told = parts(client)
    assert round(told["1", None][0], 3) == 0.5
    assert told["9", None] == (1.0, None, False)


def test_as_a_table(city, client, tmp_path):
    redraw(tmp_path)
    answer = client.get(URL, {"layer": "area", "from": "first", "to": "second", "format": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode().lstrip("\ufeff"))))
    assert {row["to_code"] for row in rows if row["from_code"] == "1"} == {"1a", "1b"}
    assert client.get(URL, HTTP_IF_NONE_MATCH=answer["ETag"], QUERY_STRING="").status_code in {200, 304}


def test_to_itself(city, client):
    assert parts(client, to="first")["5", "5"] == (1.0, None, True)


@pytest.mark.parametrize("name", ["from", "to"])
def test_an_edition_that_is_none(city, client, name):
    answer = client.get(URL, {"layer": "area", name: "never"})
    assert (answer.status_code, answer.json()["parameter"], answer.json()["allowed"]) == (400, name, ["first"])
