"""POST, GET, PATCH and DELETE of /api/v1/conversations, as a phone and a coordinator use them."""

import datetime as dt
import json

import pytest
from rest_framework.test import APIClient
from uuid6 import uuid7

from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.fieldwork.models import Session, User, Venue
from listening.fieldwork.roles import Role
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation, Finding, Tombstone
from tests.listening.submissions import NOON, conversation, document, heard
from tests.people import person as make_person
from tests.squareville import inside

pytestmark = pytest.mark.django_db

URL = "/api/v1/conversations"


@pytest.fixture
def phone(city, listener, client_of):
    return client_of(listener)


def at(response):
    """JSON pointer -> code of each mistake in a problem."""
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


class TestLogging:
    def test_it_works(self, phone, city, themes, listener):
        venue = Venue.objects.create(code="library", name="Library", kind="library")
        session = Session.objects.create(kind="desk", started_at=NOON, convener=listener, venue=venue)
        body = document(
            language="it",
            people_count=2,
            bands={"age": {"65+": 2}, "tie": {"lives": 2, "works": 1}, "citizenship": {"it": 1, "non_eu": 1}},
            session=str(session.pk),
            venue="library",
            summary="In biblioteca",
            findings=[
                {
                    "id": str(uuid7()),
                    "kind": "need",
                    "text": "Più panchine",
                    "themes": ["mobility", "rent"],
                    "severity": 4,
                    "shared_by": 2,
                    "place": {"kind": "district", "layer": "zona", "code": "C"},
                },
                {"kind": "asset", "text": "Il coro del quartiere"},
            ],
        )
        response = phone.post(URL, body)

        assert response.status_code == 201
        assert response["Location"].endswith(f"{URL}/{body['id']}")
        assert response["ETag"]
        shown = response.json()
        assert shown["district"] == {
            "id": city.area(5).pk, "layer": "area", "code": "5", "name": "Area 5",
        }  # fmt: skip
        assert shown["occurred_at"] == "2026-05-12T12:00:00+00:00"
        assert (shown["version"], shown["listener"], shown["venue"], shown["session"]) == (
            1, "anna", "library", str(session.pk),
        )  # fmt: skip
        assert shown["bands"] == body["bands"]
        assert shown["findings"][0]["themes"] == ["rent", "mobility"]
        assert shown["findings"][0]["district"]["code"] == "C"
        assert shown["findings"][1]["text"] == "Il coro del quartiere"
        # What is shown can be read back, but for what was said of the texts at the moment of logging.
        assert shown.pop("warnings") == []
        assert phone.get(response["Location"]).json() == shown

    def test_sent_again_is_200_and_changes_nothing(self, phone):
        body = document()
        first = phone.post(URL, body)
        again = phone.post(URL, body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert again["ETag"] == first["ETag"]
        assert (Conversation.objects.count(), Finding.objects.count()) == (1, 1)

    def test_other_content_under_the_id_is_409(self, phone):
        body = document()
        phone.post(URL, body)
        response = phone.post(URL, {**body, "summary": "other"})
        assert response.status_code == 409
        assert response.json()["type"] == "/problems/same-id-other-content"
        assert response.json()["record"] == body["id"]
        assert Conversation.objects.get().summary == ""

    def test_an_amended_conversation_still_knows_its_first_submission(self, phone):
        body = document()
        first = phone.post(URL, body)
        phone.patch(f"{URL}/{body['id']}", {"summary": "later"}, headers={"If-Match": first["ETag"]})
        again = phone.post(URL, body)
        assert again.status_code == 200
        assert again.json()["summary"] == "later"

    def test_a_theme_is_never_required(self, phone):
        assert phone.post(URL, document(findings=[{"kind": "need"}])).status_code == 201

    @pytest.mark.parametrize("place", [{"kind": "city"}, {"kind": "none"}])
    def test_a_place_is_not_required_to_be_known(self, phone, place):
        response = phone.post(URL, document(place=place))
        assert response.status_code == 201
        assert response.json()["place"] == place
        assert response.json()["district"] is None

    def test_everything_wrong_is_named_at_once(self, phone, themes):
        response = phone.post(
            URL,
            document(
                channel="pigeon",
                people_count="two",
                place={"kind": "point"},
                mood="good",
                findings=[{"kind": "wish"}, {"kind": "need", "severity": 9, "colour": "red"}],
            ),
        )
        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["type"] == "/problems/invalid-request"
        assert set(at(response)) >= {"/mood"}
        assert not Conversation.objects.exists()

    def test_unknown_codes_are_named_with_where_the_valid_ones_are(self, phone, themes):
        response = phone.post(
            URL,
            document(
                venue="nowhere",
                session=str(uuid7()),
                place={"kind": "district", "layer": "zona", "code": "Z"},
                findings=[{"kind": "need", "themes": ["rent", "unicorns"]}],
            ),
        )
        assert response.status_code == 400
        assert at(response) == {
            "/findings/0/themes/1": "unknown",
            "/place/code": "unknown",
            "/session": "unknown",
            "/venue": "unknown",
        }
        assert "GET /api/v1/themes" in json.dumps(response.json())

    @pytest.mark.parametrize(
        ("point", "code"),
        [
            ({"type": "Point", "coordinates": [11.31, 44.49, 50]}, "dimensions"),
            ({"type": "Point", "coordinates": ["11.31", "44.49"]}, "not-a-number"),
            ({"type": "Point", "coordinates": [True, False]}, "not-a-number"),
            ({"type": "Point", "coordinates": [44.49, 11.31]}, "swapped"),
            ({"type": "Point", "coordinates": [211.31, 44.49]}, "out-of-range"),
            ({"type": "Point", "coordinates": [12.49, 41.89]}, "far-away"),
            ({"type": "Point", "coordinates": []}, "dimensions"),
            ({"type": "Point", "coordinates": None}, "coordinates"),
            ({"type": "Polygon", "coordinates": []}, "type"),
            ({"type": "Polygon", "coordinates": [[[11.3, 44.5]] * 50_000]}, "type"),
            ({"type": "Point", "coordinates": [11.31, 44.49], "crs": {"type": "name"}}, "crs"),
            ([11.31, 44.49], "not-an-object"),
        ],
    )
    def test_a_bad_point_is_refused_by_name(self, phone, point, code):
        response = phone.post(URL, document(place={"kind": "point", "point": point}))
        assert response.status_code == 400
        assert at(response) == {"/place/point": code}

    @pytest.mark.parametrize(
        ("when", "code"),
        [
            ("1999-12-31T23:00:00Z", "too-early"),
            ("2999-01-01T00:00:00Z", "in-the-future"),
            ("2026-05-12T14:00:00", "no-offset"),
            ("yesterday", "invalid"),
            ("2026-02-30T10:00:00Z", "invalid"),
            ("0001-01-01T00:00:00+14:00", "invalid"),
            (1_700_000_000, "invalid"),
            (None, "null"),
        ],
    )
    def test_a_bad_instant_is_refused_by_name(self, phone, when, code):
        response = phone.post(URL, document(occurred_at=when))
        assert response.status_code == 400
        assert at(response) == {"/occurred_at": code}

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("id", 7),
            ("id", "not-a-uuid"),
            ("people_count", 0),
            ("people_count", 2.5),
            ("people_count", True),
            ("people_count", 10**18),
            ("is_test", "yes"),
            ("findings", {"kind": "need"}),
            ("findings", [7]),
            ("bands", {"age": {"65+": "two"}}),
            ("bands", {"shoe-size": {"42": 1}}),
            ("language", "Italian please"),
            ("summary", 7),
            ("summary", "x" * 10_001),
            ("place", None),
            ("place", {"kind": "moon"}),
            ("place", {"kind": "city", "code": "B"}),
        ],
    )
    def test_a_wrong_type_is_refused(self, phone, member, value):
        response = phone.post(URL, document(**{member: value}))
        assert response.status_code == 400
        assert all(pointer.startswith(f"/{member}") for pointer in at(response))
        assert not Conversation.objects.exists()

    @pytest.mark.parametrize(
        ("body", "status", "says"),
        [
            (b"{", 400, "not JSON"),
            (b"[]", 400, ""),
            (b"null", 400, ""),
            (b'{"id": NaN}', 400, "NaN"),
            (b'{"people_count": Infinity}', 400, "Infinity"),
            (b'{"people_count": 1e999}', 400, "too large"),
            (b'{"people_count": ' + b"9" * 4000 + b"}", 400, "64 bits"),
            (b'{"id": 1, "id": 2}', 400, "twice"),
            (b"[" * 100_000 + b"]" * 100_000, 400, "deep"),
            (b'{"summary": "\\u0000"}', 400, "NUL"),
            (b'{"summary": "\\ud800"}', 400, "surrogate"),
            (b'{"\\udfff": 1}', 400, "surrogate"),
            (b'{"summary": "\xff"}', 400, "UTF-8"),
            (b'{"summary": "' + b"x" * 10_000_000 + b'"}', 413, "larger"),
        ],
    )
    def test_a_hostile_body_is_a_clear_4xx(self, phone, body, status, says):
        response = phone.post(URL, body, content_type="application/json")
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
        assert says in response.json()["detail"]

    def test_another_media_type_is_415(self, phone):
        assert phone.post(URL, b"a=b", content_type="application/x-www-form-urlencoded").status_code == 415

    def test_planners_do_not_log(self, city, planner, client_of):
        assert client_of(planner).post(URL, document()).status_code == 403

    def test_nobody_logs_unsigned(self, city):
        response = APIClient().post(URL, document())
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Bearer")

    def test_a_bearer_token_signs_in(self, city, listener):
        client = APIClient(headers={"Authorization": f"Bearer {issue(listener)}"})
        assert client.post(URL, document()).status_code == 201
        wrong = APIClient(headers={"Authorization": "Bearer nlt_wrong"})
        assert wrong.post(URL, document()).status_code == 401


@pytest.fixture
def logged(city, themes, listener, other_listener):
    """Eight conversations on consecutive days: areas 1 to 7 and one for the whole city; the last is another's."""
    submissions = [
        conversation(
            listener if number < 8 else other_listener,
            heard("need" if number % 2 else "asset", themes["rent"], text=f"Cosa serve alla città {number}"),
            heard("challenge", themes["mobility"]) if number == 3 else heard("thanks"),
            area=min(number, 7),
            occurred_at=NOON + dt.timedelta(days=number),
            channel="door" if number == 2 else "street",
            language="bn" if number == 4 else "it",
            **({"place": Place("city")} if number == 8 else {}),
        )
        for number in range(1, 9)
    ]
    accept_many(submissions)
    return submissions


class TestListing:
    def listed(self, client, **params):
        response = client.get(URL, params)
        assert response.status_code == 200, response.content
        return [c["findings"][0]["text"][-1] for c in response.json()["conversations"]]

    @pytest.fixture
    def desk(self, logged, coordinator, client_of):
        return client_of(coordinator)

    def test_newest_first(self, desk):
        assert self.listed(desk) == list("87654321")

    def test_listeners_see_their_own_and_planners_are_refused(
        self, logged, listener, other_listener, planner, client_of
    ):
        assert self.listed(client_of(listener)) == list("7654321")
        assert self.listed(client_of(other_listener)) == ["8"]
        assert client_of(planner).get(URL).status_code == 403

    @pytest.mark.parametrize(
        ("params", "expected"),
        [
            ({"district": "area:3"}, "3"),
            ({"district": "zona:B"}, "654"),
            ({"district": "prossimita:west"}, "741"),
            ({"district": "quartiere:10"}, "7654321"),
            ({"period": "2026-05-14/2026-05-15"}, "32"),
            ({"period": "2026-Q2"}, "87654321"),
            ({"period": "2025"}, ""),
            ({"theme": "housing"}, "87654321"),
            ({"theme": "mobility"}, "3"),
            ({"kind": "asset"}, "8642"),
            ({"theme": "mobility", "kind": "need"}, ""),
            ({"theme": "mobility", "kind": "challenge"}, "3"),
            ({"channel": "door"}, "2"),
            ({"language": "bn"}, "4"),
            ({"listener": "bruno"}, "8"),
            ({"q": "CITTA"}, "87654321"),
            ({"q": "citta 5"}, "5"),
            ({"q": "100%_"}, ""),
            ({"bbox": "11.30,44.48,11.3099,44.4899"}, "1"),
            ({"district": "zona:A", "kind": "need"}, "31"),
        ],
    )
    def test_filters(self, desk, params, expected):
        assert self.listed(desk, **params) == list(expected)

    @pytest.mark.parametrize(
        ("params", "parameter"),
        [
            ({"district": "zona:Z"}, "district"),
            ({"district": "99999999999999999999999"}, "district"),
            ({"period": "now"}, "period"),
            ({"theme": "unicorns"}, "theme"),
            ({"kind": "wish"}, "kind"),
            ({"channel": "pigeon"}, "channel"),
            ({"bbox": "1,2,3"}, "bbox"),
            ({"bbox": "nan,1,2,3"}, "bbox"),
            ({"q": "a"}, "q"),
            ({"session": "x"}, "session"),
            ({"limit": "0"}, "limit"),
            ({"limit": "501"}, "limit"),
            ({"limit": "ten"}, "limit"),
            ({"cursor": "abc"}, "cursor"),
            ({"cursor": "ä"}, "cursor"),
            ({"colour": "red"}, "colour"),
            ({"listener": "a\x00b"}, "listener"),
        ],
    )
    def test_a_bad_filter_is_refused_by_name(self, desk, params, parameter):
        response = desk.get(URL, params)
        assert response.status_code == 400
        assert response.json()["type"] == "/problems/invalid-parameter"
        assert response.json()["parameter"] == parameter
        assert response.json()["allowed"]

    def test_pages_hold_each_once_and_link_on(self, desk):
        seen, url, pages = [], f"{URL}?limit=3&kind=thanks", 0
        while url:
            response = desk.get(url)
            body = response.json()
            seen += [c["id"] for c in body["conversations"]]
            assert ("Link" in response) == bool(body["next"])
            url, pages = body["next"], pages + 1
        assert pages == 3
        assert len(seen) == len(set(seen)) == 7

    def test_a_page_is_not_shifted_by_what_comes_in(self, desk, listener):
        first = desk.get(URL, {"limit": 4}).json()
        accept_many([conversation(listener, heard("need", text="Nuovo 9"), occurred_at=NOON + dt.timedelta(days=9))])
        second = desk.get(first["next"]).json()
        assert [c["findings"][0]["text"][-1] for c in second["conversations"]] == list("4321")

    def test_geojson_when_asked_for(self, desk):
        response = desk.get(URL, {"limit": 2}, headers={"Accept": "application/geo+json"})
        assert response["Content-Type"] == "application/geo+json"
        body = response.json()
        assert body["type"] == "FeatureCollection"
        city_wide, seven = body["features"]
        assert city_wide["geometry"] is None
        assert seven["geometry"]["type"] == "Point"
        assert seven["geometry"]["coordinates"] == pytest.approx(inside(7))
        assert seven["properties"]["findings"]
        assert body["links"][0]["rel"] == "next"

    def test_another_accept_is_406(self, desk):
        assert desk.get(URL, headers={"Accept": "application/xml"}).status_code == 406

    def test_queries_do_not_grow_with_the_page(self, desk, django_assert_num_queries):
        desk.get(URL)
        for limit in (1, 8):
            with django_assert_num_queries(3):  # keys of the page, entry in the audit, documents
                desk.get(URL, {"limit": limit})


class TestOne:
    @pytest.fixture
    def stored(self, phone, themes):
        body = document(
            findings=[{"kind": "need", "text": "Uno"}, {"kind": "asset", "text": "Due", "themes": ["rent"]}]
        )
        return phone.post(URL, body)

    def test_a_read_is_conditional(self, phone, stored):
        url, etag = stored["Location"], stored["ETag"]
        assert phone.get(url, headers={"If-None-Match": etag}).status_code == 304
        assert phone.get(url, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_a_feature_when_asked_for(self, phone, stored):
        body = phone.get(stored["Location"], headers={"Accept": "application/geo+json"}).json()
        assert (body["type"], body["geometry"]["type"], body["id"]) == ("Feature", "Point", body["properties"]["id"])

    def test_hidden_and_absent_look_alike(self, stored, other_listener, city, client_of):
        absent = f"{URL}/{uuid7()}"
        for person in (other_listener, make_person("coordinator-of-6", Role.COORDINATOR, within=city.area(6))):
            client = client_of(person)
            for method in ("get", "delete"):
                hidden = getattr(client, method)(stored["Location"])
                none = getattr(client, method)(absent)
                assert hidden.status_code == none.status_code == 404
                assert {k: v for k, v in hidden.json().items() if k != "instance"} == {
                    k: v for k, v in none.json().items() if k != "instance"
                }
            assert client.patch(stored["Location"], {}, headers={"If-Match": '"x"'}).status_code == 404

    def test_a_patch_changes_what_it_names(self, phone, stored, city):
        response = phone.patch(
            stored["Location"],
            {"summary": "Dopo", "place": {"kind": "district", "layer": "area", "code": "2"}, "people_count": 3},
            headers={"If-Match": stored["ETag"]},
        )
        assert response.status_code == 200, response.content
        shown = response.json()
        assert (shown["summary"], shown["people_count"], shown["district"]["code"], shown["version"]) == (
            "Dopo",
            3,
            "2",
            2,
        )
        assert [f["text"] for f in shown["findings"]] == ["Uno", "Due"]
        assert [f["id"] for f in shown["findings"]] == [f["id"] for f in stored.json()["findings"]]
        assert response["ETag"] != stored["ETag"]
        assert Conversation.objects.get().district == city.area(2)

    def test_findings_are_replaced_as_a_whole_and_keep_their_ids(self, phone, stored):
        first, second = stored.json()["findings"]
        response = phone.patch(
            stored["Location"],
            {"findings": [{**second, "kind": "proposal"}, {"kind": "question", "text": "Tre"}]},
            headers={"If-Match": stored["ETag"]},
        )
        assert response.status_code == 200, response.content
        assert [(f["kind"], f["text"]) for f in response.json()["findings"]] == [
            ("proposal", "Due"),
            ("question", "Tre"),
        ]
        assert response.json()["findings"][0]["id"] == second["id"]
        assert not Finding.objects.filter(pk=first["id"]).exists()

    def test_null_takes_a_member_back(self, phone, stored):
        changed = phone.patch(stored["Location"], {"language": "it"}, headers={"If-Match": stored["ETag"]})
        cleared = phone.patch(stored["Location"], {"language": None}, headers={"If-Match": changed["ETag"]})
        assert cleared.json()["language"] == ""

    def test_a_merge_patch_media_type_is_understood(self, phone, stored):
        response = phone.patch(
            stored["Location"],
            json.dumps({"summary": "x"}),
            content_type="application/merge-patch+json",
            headers={"If-Match": stored["ETag"]},
        )
        assert response.status_code == 200

    @pytest.mark.parametrize(("header", "status"), [(None, 428), ('"old"', 412), ("*", 200)])
    def test_a_change_names_its_version(self, phone, stored, header, status):
        headers = {"If-Match": header} if header else {}
        assert phone.patch(stored["Location"], {"summary": "x"}, headers=headers).status_code == status

    def test_the_second_of_two_changes_is_refused(self, phone, stored):
        one = phone.patch(stored["Location"], {"summary": "one"}, headers={"If-Match": stored["ETag"]})
        two = phone.patch(stored["Location"], {"summary": "two"}, headers={"If-Match": stored["ETag"]})
        assert (one.status_code, two.status_code) == (200, 412)
        assert Conversation.objects.get().summary == "one"

    @pytest.mark.parametrize(
        "patch", [[], "x", {"id": str(uuid7())}, {"colour": "red"}, {"channel": None}, {"findings": [{"kind": "wish"}]}]
    )
    def test_a_bad_patch_changes_nothing(self, phone, stored, patch):
        response = phone.patch(stored["Location"], patch, headers={"If-Match": stored["ETag"]})
        assert response.status_code == 400
        assert Conversation.objects.get().version == 1

    def test_read_only_members_are_not_changed(self, phone, stored, listener):
        response = phone.patch(
            stored["Location"],
            {"listener": "bruno", "version": 99, "received_at": "2020-01-01T00:00:00Z", "district": None},
            headers={"If-Match": stored["ETag"]},
        )
        assert response.status_code == 200
        after = Conversation.objects.get()
        assert (after.listener, after.version) == (listener, 2)
        assert after.received_at.year >= 2026
        assert after.district is not None

    def test_a_coordinator_sets_a_theme_later(self, stored, coordinator, client_of, themes):
        desk = client_of(coordinator)
        finding = stored.json()["findings"][0]["id"]
        response = desk.patch(
            f"/api/v1/findings/{finding}", {"themes": ["health"]}, headers={"If-Match": stored["ETag"]}
        )
        assert response.status_code == 200, response.content
        assert [f["themes"] for f in response.json()["findings"]] == [["health"], ["rent"]]
        assert response.json()["listener"] == "anna"

    def test_a_finding_of_another_is_not_there(self, stored, other_listener, client_of):
        finding = stored.json()["findings"][0]["id"]
        response = client_of(other_listener).patch(f"/api/v1/findings/{finding}", {}, headers={"If-Match": "*"})
        assert response.status_code == 404

    def test_a_deletion_leaves_a_tombstone_and_nothing_else(self, phone, stored, other_listener, client_of):
        body = stored.json()
        assert phone.delete(stored["Location"]).status_code == 204
        assert not Conversation.objects.exists()
        assert not Finding.objects.exists()
        assert Tombstone.objects.get().version == 2
        assert phone.get(stored["Location"]).status_code == 410
        assert client_of(other_listener).get(stored["Location"]).status_code == 404
        again = phone.post(URL, document(id=body["id"]))
        assert again.status_code == 410
        assert again.json()["type"] == "/problems/record-deleted"

    def test_a_deletion_may_name_its_version(self, phone, stored):
        assert phone.delete(stored["Location"], headers={"If-Match": '"old"'}).status_code == 412
        assert phone.delete(stored["Location"], headers={"If-Match": stored["ETag"]}).status_code == 204

    def test_other_methods_are_405(self, phone, stored):
        assert phone.put(stored["Location"], {}).status_code == 405

    def test_an_inactive_person_is_nobody(self, city, listener):
        token = issue(listener)
        User.objects.update(is_active=False)
        assert APIClient(headers={"Authorization": f"Bearer {token}"}).get(URL).status_code == 401
