"""Sessions, venues, phones, and where to listen next: within one's districts, and with nobody's change lost."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.contrib.gis.geos import Point
from uuid6 import uuid7

from backend import clock
from districts.models import Population
from listening.audit.verbs import Verb
from listening.fieldwork.models import Device, Session, Venue
from tests.listening.desk.conftest import at_desk, text_of
from tests.listening.fieldwork.phone import enrolled
from tests.people import person
from tests.squareville import inside

SESSIONS, VENUES, NEXT = "/desk/sessions/", "/desk/venues/", "/desk/next/"


def hidden(answer, name: str) -> str:
    return unescape(re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())[1])


@pytest.fixture
def market(city):
    return Venue.objects.create(code="market", name="Market", kind="market", location=Point(*inside(5), srid=4326))


@pytest.fixture
def far(city):
    return Venue.objects.create(code="far", name="Far away", kind="park", location=Point(*inside(9), srid=4326))


class TestSessions:
    FORM = {"kind": "stall", "title": "Sabato", "venue": "market", "started_at": "2026-05-16T09:00"}

    def test_one_is_opened_once(self, desk, market, carla, trail):
        page = desk.get(f"{SESSIONS}add/")
        form = {**self.FORM, "id": hidden(page, "id"), "ended_at": "2026-05-16T12:30"}
        for _ in range(2):
            assert desk.post(f"{SESSIONS}add/", form)["Location"] == SESSIONS
        session = Session.objects.get()
        assert (session.convener, session.venue, session.title) == (carla, market, "Sabato")
        assert session.started_at == dt.datetime(2026, 5, 16, 7, tzinfo=dt.UTC)  # 9:00 in Bologna, in summer
        assert [entry.verb for entry in trail()] == [Verb.CREATE]
        assert "Sabato" in text_of(desk.get(SESSIONS))

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"kind": "party"}, "party"),
            ({"venue": "nowhere"}, "nowhere"),
            ({"venue": "a\0b"}, ""),
            ({"title": "a\0b"}, "Null characters are not allowed"),
            ({"title": "x" * 201}, "200"),
            ({"started_at": "tomorrow"}, "Enter a valid date/time"),
            ({"started_at": "0001-01-01T00:00"}, "give a year from 2000 on"),
            ({"started_at": "9999-12-31T23:59"}, "give a year from 2000 on"),
            ({"ended_at": "2026-05-16T08:00"}, "does not end before it begins"),
            ({"id": "x"}, ""),
        ],
    )
    def test_what_is_wrong_is_told_and_what_was_typed_stays(self, desk, market, wrong, said):
        answer = desk.post(f"{SESSIONS}add/", {**self.FORM, **wrong})
        assert answer.status_code == 400
        assert said in text_of(answer)
        assert "Sabato" in answer.content.decode() or "title" in wrong
        assert not Session.objects.exists()

    def test_an_id_of_another_session_is_refused(self, desk, market, far):
        other = Session.objects.create(kind="desk", venue=far, started_at=clock.now(), convener=person("other"))
        answer = desk.post(f"{SESSIONS}add/", {**self.FORM, "id": str(other.pk)})
        assert answer.status_code == 400
        assert "stored with other content" in text_of(answer)

    @pytest.fixture
    def session(self, market):
        return Session.objects.create(kind="desk", venue=market, started_at=clock.now(), convener=person("other"))

    def test_one_is_changed(self, desk, session, market, trail):
        page = desk.get(f"{SESSIONS}{session.pk}/")
        answer = desk.post(f"{SESSIONS}{session.pk}/", {**self.FORM, "read": hidden(page, "read")})
        assert answer["Location"] == SESSIONS
        session.refresh_from_db()
        assert (session.kind, session.title, session.convener.username) == ("stall", "Sabato", "other")
        assert [entry.verb for entry in trail()] == [Verb.CHANGE]

    @pytest.mark.parametrize("read", ["", "forged"])
    def test_a_change_meanwhile_is_not_overwritten(self, desk, session, read):
        seen = read or hidden(desk.get(f"{SESSIONS}{session.pk}/"), "read")
        Session.objects.update(title="Changed")
        answer = desk.post(f"{SESSIONS}{session.pk}/", {**self.FORM, "read": seen})
        assert answer.status_code == 412
        assert "changed since you read it" in text_of(answer)
        session.refresh_from_db()
        assert (session.kind, session.title) == ("desk", "Changed")

    def test_it_does_not_leave_one_s_districts(self, desk, session, far):
        page = desk.get(f"{SESSIONS}{session.pk}/")
        answer = desk.post(f"{SESSIONS}{session.pk}/", {**self.FORM, "venue": "far", "read": hidden(page, "read")})
        assert answer.status_code == 400
        assert "would leave your districts" in text_of(answer)
        session.refresh_from_db()
        assert session.venue.code == "market"

    def test_elsewhere_and_absent_are_alike(self, desk, far):
        elsewhere = Session.objects.create(kind="desk", venue=far, started_at=clock.now(), convener=person("other"))
        assert "Far away" not in text_of(desk.get(SESSIONS))
        for pk in (elsewhere.pk, uuid7()):
            assert desk.get(f"{SESSIONS}{pk}/").status_code == 404
            assert desk.post(f"{SESSIONS}{pk}/", self.FORM).status_code == 404


class TestVenues:
    HERE = dict(zip(("longitude", "latitude"), map(str, inside(4)), strict=True))
    FORM = {"code": "new-market", "name": "New market", "kind": "market", **HERE}

    def test_one_is_added(self, desk, city, trail):
        assert desk.get(f"{VENUES}add/").status_code == 200
        assert desk.post(f"{VENUES}add/", self.FORM)["Location"] == VENUES
        venue = Venue.objects.get()
        assert (venue.code, venue.name, venue.location.coords) == ("new-market", "New market", inside(4))
        assert [entry.verb for entry in trail()] == [Verb.CREATE]

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"code": "market"}, "There is a venue with the code"),
            ({"code": "two words"}, "Enter a valid"),
            ({"kind": "moon"}, "moon"),
            ({"name": ""}, "required"),
            ({"latitude": "north"}, "Enter a number"),
            ({"latitude": "nan"}, "Enter a number"),
            ({"latitude": ""}, "Give both"),
            ({"latitude": "", "longitude": ""}, "give a point in one of your districts"),
            ({"latitude": "11.31", "longitude": "44.48"}, "are the two numbers swapped"),
            ({"latitude": str(inside(9)[1]), "longitude": str(inside(9)[0])}, "give a point in one of your districts"),
        ],
    )
    def test_what_is_wrong_is_told_and_nothing_is_added(self, desk, market, wrong, said):
        answer = desk.post(f"{VENUES}add/", {**self.FORM, **wrong})
        assert answer.status_code == 400
        assert said in unescape(text_of(answer))
        assert list(Venue.objects.all()) == [market]

    def test_one_is_changed_and_keeps_its_code(self, desk, market, trail):
        page = desk.get(f"{VENUES}{market.pk}/")
        form = {**self.FORM, "read": hidden(page, "read")}
        assert desk.post(f"{VENUES}{market.pk}/", form)["Location"] == VENUES
        market.refresh_from_db()
        assert (market.code, market.name) == ("market", "New market")
        again = desk.post(f"{VENUES}{market.pk}/", {**form, "name": "Older"})
        assert again.status_code == 412
        assert [entry.verb for entry in trail()] == [Verb.CHANGE]

    def test_those_elsewhere_are_read_and_not_changed(self, desk, market, far):
        page = desk.get(VENUES).content.decode()
        assert "Far away" in page
        assert f"{VENUES}{market.pk}/" in page
        assert f"{VENUES}{far.pk}/" not in page
        for pk in (far.pk, far.pk + 1, 10**30):
            assert desk.get(f"{VENUES}{pk}/").status_code == 404
            assert desk.post(f"{VENUES}{pk}/", self.FORM).status_code == 404

    def test_for_the_whole_city_a_venue_may_have_no_point(self, market):
        client = at_desk(person("whole", "coordinator"))
        form = {**self.FORM, "latitude": "", "longitude": ""}
        assert client.post(f"{VENUES}add/", form).status_code == 302
        assert Venue.objects.get(code="new-market").location is None


class TestPhones:
    def test_the_longest_silent_stand_first(self, desk, anna, city):
        for name, days in (("heard of", 0), ("quiet", 5)):
            device = enrolled(anna).device
            Device.objects.filter(pk=device.pk).update(
                name=name, last_seen_at=clock.now() - dt.timedelta(days=days), confirmed_at=clock.now()
            )
        enrolled(person("bruno", "listener", within=city.area(9)))
        page = desk.get("/desk/phones/").content.decode()
        assert page.index("quiet") < page.index("heard of")
        assert page.count('class="silent"') == 1
        assert "bruno" not in page
        assert "/devices/" in page

    def test_one_is_taken_away(self, desk, anna):
        device = enrolled(anna).device
        (address,) = re.findall(r'action="(/devices/[^"]+/revoke/)"', desk.get("/desk/phones/").content.decode())
        desk.post(address, {"forget": "yes"})
        device.refresh_from_db()
        assert device.revoked_at
        assert device.wipe_asked_at
        assert "There is no phone." in text_of(desk.get("/desk/phones/"))


class TestNext:
    @pytest.fixture
    def residents(self, city):
        for number in range(1, 10):
            Population.objects.create(
                district=city.area(number), year=2025, residents=1_000 * number, source="Drawn for tests"
            )

    def test_each_district_has_a_sentence(self, desk, residents):
        said = text_of(desk.get(NEXT, {"layer": "area", "conversations": "300", "sessions": "30"}))
        assert re.findall(r"Area \d", said) == ["Area 6", "Area 5", "Area 4"]
        assert said.count("Nobody listened there in the last four quarters") == 3
        # By the square roots of 4, 5 and 6 thousand residents, of 300: 90, 100 and 110.
        numbers = [int(n) for n in re.findall(r"quarters; (\d+) conversations", said)]
        assert numbers == [110, 100, 90]
        assert "These are the districts of your assignments alone" in said

    def test_without_residents_nothing_is_divided(self, desk):
        assert "It is not known how many people live" in text_of(desk.get(NEXT))

    @pytest.mark.parametrize(
        ("params", "named"),
        [
            ({"layer": "moon"}, "moon"),
            ({"sessions": "0"}, "“0”"),
            ({"sessions": "many"}, "many"),
            ({"conversations": "9" * 400}, "999"),
            ({"theme": "rent"}, "theme"),
            ({"layer": "a\0b"}, "NUL"),
        ],
    )
    def test_a_bad_value_is_named(self, desk, residents, params, named):
        answer = desk.get(NEXT, params)
        assert answer.status_code == 400
        assert named in unescape(text_of(answer))

    def test_a_city_without_boundaries_is_told_so(self, db):
        answer = at_desk(person("early", "coordinator")).get(NEXT)
        assert answer.status_code == 400
        assert "No boundaries have been imported yet." in text_of(answer)
