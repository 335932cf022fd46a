"""What leaves an entry: reading and changing what others logged, assignments, tokens. And what never is in one."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient
from uuid6 import uuid7

from backend import clock
from listening.audit.models import Entry
from listening.audit.purposes import Purpose
from listening.audit.record import MOST_IDS, record
from listening.audit.verbs import Verb
from listening.audit.verify import verify
from listening.fieldwork.api_keys import issue as issue_key
from listening.fieldwork.api_keys import make_account
from listening.fieldwork.api_keys import revoke as revoke_keys
from listening.fieldwork.assignments import assign, end
from listening.fieldwork.device_tokens import revoke_as_misused
from listening.fieldwork.enrolment import confirm, issue_code
from listening.fieldwork.key_scopes import KeyScope
from listening.fieldwork.models import ApiKey, ApiToken, Assignment, Device
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation, Finding
from tests.listening.audit.conftest import person
from tests.listening.fieldwork.phone import Phone, enrolled
from tests.listening.submissions import document

pytestmark = pytest.mark.django_db

URL = "/api/v1/conversations"
MERGE = "application/merge-patch+json"
CANARY = "Zanzibar-Rossi-7741"


def told_by(entries):
    return [(entry.verb, entry.model, sorted(entry.ids)) for entry in entries]


@pytest.fixture
def desk(told, coordinator, client_of):
    """The coordinator's client, in a city where a listener has logged two conversations."""
    return client_of(coordinator)


class TestReading:
    def test_a_list_is_one_entry(self, desk, told, coordinator, trail):
        answer = desk.get(URL, headers={"X-Purpose": "coordination", "X-Request-ID": "request-0001"})
        (entry,) = trail()
        assert told_by([entry]) == [("read_list", "records.conversation", sorted(map(str, told)))]
        assert (entry.number, entry.person_id, entry.purpose) == (2, coordinator.pk, "coordination")
        assert entry.request_id == answer["X-Request-ID"] == "request-0001"
        assert abs((entry.at - clock.now()).total_seconds()) < 60

    def test_a_detail(self, desk, told, trail):
        assert desk.get(f"{URL}/{told[0]}").status_code == 200
        assert told_by(trail()) == [("read_detail", "records.conversation", [str(told[0])])]

    def test_the_credential_is_named(self, told, coordinator, trail):
        browser = APIClient()
        browser.force_login(coordinator)
        browser.get(f"{URL}/{told[0]}")
        token = ApiToken.objects.create(user=coordinator, digest="x", created_at=clock.now(), expires_at=clock.now())
        program = APIClient()
        program.force_authenticate(coordinator, token)
        program.get(f"{URL}/{told[0]}")
        assert [entry.credential for entry in trail()] == [
            "",
            "session",
            f"apitoken:{token.pk}",
        ]  # the first: signing in

    def test_ones_own_leaves_nothing(self, told, listener, client_of, trail):
        phone = client_of(listener)
        assert len(phone.get(URL).json()["conversations"]) == 2
        assert phone.get(f"{URL}/{told[0]}").status_code == 200
        assert phone.post(URL, document()).status_code == 201
        assert trail() == []

    def test_a_list_names_those_of_others_alone(self, desk, told, trail):
        own = document()
        desk.post(URL, own)
        assert len(desk.get(URL).json()["conversations"]) == 3
        (entry,) = trail()
        assert own["id"] not in entry.ids
        assert sorted(entry.ids) == sorted(map(str, told))

    def test_an_empty_list_leaves_nothing(self, desk, trail):
        assert desk.get(URL, {"q": "nowhere to be heard"}).json()["conversations"] == []
        assert trail() == []

    def test_what_the_client_has_is_not_handed_out_again(self, desk, told, trail):
        etag = desk.get(f"{URL}/{told[0]}")["ETag"]
        assert desk.get(f"{URL}/{told[0]}", headers={"If-None-Match": etag}).status_code == 304
        assert len(trail()) == 1

    def test_in_vain(self, told, other_listener, client_of, trail):
        """A hidden record and an absent one leave the same, and get the same answer."""
        absent = uuid7()
        answers = [client_of(other_listener).get(f"{URL}/{pk}") for pk in (told[0], absent)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert told_by(trail()) == [("refused", "records.conversation", [str(pk)]) for pk in (told[0], absent)]

    def test_what_cannot_be_recorded_is_not_handed_out(self, desk, told):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_inbox ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
        desk.raise_request_exception = False
        for path in (URL, f"{URL}/{told[0]}"):
            answer = desk.get(path)
            assert answer.status_code >= 500
            assert "findings" not in answer.content.decode()

    def test_more_ids_than_an_entry_lists_are_counted(self, trail):
        record(Verb.EXPORT, Conversation, range(MOST_IDS))
        record(Verb.EXPORT, Conversation, range(MOST_IDS + 1))
        listed, counted = trail()
        assert (len(listed.ids), listed.number) == (MOST_IDS, MOST_IDS)
        assert (counted.ids, counted.number) == ([], MOST_IDS + 1)


class TestPurposes:
    @pytest.fixture(autouse=True)
    def _asked_for(self, settings):
        settings.PURPOSE_REQUIRED = True

    def test_a_sensitive_record_takes_one(self, desk, told, trail):
        ordinary, sensitive = told
        assert desk.get(f"{URL}/{ordinary}").status_code == 200
        for path in (f"{URL}/{sensitive}", URL):
            answer = desk.get(path)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/purpose-required")
            assert answer.json()["allowed"] == list(Purpose)
            assert desk.get(path, headers={"X-Purpose": "follow_up"}).status_code == 200
        assert [entry.verb for entry in trail()] == [
            "read_detail", "refused", "read_detail", "refused", "read_list",
        ]  # fmt: skip
        assert verify().is_sound

    def test_so_does_changing_and_deleting_it(self, desk, told, trail):
        sensitive = told[1]
        finding = Finding.objects.get(conversation=sensitive)
        etag = desk.get(f"{URL}/{sensitive}", headers={"X-Purpose": "correction"})["ETag"]
        etags = {"If-Match": etag}
        answers = [
            desk.patch(f"{URL}/{sensitive}", {"summary": "x"}, headers=etags),
            desk.patch(f"/api/v1/findings/{finding.pk}", {"text": "x"}, headers=etags),
            desk.delete(f"{URL}/{sensitive}"),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        # The transaction of the change was rolled back; that it was tried is kept.
        assert [entry.verb for entry in trail()] == ["read_detail", "refused", "refused", "refused"]
        assert desk.delete(f"{URL}/{sensitive}", headers={"X-Purpose": "correction"}).status_code == 204

    def test_ones_own_does_not(self, told, listener, client_of):
        assert client_of(listener).get(f"{URL}/{told[1]}").status_code == 200

    def test_the_administration_cannot_ask_for_one(self, told, administrator, trail):
        browser = Client()
        browser.force_login(administrator)
        assert browser.get(f"/admin/records/conversation/{told[0]}/change/").status_code == 200
        assert browser.get(f"/admin/records/conversation/{told[1]}/change/").status_code == 403
        assert [entry.verb for entry in trail()] == ["sign_in", "read_detail", "refused"]

    def test_a_city_that_does_not_ask(self, desk, told, settings):
        settings.PURPOSE_REQUIRED = False
        assert desk.get(URL).status_code == 200

    @pytest.mark.parametrize("purpose", ["curiosity", "", "support, follow_up"])
    def test_what_is_no_purpose(self, desk, told, purpose, trail):
        answer = desk.get(f"{URL}/{told[0]}", headers={"X-Purpose": purpose})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/unknown-purpose")
        assert purpose == "" or purpose not in answer.content.decode()
        assert trail() == []


class TestChanging:
    def test_change_and_delete(self, desk, told, trail):
        etag = desk.get(f"{URL}/{told[0]}")["ETag"]
        finding = Finding.objects.get(conversation=told[0])
        answer = desk.patch(f"{URL}/{told[0]}", {"summary": "Other"}, headers={"If-Match": etag})
        desk.patch(f"/api/v1/findings/{finding.pk}", {"themes": []}, headers={"If-Match": answer["ETag"]})
        assert desk.delete(f"{URL}/{told[0]}").status_code == 204
        assert told_by(trail()) == [
            (verb, "records.conversation", [str(told[0])]) for verb in ("read_detail", "change", "change", "delete")
        ]

    def test_ones_own_is_recorded_too(self, told, listener, client_of, trail):
        client_of(listener).delete(f"{URL}/{told[0]}")
        assert told_by(trail()) == [("delete", "records.conversation", [str(told[0])])]

    def test_what_was_refused_is_no_change(self, desk, told, trail):
        assert desk.patch(f"{URL}/{told[0]}", {"summary": "x"}, headers={"If-Match": '"old"'}).status_code == 412
        assert desk.patch(f"/api/v1/findings/{told[0]}", {}, headers={"If-Match": '"x"'}).status_code == 404
        assert told_by(trail()) == [("refused", "records.finding", [str(told[0])])]


class TestAdministration:
    @pytest.fixture
    def browser(self, administrator):
        client = Client()
        client.force_login(administrator)
        return client

    def test_records(self, browser, told, administrator, trail):
        browser.get("/admin/records/conversation/")
        browser.get(f"/admin/records/conversation/{told[0]}/change/")
        entries = trail()
        assert told_by(entries) == [
            ("read_list", "records.conversation", sorted(map(str, told))),
            ("read_detail", "records.conversation", [str(told[0])]),
        ]
        assert {(entry.person_id, entry.credential) for entry in entries} == {(administrator.pk, "session")}

    def test_the_trail_is_only_shown(self, browser, told, trail):
        browser.get("/admin/records/conversation/")
        (entry,) = trail()
        page = f"/admin/audit/entry/{entry.pk}/"
        assert str(entry.position) in browser.get("/admin/audit/entry/").content.decode()
        assert bytes(entry.hash).hex() in browser.get(f"{page}change/").content.decode()
        assert browser.get("/admin/audit/entry/add/").status_code == 403
        assert browser.post(f"{page}change/", {}).status_code == 403
        assert browser.post(f"{page}delete/", {"post": "yes"}).status_code == 403

    def form(self, anna, *lines, initial=0):
        form = {"username": anna.username, "is_active": "on", "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
        form |= {"assignments-TOTAL_FORMS": str(len(lines)), "assignments-INITIAL_FORMS": str(initial)}
        for index, line in enumerate(lines):
            whole = {"role": "listener", "layer": "", "district_code": "", "clearance": "normal", **line}
            whole |= {"first_day": whole.get("first_day", "2026-01-01"), "last_day": whole.get("last_day", "")}
            form |= {f"assignments-{index}-{name}": value for name, value in whole.items()}
            form[f"initial-assignments-{index}-first_day"] = whole["first_day"]
            form[f"assignments-{index}-person"] = str(anna.pk)
        return form

    def test_assignments(self, browser, listener, administrator, trail):
        page = f"/admin/fieldwork/user/{listener.pk}/change/"
        given = listener.assignments.get()
        first = str(given.pk)
        kept = {"id": first, "clearance": given.clearance, "first_day": given.first_day.isoformat()}

        def save(*lines, initial):
            answer = browser.post(page, self.form(listener, *lines, initial=initial))
            assert answer.status_code == 302, answer.context_data["errors"]

        save(kept, {"role": "planner"}, initial=1)
        second = str(listener.assignments.get(role="planner").pk)
        cleared = {"id": second, "role": "planner", "clearance": "restricted"}
        save(kept, cleared, initial=2)
        save(kept, {**cleared, "last_day": "2026-02-01"}, initial=2)
        save({**kept, "DELETE": "on"}, {**cleared, "last_day": "2026-02-01"}, initial=2)
        entries = trail()
        assert told_by(entries) == [
            (verb, "fieldwork.assignment", [pk])
            for verb, pk in (
                ("assign", second), ("change", second), ("end_assignment", second), ("end_assignment", first)
            )
        ]  # fmt: skip
        assert {(entry.person_id, entry.subject_id) for entry in entries} == {(administrator.pk, listener.pk)}

    def test_revoked_tokens(self, browser, listener, trail):
        issue(listener)
        (issued,) = trail()
        form = {"action": "revoke", "_selected_action": issued.ids}
        browser.post("/admin/fieldwork/apitoken/", form)
        browser.post("/admin/fieldwork/apitoken/", form)  # revoked already
        assert told_by(trail()) == [
            ("issue_key", "fieldwork.apitoken", issued.ids), ("revoke_key", "fieldwork.apitoken", issued.ids),
        ]  # fmt: skip


class TestDeeds:
    def test_assignments(self, listener, administrator, trail, today):
        given = assign(listener, "planner", by=administrator)
        standing = sorted(str(pk) for pk in listener.assignments.values_list("pk", flat=True))
        end(listener, on=today, by=administrator)
        end(listener, on=today, by=administrator)  # nothing stands any longer
        entries = trail()
        assert told_by(entries) == [
            ("assign", "fieldwork.assignment", [str(given.pk)]), ("end_assignment", "fieldwork.assignment", standing),
        ]  # fmt: skip
        assert {(entry.person_id, entry.subject_id) for entry in entries} == {(administrator.pk, listener.pk)}

    def test_a_command_is_nobody(self, listener, trail):
        call_command("issue_token", "anna", stdout=io.StringIO())
        (entry,) = trail()
        assert (entry.verb, entry.person_id, entry.subject_id) == ("issue_key", None, listener.pk)
        assert entry.ids == [str(ApiToken.objects.get().pk)]

    def test_a_phone(self, listener, trail):
        """From the code to its end; the service itself takes one away whose token was copied."""
        phone = Phone()
        phone.enrol(issue_code(listener).code)
        device = Device.objects.get()
        confirm(device)
        revoke_as_misused(device)
        told = [("enrol_device", listener.pk), ("confirm_device", None), ("revoke_device", None)]
        assert [(entry.verb, entry.person_id) for entry in trail()] == told
        assert {(entry.model, *entry.ids, entry.subject_id) for entry in trail()} == {
            ("fieldwork.device", phone.id, listener.pk)
        }

    def test_a_phone_by_the_pages_and_by_the_api(self, listener, coordinator, trail):
        device = enrolled(listener).device
        browser = Client()
        browser.force_login(listener)
        browser.post(f"/devices/{device.pk}/confirm/")
        headers = {"Authorization": f"Bearer {issue(coordinator)}"}
        Client().delete(f"/api/v1/devices/{device.pk}", headers=headers)
        browser.post(f"/devices/{device.pk}/revoke/", {"forget": "yes"})
        told = [
            (entry.verb, entry.person_id, entry.credential.partition(":")[0])
            for entry in trail()
            if entry.model == "fieldwork.device"
        ]
        assert told == [
            ("enrol_device", listener.pk, ""),
            ("confirm_device", listener.pk, "session"),
            ("revoke_device", coordinator.pk, "apitoken"),
            ("revoke_device", listener.pk, "session"),
        ]

    def test_what_a_phone_and_a_machine_do_is_told_apart(self, told, listener, themes, trail):
        phone = enrolled(listener)
        confirm(phone.device)
        machine = make_account("gateway")
        assign(machine, "machine_writer")
        key = issue_key(machine, scopes=[KeyScope.WRITE_CONVERSATIONS])
        for secret in (phone.token, key):
            headers = {"Authorization": f"Bearer {secret}"}
            Client().patch(f"{URL}/{uuid7()}", {}, MERGE, headers={**headers, "If-Match": "*"})
        refused = [entry.credential for entry in trail() if entry.verb == "refused"]
        assert refused == [f"device:{phone.device.pk}", f"apikey:{ApiKey.objects.get().pk}"]

    def test_a_key(self, listener, administrator, trail):
        machine = make_account("gateway")
        issue_key(machine, scopes=[KeyScope.READ_REFERENCE])
        revoke_keys(ApiKey.objects.all())
        revoke_keys(ApiKey.objects.all())
        told = [(entry.verb, entry.model, entry.ids) for entry in trail()]
        pk = str(ApiKey.objects.get().pk)
        assert told == [(verb, "fieldwork.apikey", [pk]) for verb in ("issue_key", "revoke_key")]

    def test_an_entry_outlives_whom_it_speaks_of(self, trail):
        gone = person("gone", "planner")
        Assignment.objects.filter(person=gone).delete()
        record(Verb.SIGN_IN, by=gone)
        number = gone.pk
        gone.delete()
        assert [entry.person_id for entry in trail()] == [number]


def test_no_content_is_in_it(city, themes, listener, coordinator, administrator, client_of, trail):
    """A canary in everything that people write or send, through everything that leaves an entry."""
    listener.username = coordinator.first_name = coordinator.email = listener.last_name = CANARY
    listener.save()
    coordinator.save()
    phone, desk = client_of(listener), client_of(coordinator)
    logged = document(summary=CANARY, findings=[{"kind": "need", "text": CANARY, "themes": ["health"]}])
    assert phone.post(URL, logged).status_code == 201
    desk.get(URL, {"q": CANARY, "listener": CANARY, "limit": 5}, headers={"X-Purpose": CANARY})
    desk.get(URL, {"q": CANARY}, headers={"User-Agent": CANARY, "X-Request-ID": f"{CANARY} "})
    answer = desk.get(f"{URL}/{logged['id']}?format=json", headers={"Referer": CANARY})
    desk.patch(f"{URL}/{logged['id']}", {"summary": CANARY * 2}, headers={"If-Match": answer["ETag"]})
    desk.get(f"{URL}/{uuid7()}?q={CANARY}")
    browser = Client()
    browser.force_login(administrator)
    browser.get("/admin/records/conversation/", {"q": CANARY})
    browser.get(f"/admin/records/conversation/{logged['id']}/change/")
    call_command("issue_token", CANARY, label=CANARY, stdout=io.StringIO())
    assign(listener, "planner", by=administrator)
    desk.delete(f"{URL}/{logged['id']}")
    assert len(trail()) >= 9
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(e) FROM audit_entry e UNION ALL SELECT to_jsonb(i) FROM audit_inbox i")
        rows = [json.loads(row[0]) if isinstance(row[0], str) else row[0] for row in cursor.fetchall()]
    assert len(rows) >= 9
    assert CANARY.lower() not in json.dumps(rows).lower()


def test_every_verb_and_purpose_fits_in(trail):
    for verb in Verb:
        record(verb)
    assert [entry.verb for entry in trail()] == list(Verb)
    with connection.cursor() as cursor:
        for purpose in Purpose:
            cursor.execute("INSERT INTO audit_inbox (verb, purpose) VALUES ('export', %s)", [purpose])
    assert [entry.purpose for entry in trail()][-len(Purpose) :] == list(Purpose)
    assert Entry.objects.exists()
