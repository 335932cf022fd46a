"""What the role of the web process may do, and what it is refused; the service works with no more than that."""

import json
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from psycopg import errors
from rest_framework.test import APIClient
from uuid6 import uuid7

from listening.attachments.models import Attachment
from listening.audit.models import Entry
from listening.audit.verify import verify
from listening.codelists.models import Theme
from listening.fieldwork.models import Venue
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation, Tombstone
from listening.rollups.reconcile import reconcile
from tests.backend.db.roles.conftest import URL, committed, own_roles
from tests.listening.attachments.media import jpeg
from tests.listening.attachments.phone import Upload
from tests.listening.submissions import document

pytestmark = own_roles


class TestApi:
    @committed
    def test_it_serves(self, work_as, people, city, themes, client_of):
        """Everything that the API writes, with the triggers behind it."""
        work_as("listening_api")
        listener, coordinator, _ = people
        Venue.objects.create(code="market", name="Market", kind="market")
        phone, desk = client_of(listener), client_of(coordinator)
        opened = {"id": str(uuid7()), "kind": "stall", "started_at": "2026-05-12T10:00:00Z", "venue": "market"}
        assert phone.post("/api/v1/sessions", opened).status_code == 201
        findings = [{"kind": "need", "text": "Più panchine", "themes": ["rent"]}, {"kind": "asset"}]
        logged = document(session=opened["id"], venue="market", bands={"age": {"65+": 1}}, findings=findings)
        first, again = phone.post(URL, logged), phone.post(URL, logged)
        assert (first.status_code, again.status_code) == (201, 200)
        changed = phone.patch(f"{URL}/{logged['id']}", {"summary": "Altro"}, headers={"If-Match": first["ETag"]})
        assert changed.status_code == 200
        finding = changed.json()["findings"][0]["id"]
        themed = desk.patch(
            f"/api/v1/findings/{finding}", {"themes": ["mobility"]}, headers={"If-Match": changed["ETag"]}
        )
        assert themed.status_code == 200
        for path in (URL, f"{URL}?q=panchine&district=zona:B&theme=mobility", f"{URL}/{logged['id']}"):
            assert desk.get(path).status_code == 200, path
        for path in ("need-map?layer=zona", "districts?layer=area", "layers", "themes", "venues", "sessions"):
            assert desk.get(f"/api/v1/{path}").status_code == 200, path
        assert phone.post(URL, document()).status_code == 201
        photo = Upload(phone, jpeg(), UUID(logged["id"]))
        assert photo.bring(500).status_code == 204
        assert photo.download(desk).status_code == 200
        assert desk.delete(f"{URL}/{logged['id']}").status_code == 204
        assert not Attachment.objects.exists()
        assert (Conversation.objects.count(), Tombstone.objects.count()) == (1, 1)
        assert reconcile().differences == ()
        assert {entry.written_by for entry in self.trail(2)} == {"listening_api"}

    def trail(self, number):
        found = verify()
        assert found.is_sound
        return Entry.objects.all()[:number]

    @committed
    def test_a_token_signs_in(self, work_as, people, city):
        token = issue(people[0])
        work_as("listening_api")
        client = APIClient(headers={"Authorization": f"Bearer {token}"})
        assert client.post(URL, document()).status_code == 201

    @committed
    def test_pages(self, work_as, people, city, themes):
        """Sessions, the administration and its journal are tables as well."""
        work_as("listening_api")
        browser = Client()
        signed_in = browser.post("/login/", {"login": "ada", "password": "a-long-test-password"})
        assert signed_in.status_code == 302
        assert browser.get("/dashboard/").status_code == 200
        form = {"code": "ruffilli", "name": "Ruffilli", "kind": "library", "longitude": "11.35", "latitude": "44.49"}
        assert browser.post("/admin/fieldwork/venue/add/", form).status_code == 302
        labels = {"labels-TOTAL_FORMS": "1", "labels-INITIAL_FORMS": "0", "labels-MIN_NUM_FORMS": "1"}
        labels |= {"labels-0-language": "fr", "labels-0-label": "Logement"}
        rent = themes["rent"]
        moved = {"code": "rent", "parent": themes["mobility"].pk, "sensitivity": "normal", "position": "9", **labels}
        rent.labels.all().delete()
        assert browser.post(f"/admin/codelists/theme/{rent.pk}/change/", moved).status_code == 302
        assert Theme.objects.get(code="rent").parent == themes["mobility"]
        for page in ("records/conversation", "audit/entry", "fieldwork/user", "districts/district"):
            assert browser.get(f"/admin/{page}/").status_code == 200, page
        assert browser.post("/logout/").status_code == 302
        # Not of the migrations: those of other capabilities may be on their way.
        assert json.loads(Client().get("/health/ready").content)["checks"]["configuration"] == "ok"

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (x int)", "CREATE TEMPORARY TABLE mine (x int)", "CREATE SCHEMA mine",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE EXTENSION dblink",
            "CREATE TRIGGER mine BEFORE INSERT ON records_finding FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
            "ALTER TABLE records_conversation ADD COLUMN x int", "ALTER TABLE audit_entry DISABLE TRIGGER audit_refuse",
            "ALTER FUNCTION audit_link() RENAME TO harmless", "ALTER DATABASE {database} OWNER TO listening_api",
            "DROP TABLE records_finding", "DROP TRIGGER audit_refuse ON audit_entry",
            "TRUNCATE records_conversation CASCADE", "TRUNCATE audit_entry", "TRUNCATE audit_inbox",
            "UPDATE audit_entry SET person_id = 1", "DELETE FROM audit_entry", "DELETE FROM audit_anchor",
            "SELECT audit_forget(now() - interval '3 years')",
            "UPDATE audit_inbox SET person_id = 1", "DELETE FROM audit_inbox",
            "INSERT INTO audit_entry (id, verb) VALUES (1, 'export')",
            "INSERT INTO audit_inbox (verb, at) VALUES ('export', now())",
            "INSERT INTO audit_inbox (verb, written_by) VALUES ('export', 'somebody')",
            "INSERT INTO audit_inbox (id, verb) OVERRIDING SYSTEM VALUE VALUES (1, 'export')",
            "UPDATE rollups_cell SET conversations = 0", "DELETE FROM django_migrations", "SELECT records_analyze()",
            "SELECT rolpassword FROM pg_authid", "SELECT passwd FROM pg_shadow",
            "CREATE ROLE mine", "ALTER ROLE listening_api CREATEROLE", "SET ROLE listening_owner",
            "SET ROLE listening_worker", "SET SESSION AUTHORIZATION listening_owner",
            "SET session_replication_role = replica", "COPY records_finding TO PROGRAM 'cat'",
            "SELECT pg_read_file('PG_VERSION')",
        ],
    )  # fmt: skip
    def test_what_it_may_not(self, session, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_api").execute(statement.replace("{database}", connection.settings_dict["NAME"]))

    def test_it_hands_on_no_right(self, session):
        """To GRANT without the right to is only worth a warning."""
        session("listening_api").execute("GRANT ALL ON records_finding TO listening_open_reader")
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_open_reader").execute("SELECT count(*) FROM records_finding")

    def test_maintenance_is_the_owners(self, session):
        api = session("listening_api")
        api.execute("SET listening.audit_maintenance = 'on'")
        with pytest.raises(errors.InsufficientPrivilege):
            api.execute("DELETE FROM audit_entry")

    def test_its_limits_come_with_the_role(self, session):
        api = session("listening_api")
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        assert [api.execute(f"SHOW {name}").fetchone()[0] for name in names] == ["5s", "2s", "10s"]
