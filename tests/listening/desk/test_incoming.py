"""What came in: a coordinator's own districts, narrowed, audited, with a purpose where the city asks for one."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend import clock
from listening.audit.verbs import Verb
from listening.records.models import Conversation
from tests.listening.desk.conftest import at_desk, ids_in, text_of
from tests.listening.submissions import heard
from tests.people import person

PAGE = "/desk/"


def test_it_works(desk, log, themes):
    told = log(heard("challenge", themes["rent"], text="Affitti <b>alti</b>", severity=4), summary="Al mercato")
    answer = desk.get(PAGE)
    assert answer.status_code == 200
    assert ids_in(answer) == [told.pk]
    said = text_of(answer)
    assert "Area 5" in said
    assert "anna · street" in said
    assert "Challenge pressing 4 of 5 Affitti &lt;b&gt;alti&lt;/b&gt;" in said
    assert "Rent" in said


def test_what_lies_elsewhere_or_is_beyond_the_clearance_is_not_there(desk, log, themes, carla):
    here = log()
    log(area=9)
    themes["rent"].sensitivity = "internal"
    themes["rent"].save()
    log(heard("need", themes["rent"]))
    assert ids_in(desk.get(PAGE)) == [here.pk]


def test_today_is_the_city_s_day_of_arrival(desk, log, monkeypatch):
    """23:30 in Bologna is 22:30 in UTC, and 0:30 the next day."""
    late, early = (dt.datetime(2026, 5, 13, 22, 30, tzinfo=dt.UTC) - dt.timedelta(hours=h) for h in (1, 0))
    for moment in (late, early):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        log(occurred_at=moment - dt.timedelta(days=3))
    first, second = Conversation.objects.order_by("received_at")
    assert ids_in(desk.get(PAGE)) == [second.pk]
    assert ids_in(desk.get(PAGE, {"day": "2026-05-13"})) == [first.pk]
    assert ids_in(desk.get(PAGE, {"day": "2026-05-14"})) == [second.pk]
    assert ids_in(desk.get(PAGE, {"day": "2026-05-12"})) == []


def test_it_is_narrowed_by_district_listener_and_want_of_a_theme(desk, log, city, themes):
    bruno = person("bruno", "listener", within=city.area(4))
    themed, bare = log(heard("need", themes["rent"])), log(heard("need", themes["rent"]), heard("need"), area=6)
    of_bruno = log(heard("need", themes["rent"]), by=bruno, area=4)
    assert set(ids_in(desk.get(PAGE))) == {themed.pk, bare.pk, of_bruno.pk}
    assert ids_in(desk.get(PAGE, {"district": "area:6"})) == [bare.pk]
    assert ids_in(desk.get(PAGE, {"listener": "bruno"})) == [of_bruno.pk]
    assert ids_in(desk.get(PAGE, {"unthemed": "yes"})) == [bare.pk]
    assert ids_in(desk.get(PAGE, {"unthemed": "yes", "listener": "bruno"})) == []
    assert ids_in(desk.get(PAGE, {"district": "area:9"})) == []


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"day": "2026-02-30"}, "2026-02-30"),
        ({"day": "yesterday"}, "yesterday"),
        ({"day": "9999-12-31"}, "9999-12-31"),
        ({"district": "area:77"}, "area:77"),
        ({"listener": "nobody"}, "nobody"),
        ({"unthemed": "perhaps"}, "perhaps"),
        ({"cursor": "x"}, "cursor"),
        ({"theme": "rent"}, "theme"),
        ({"purpose": "curiosity"}, "curiosity"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_read(desk, log, trail, params, named):
    log()
    answer = desk.get(PAGE, params)
    assert answer.status_code == 400
    assert named in text_of(answer)
    assert ids_in(answer) == []
    assert [entry for entry in trail() if entry.verb == Verb.READ_LIST] == []


def test_what_is_wrong_is_said_in_the_reader_s_language(carla, settings, log, themes):
    answer = at_desk(carla, "it").get(PAGE, {"day": "ieri"})
    assert "“ieri” non è un giorno" in text_of(answer)
    settings.PURPOSE_REQUIRED = True
    log(heard("need", themes["health"]))
    answer = at_desk(carla, "it").get(PAGE)
    assert "Qui ci sono registrazioni di altre persone con un tema sensibile" in text_of(answer)
    assert "X-Purpose" not in text_of(answer)


def link_to_newest(answer):
    found = re.findall(r'<a class="button" href="\?([^"]+)">([^<]+)</a>', answer.content.decode())
    return found[0] if found else None


def test_a_day_without_anything_leads_to_the_last_that_brought_something(desk, log, city, monkeypatch):
    assert link_to_newest(desk.get(PAGE)) is None
    now = clock.now()
    for days, area in ((9, 6), (4, 4), (2, 9)):
        monkeypatch.setattr(clock, "now", lambda days=days: now - dt.timedelta(days=days))
        log(area=area, by=person(f"listener-{area}", "listener", within=city.area(area)))
    monkeypatch.setattr(clock, "now", lambda: now)
    newest = clock.local_date(now - dt.timedelta(days=4))  # the later one lies elsewhere
    query, words = link_to_newest(desk.get(PAGE))
    assert query == f"day={newest}"
    assert words.endswith(f"{newest.day} {newest:%B} {newest.year}")
    assert len(ids_in(desk.get(f"{PAGE}?{query}"))) == 1
    # What else is asked for holds, and stays in the address.
    query, _words = link_to_newest(desk.get(PAGE, {"district": "area:6"}))
    assert query == f"district=area%3A6&amp;day={clock.local_date(now - dt.timedelta(days=9))}"
    assert link_to_newest(desk.get(f"{PAGE}?{query.replace('&amp;', '&')}")) is None


def test_reading_what_others_logged_is_recorded_and_one_s_own_is_not(desk, log, carla, trail):
    others, _own = log(), log(by=carla)
    desk.get(PAGE, {"purpose": "follow_up"})
    (entry,) = [entry for entry in trail() if entry.verb == Verb.READ_LIST]
    assert (entry.person_id, entry.model, entry.ids) == (carla.pk, "records.conversation", [str(others.pk)])
    assert (entry.purpose, entry.credential) == ("follow_up", "session")


def test_where_the_city_asks_for_a_purpose_a_sensitive_record_takes_one(desk, log, themes, settings, trail):
    settings.PURPOSE_REQUIRED = True
    told = log(heard("need", themes["health"], text="Segreto"))
    answer = desk.get(PAGE)
    assert answer.status_code == 403
    assert "Segreto" not in answer.content.decode()
    assert "What you read records of others for" in answer.content.decode()
    assert [(entry.verb, entry.ids) for entry in trail()] == [(Verb.REFUSED, [str(told.pk)])]
    answer = desk.get(PAGE, {"purpose": "coordination"})
    assert ids_in(answer) == [told.pk]
    assert "purpose=coordination" in answer.content.decode()
    assert [entry.purpose for entry in trail() if entry.verb == Verb.READ_LIST] == ["coordination"]


def test_a_long_day_has_pages_and_none_is_shown_twice(desk, log):
    told = {log().pk for _ in range(53)}
    first = desk.get(PAGE)
    assert len(ids_in(first)) == 50
    (query,) = re.findall(r'href="\?([^"]*cursor=[^"]*)"', first.content.decode())
    rest = desk.get(f"{PAGE}?{query.replace('&amp;', '&')}")
    assert {*ids_in(first), *ids_in(rest)} == told
    assert len(ids_in(rest)) == 3


def test_nothing_is_asked_per_record(desk, log, themes):
    counts = []
    for more in (1, 40):
        for _ in range(more):
            log(heard("need", themes["rent"]), heard("asset"))
        with CaptureQueriesContext(connection) as captured:
            desk.get(PAGE)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["listener", "planner", "steward", "admin"])
def test_it_is_for_coordinators(db, role):
    assert at_desk(person("somebody", role)).get(PAGE).status_code == 403


def test_whoever_is_not_signed_in_is_asked_to(db, client):
    assert client.get(PAGE)["Location"].startswith("/login/?next=/desk/")


def test_those_who_may_find_the_way_there(desk, anna):
    assert 'href="/desk/"' in desk.get("/").content.decode()
    assert 'href="/desk/"' in desk.get("/devices/").content.decode()
    page = at_desk(anna).get("/").content.decode()
    assert 'href="/desk/"' not in page
    assert 'href="/field/"' in page


def test_where_the_role_needs_a_second_factor_the_desk_does(desk, log, settings, trail):
    log()
    settings.SECOND_FACTOR_ROLES = ["coordinator"]
    answer = desk.get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert trail() == []
