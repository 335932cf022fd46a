"""Venues and sessions over HTTP."""

import pytest
from django.contrib.gis.geos import Point
from uuid6 import uuid7

from listening.fieldwork.models import Session, Venue

SESSIONS, VENUES = "/api/v1/sessions", "/api/v1/venues"


@pytest.fixture
def venue(db) -> Venue:
    return Venue.objects.create(
        code="salaborsa", name="Salaborsa", kind="library", location=Point(11.342, 44.494, srid=4326)
    )


@pytest.fixture
def phone(listener, client_of):
    return client_of(listener)


def told(**members) -> dict:
    return {"id": str(uuid7()), "kind": "stall", "started_at": "2026-05-12T09:00:00+02:00", **members}


class TestVenues:
    def test_it_works(self, phone, venue):
        Venue.objects.create(code="bar", name="Bar", kind="other")
        assert phone.get(VENUES).json()["venues"] == [
            {"code": "bar", "name": "Bar", "kind": "other", "point": None},
            {"code": "salaborsa", "name": "Salaborsa", "kind": "library",
             "point": {"type": "Point", "coordinates": [11.342, 44.494]}},
        ]  # fmt: skip

    def test_for_staff(self, venue, client):
        assert client.get(VENUES).status_code == 401


class TestOpening:
    def test_it_works(self, phone, venue, listener):
        body = told(venue="salaborsa", title="Sabato in Piazza", ended_at="2026-05-12T12:00:00Z")
        response = phone.post(SESSIONS, body, format="json")
        assert response.status_code == 201
        session = Session.objects.get(pk=body["id"])
        assert (session.venue, session.convener, session.title) == (venue, listener, "Sabato in Piazza")
        assert phone.get(f"{SESSIONS}/{body['id']}").json() == response.json()

    def test_sent_again_changes_nothing(self, phone):
        body = told()
        assert phone.post(SESSIONS, body, format="json").status_code == 201
        assert phone.post(SESSIONS, body, format="json").status_code == 200
        assert Session.objects.count() == 1

    def test_other_content_or_another_person_is_a_conflict(self, phone, other_listener, client_of):
        body = told()
        phone.post(SESSIONS, body, format="json")
        for client, sent in ((phone, {**body, "kind": "walk"}), (client_of(other_listener), body)):
            response = client.post(SESSIONS, sent, format="json")
            assert response.status_code == 409
            assert response.json()["type"].endswith("/session-id-taken")
        assert Session.objects.get().kind == "stall"

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"kind": "party"}, "/kind"),
            ({"id": "1"}, "/id"),
            ({"venue": "nowhere"}, "/venue"),
            ({"started_at": "yesterday"}, "/started_at"),
            ({"started_at": "2026-05-12T09:00:00"}, "/started_at"),
            ({"ended_at": "2026-05-12T08:00:00+02:00"}, "/ended_at"),
            ({"title": "x" * 201}, "/title"),
            ({"title": 5}, "/title"),
            ({"colour": "red"}, "/colour"),
        ],
    )
    def test_a_mistake_is_named(self, phone, venue, change, pointer):
        response = phone.post(SESSIONS, told(**change), format="json")
        assert response.status_code in {400, 422}
        assert pointer in [error["pointer"] for error in response.json()["errors"]]
        assert not Session.objects.exists()

    def test_planners_do_not(self, planner, client_of):
        assert client_of(planner).post(SESSIONS, told(), format="json").status_code == 403

    def test_nobody_unsigned(self, db, client):
        assert client.post(SESSIONS, told(), content_type="application/json").status_code == 401


class TestReading:
    @pytest.fixture
    def opened(self, listener, other_listener):
        return [
            Session.objects.create(pk=uuid7(), kind="desk", started_at=f"2026-05-1{day}T09:00:00Z", convener=person)
            for day, person in ((1, listener), (2, other_listener))
        ]

    def test_own_or_all(self, opened, listener, coordinator, planner, client_of):
        def seen(person) -> list[str]:
            return [session["id"] for session in client_of(person).get(SESSIONS).json()["sessions"]]

        mine, other = (str(session.pk) for session in opened)
        assert seen(listener) == [mine]
        assert seen(coordinator) == [other, mine]
        assert client_of(planner).get(SESSIONS).status_code == 403

    def test_hidden_and_absent_look_alike(self, opened, listener, client_of):
        client = client_of(listener)
        hidden, absent = (client.get(f"{SESSIONS}/{pk}") for pk in (opened[1].pk, uuid7()))
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.json()["detail"] == absent.json()["detail"]

    def test_the_number_of_queries_does_not_grow(self, opened, coordinator, client_of, django_assert_num_queries):
        client = client_of(coordinator)
        client.get(SESSIONS)
        with django_assert_num_queries(1):
            client.get(SESSIONS)
