"""What each role of the database may do, and what it is refused; the service works with no more than that."""

import datetime as dt
import io
import json
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, ProgrammingError, connection
from django.test import Client
from psycopg import errors
from rest_framework.test import APIClient
from uuid6 import uuid7

from backend import checks, clock
from backend.db import roles, sql
from backend.localdb.state import read_record
from listening.attachments.models import Attachment, StoredFile
from listening.attachments.sweep import Swept, sweep
from listening.audit.models import Entry
from listening.audit.verify import verify
from listening.codelists.models import Theme
from listening.consent.codes import new_code
from listening.consent.models import Notice
from listening.erasure.retention import Applied, apply_retention
from listening.erasure.withdraw import carry_out
from listening.fieldwork.models import User, Venue
from listening.fieldwork.tokens import issue
from listening.records.models import Conversation, Tombstone
from listening.records.redistrict import redistrict
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import reconcile
from listening.sync import feed
from listening.sync.models import Change
from listening.vault import contacts
from listening.vault.rotate import rotate
from tests.listening.attachments.media import jpeg
from tests.listening.attachments.phone import Upload
from tests.listening.audit.conftest import person
from tests.listening.submissions import document

RECORD = read_record(settings.BASE_DIR)
pytestmark = pytest.mark.skipif(
    not (RECORD and RECORD.role_passwords and settings.API_DATABASE_URL),
    reason="DATABASE_URL names a server whose roles have other passwords.",
)
committed = pytest.mark.django_db(transaction=True)
URL = "/api/v1/conversations"


@pytest.fixture(scope="module")
def granted(django_db_setup, django_db_blocker):
    """The roles have their rights in the database of the tests."""
    with django_db_blocker.unblock():
        call_command("set_up_database_roles", stdout=io.StringIO())


@pytest.fixture
def session(granted):
    """A session of a role; closed after the test."""
    opened = []

    def open_session(role):
        place = {"host": RECORD.socket_directory, "port": RECORD.port, "dbname": connection.settings_dict["NAME"]}
        opened.append(psycopg.connect(**place, user=role, password=RECORD.role_passwords[role], autocommit=True))
        return opened[-1]

    yield open_session
    for one in opened:
        one.close()


@pytest.fixture
def open_check(granted, settings, monkeypatch):
    """What the check at start says of the role of open data."""
    settings.PROCESS, settings.OPEN_DATABASE_URL = "web", "postgis://x"
    monkeypatch.setitem(settings.DATABASES["open"], "USER", "listening_open_reader")
    return lambda: checks.open_role(None, databases=["default"])


@pytest.fixture
def work_as(granted):
    """Let Django work as a role until the end of the test."""
    owner = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}

    def switch(role):
        connection.close()
        connection.settings_dict |= {"USER": role, "PASSWORD": RECORD.role_passwords[role]}

    yield switch
    connection.close()
    connection.settings_dict |= owner


@pytest.fixture
def people(db):
    """A listener, a coordinator and an administrator, whose password is `a-long-test-password`."""
    made = [person("anna", "listener"), person("carla", "coordinator"), person("ada", "admin", "coordinator")]
    User.objects.update(password=make_password("a-long-test-password"))
    return made


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


class TestWorker:
    @committed
    def test_it_works(self, work_as, people, city, themes, client_of):
        token_city = document(findings=[{"kind": "need", "themes": ["rent"]}])
        assert client_of(people[0]).post(URL, token_city).status_code == 201
        client_of(people[1]).get(URL)
        Conversation.objects.update(district=None)  # as if the boundaries had moved
        work_as("listening_worker")
        assert merge_deltas() > 0
        assert redistrict().conversations == 1
        assert merge_deltas() > 0
        assert reconcile().differences == ()
        call_command("merge_rollups", stdout=io.StringIO())
        assert verify().is_sound

    @committed
    def test_it_carries_out_withdrawals(self, work_as, people, city, themes, client_of, settings, tmp_path):
        """With no contact in it: the vault is another role's."""
        settings.WITHDRAWAL_JOURNAL, settings.VAULT_KEYS = tmp_path / "journal", ""
        code = new_code()
        told = document(receipt=code, bands={"age": {"65+": 1}}, findings=[{"kind": "need", "themes": ["rent"]}])
        assert client_of(people[0]).post(URL, told).status_code == 201
        work_as("listening_api")
        assert Client().post("/api/v1/receipts/withdrawal", {"code": code}, "application/json").status_code == 202
        work_as("listening_worker")
        assert carry_out() == 1
        assert (Conversation.objects.count(), Tombstone.objects.count()) == (0, 1)
        assert reconcile().differences == ()
        assert feed.sequence() == 1

    @committed
    def test_it_applies_retention(self, work_as, people, city, themes, client_of, settings):
        settings.VAULT_KEYS = ""
        findings = [{"kind": "need", "text": "x", "themes": ["rent"]}]
        for days in (400, 800, 2_000):
            told = document(findings=findings)
            assert client_of(people[0]).post(URL, told).status_code == 201
            then = clock.now() - dt.timedelta(days=days)
            Conversation.objects.filter(pk=told["id"]).update(received_at=then)
        work_as("listening_worker")
        assert apply_retention() == Applied(texts=2, points=1, records=1, waiting=0, contacts=0, held=0)
        assert reconcile().differences == ()

    @committed
    def test_it_moves_records_and_shortens_the_feed(self, work_as, people, city, client_of):
        """What it writes to is noted for the phones, under its own rights."""
        client_of(people[0]).post(URL, document())
        work_as("listening_worker")
        Conversation.objects.update(district=city.area(6))
        assert feed.sequence() == 1
        call_command("compact_feed", stdout=io.StringIO())
        assert Change.objects.filter(district_id=city.area(6).pk).exists()

    @committed
    def test_it_sweeps_attachments(self, work_as, people, client_of):
        begun, never = Upload(client_of(people[0]), jpeg()), Upload(client_of(people[0]), jpeg(size=(9, 9)))
        begun.announce()
        begun.send(0, 500)
        never.bring()
        Attachment.objects.update(updated_at="2026-01-01T00:00Z")
        Attachment.objects.filter(pk=never.id).update(completed_at="2026-01-01T00:00Z")
        StoredFile.objects.create(sha256="0" * 64, size=1, media_type="image/png", stored_at="2026-01-01T00:00Z")
        work_as("listening_worker")
        assert sweep() == Swept(1, 1, 0, 1, 0)

    @committed
    def test_statistics_are_gathered_with_a_right_that_is_lent(self, session, city):
        worker = session("listening_worker")
        said = []
        worker.add_notice_handler(lambda notice: said.append(notice.message_primary))
        worker.execute("ANALYZE records_conversation")
        assert "skipping" in said[0] or "permission" in said[0]
        said.clear()
        worker.execute("SELECT records_analyze()")
        assert said == []

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (x int)", "TRUNCATE rollups_cell", "DELETE FROM records_tombstone",
            "UPDATE records_finding SET severity = 5", "INSERT INTO records_conversation DEFAULT VALUES",
            "UPDATE attachments_attachment SET announced_by_id = 1",
            "INSERT INTO fieldwork_apitoken DEFAULT VALUES",
            "UPDATE audit_entry SET person_id = 1", "DELETE FROM audit_inbox", "SET ROLE listening_api",
            "SELECT audit_forget(now() - interval '364 days')", "UPDATE audit_anchor SET position = 1",
            "UPDATE records_tombstone SET version = 9", "UPDATE consent_withdrawal SET asked_at = now()",
        ],
    )  # fmt: skip
    def test_what_it_may_not(self, session, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_worker").execute(statement)


class TestVault:
    PERSON = contacts.Person("Nome", (contacts.Detail("phone", "+390511234567"),))

    @committed
    def test_its_own_role_keeps_reads_and_forgets(self, work_as):
        work_as("listening_vault")
        pk, tomorrow = uuid7(), clock.now() + dt.timedelta(days=1)
        contacts.keep(pk, self.PERSON, expires_at=tomorrow)
        assert contacts.read(pk).person == self.PERSON
        assert rotate() == 0
        assert contacts.conversations_of(self.PERSON.details[0]) == [pk]
        assert contacts.forget([pk]) == 1

    @pytest.mark.parametrize("role", ["listening_api", "listening_worker", "listening_open_reader"])
    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM vault.contact", "SELECT * FROM vault.data_key", "SELECT count(*) FROM vault.link",
            "INSERT INTO vault.link VALUES (gen_random_uuid(), gen_random_uuid())", "DELETE FROM vault.detail",
            "SET ROLE listening_vault",
        ],
    )  # fmt: skip
    def test_others_are_refused(self, session, role, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session(role).execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT * FROM records_conversation", "SELECT * FROM fieldwork_user", "SELECT * FROM audit_entry",
            "CREATE TABLE vault.mine (x int)", "DROP TABLE vault.detail", "TRUNCATE vault.contact",
        ],
    )  # fmt: skip
    def test_it_enters_nothing_else(self, session, statement):
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_vault").execute(statement)

    @committed
    def test_the_web_server_without_the_role_says_that_the_vault_is_closed(self, work_as, people, city, client_of):
        Notice.objects.create(version="1", language="it", text="x", sha256="0" * 64, loaded_at=clock.now())
        told = document(consents=[{"purpose": "recontact", "mode": "spoken", "notice_version": "1"}])
        work_as("listening_api")
        phone = client_of(people[0])
        assert phone.post(URL, told).status_code == 201
        contact = {"details": [{"kind": "phone", "value": "051 1234567"}]}
        answer = phone.put(f"{URL}/{told['id']}/contact", contact)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/vault-closed")


class TestReaders:
    def tables(self):
        with connection.cursor() as cursor:
            return [name for name in connection.introspection.table_names(cursor) if name != "spatial_ref_sys"]

    @committed
    def test_the_backup_reads_everything(self, session):
        backup = session("listening_backup")
        names = self.tables()
        assert len(names) > 25
        for name in names:
            backup.execute(f"SELECT count(*) FROM {name}")
        backup.execute("SELECT last_value FROM audit_inbox_id_seq")

    @pytest.mark.parametrize("read_only", ["on", "off"])
    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO codelists_theme (code, sensitivity, position) VALUES ('x', 'normal', 1)",
            "UPDATE records_finding SET text = ''", "DELETE FROM fieldwork_user", "TRUNCATE audit_entry",
            "CREATE TABLE mine (x int)", "INSERT INTO audit_inbox (verb) VALUES ('export')", "SELECT audit_chain(1)",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("role", ["listening_backup", "listening_open_reader"])
    def test_readers_write_nothing(self, session, role, statement, read_only):
        """Nor when they take back that they are read only."""
        reader = session(role)
        reader.execute(f"SET default_transaction_read_only = {read_only}")
        with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
            reader.execute(statement)

    @committed
    def test_the_open_reader_reads_releases_and_places_alone(self, session):
        reader = session("listening_open_reader")
        readable = {
            name for name in self.tables() if name.startswith("releases_") or name in {
                "districts_layer", "districts_boundaryedition", "districts_district", "districts_districtname",
                "districts_membership", "districts_population",
            }
        }  # fmt: skip
        assert len(readable) == 13
        for name in readable:
            reader.execute(f"SELECT count(*) FROM {name}")
        for name in set(self.tables()) - readable:
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(f"SELECT count(*) FROM {name}")

    @committed
    @pytest.mark.parametrize(
        ("right", "table"),
        [
            ("SELECT", "records_conversation"),
            ("SELECT (text)", "records_finding"),  # a column is enough
            ("INSERT", "records_tombstone"),
            ("UPDATE", "releases_releasecell"),
        ],
    )
    def test_one_right_too_many_is_seen(self, session, open_check, right, table):
        """The service does not start, and the test above would fail: both look at each table."""
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT {right} ON {table} TO listening_open_reader")
        try:
            assert roles.open_reach("listening_open_reader").beyond == (table,)
            (found,) = open_check()
            assert (found.id, table in found.msg, "set_up_database_roles" in found.hint) == ("backend.E013", True, True)
            if right == "SELECT":
                with pytest.raises(BaseException, match="DID NOT RAISE"):
                    self.test_the_open_reader_reads_releases_and_places_alone(session)
        finally:
            call_command("set_up_database_roles", stdout=io.StringIO())
        assert open_check() == []

    @committed
    def test_one_right_too_few_is_told(self, open_check):
        """As after a migration that made a table, when nobody gave the rights anew."""
        with connection.cursor() as cursor:
            cursor.execute("REVOKE SELECT ON releases_releaseband FROM listening_open_reader")
        try:
            (found,) = open_check()
            assert (found.id, "releases_releaseband" in found.msg) == ("backend.W014", True)
        finally:
            call_command("set_up_database_roles", stdout=io.StringIO())
        assert open_check() == []

    @committed
    def test_but_what_will_be_published(self, session):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE published.example (x int)")
            cursor.execute("GRANT SELECT ON published.example TO listening_open_reader")
        try:
            assert session("listening_open_reader").execute("SELECT count(*) FROM published.example").fetchone() == (0,)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE published.example")


class TestSetUp:
    @committed
    def test_tables_of_later_migrations_are_covered(self, session):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE later (id int GENERATED BY DEFAULT AS IDENTITY, x int)")
            cursor.execute("CREATE SEQUENCE later_on")
        try:
            api = session("listening_api")
            api.execute("INSERT INTO later (x) VALUES (1)")
            api.execute("SELECT nextval('later_on')")
            assert session("listening_worker").execute("SELECT x FROM later").fetchone() == (1,)
            with pytest.raises(errors.InsufficientPrivilege):
                session("listening_open_reader").execute("SELECT x FROM later")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE later")
                cursor.execute("DROP SEQUENCE later_on")

    @committed
    def test_rights_that_were_given_by_hand_are_taken_back(self, session):
        with connection.cursor() as cursor:
            cursor.execute("GRANT UPDATE ON audit_entry TO listening_api")
            cursor.execute("GRANT SELECT ON records_finding TO PUBLIC")
        call_command("set_up_database_roles", stdout=io.StringIO())
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_api").execute("UPDATE audit_entry SET person_id = 1")
        with pytest.raises(errors.InsufficientPrivilege):
            session("listening_open_reader").execute("SELECT count(*) FROM records_finding")

    @committed
    def test_another_database_of_the_cluster_is_left_alone(self, session):
        """Roles are the cluster's, rights a database's: what is done here opens and shuts nothing there."""
        place = {"host": RECORD.socket_directory, "port": RECORD.port, "user": "listening_owner"}
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS another")
            cursor.execute("CREATE DATABASE another")
        try:
            with psycopg.connect(**place, password=RECORD.password, dbname="another", autocommit=True) as other:
                other.execute("CREATE TABLE theirs (x int)")
                before = other.execute("SELECT relacl FROM pg_class WHERE relname = 'theirs'").fetchone()
                call_command("set_up_database_roles", stdout=io.StringIO())
                assert other.execute("SELECT relacl FROM pg_class WHERE relname = 'theirs'").fetchone() == before
                assert other.execute("SELECT count(*) FROM pg_default_acl").fetchone() == (0,)
            with psycopg.connect(
                host=RECORD.socket_directory, port=RECORD.port, dbname="another", user="listening_api",
                password=RECORD.role_passwords["listening_api"],
            ) as api, pytest.raises(errors.InsufficientPrivilege):  # fmt: skip
                api.execute("SELECT * FROM theirs")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP DATABASE another")

    @committed
    def test_who_may_not_make_roles_gets_the_statements(self, granted, monkeypatch):
        monkeypatch.setattr(roles, "missing_roles", lambda: ["listening_api"])
        assert not roles.may_make_roles()
        with pytest.raises(CommandError) as refused:
            call_command("set_up_database_roles")
        assert "CREATEROLE" in str(refused.value)
        assert sql.read("backend.db", "make_roles.sql") in str(refused.value)

    @committed
    def test_who_is_not_the_owner_gives_no_rights(self, work_as):
        work_as("listening_api")
        with pytest.raises(CommandError, match="The tables belong to listening_owner"):
            call_command("set_up_database_roles")
        with pytest.raises(ProgrammingError):
            roles.make_roles()

    def test_it_can_be_printed(self, capsys):
        call_command("set_up_database_roles", "--print-sql")
        assert capsys.readouterr().out.count("CREATE ROLE") == 1

    @committed
    def test_rights_are_given_all_at_once(self, granted, monkeypatch):
        """A failure halfway must not leave the web server without its tables."""
        halfway = sql.read("backend.db", "grant_roles.sql") + "SELECT 1 / 0;"
        monkeypatch.setattr(sql, "read", lambda *_: halfway)
        with connection.cursor() as cursor:
            cursor.execute("GRANT UPDATE ON audit_entry TO listening_worker")
            with pytest.raises(DatabaseError):
                roles.grant_roles()
            cursor.execute("SELECT has_table_privilege('listening_worker', 'audit_entry', 'UPDATE')")
            assert cursor.fetchone() == (True,)


class TestCheck:
    def found(self, databases=("default",)):
        return [message.id for message in checks.web_role(None, databases=list(databases))]

    @committed
    def test_the_owner_is_told(self, settings):
        settings.PROCESS, settings.API_DATABASE_URL = "web", ""
        assert self.found() == ["backend.W012"]
        settings.API_DATABASE_URL = "postgis://listening_owner@h/x"
        assert self.found() == ["backend.E012"]
        assert self.found(databases=()) == []
        settings.PROCESS = "command"
        assert self.found() == []

    @committed
    def test_the_role_of_the_web_server_is_in_order(self, settings, work_as):
        settings.PROCESS = "web"
        work_as("listening_api")
        assert self.found() == []
        assert roles.excess_rights() == roles.Rights("listening_api", ())

    @committed
    def test_the_role_of_open_data_reads_no_records(self, settings, granted, monkeypatch):
        def found(role, url):
            settings.PROCESS, settings.OPEN_DATABASE_URL = "web", url
            monkeypatch.setitem(settings.DATABASES["open"], "USER", role)
            return [message.id for message in checks.open_role(None, databases=["default"])]

        assert found("listening_open_reader", "postgis://x") == []
        assert found("listening_api", "") == ["backend.W013"]
        assert found("listening_owner", "postgis://x") == ["backend.E013"]

    @committed
    def test_each_excess_is_named(self, work_as):
        assert roles.excess_rights() == roles.Rights(
            "listening_owner", ("may make roles or databases", "owns tables", "may make tables")
        )

    @committed
    def test_readiness_fails_where_the_role_may_too_much(self, client, settings):
        settings.PROCESS = "web"
        answer = client.get("/health/ready")
        assert json.loads(answer.content)["checks"]["configuration"] == "backend.E012"

    @committed
    def test_closed_tables_are_counted(self, granted):
        assert roles.closed_tables("listening_api") == 0
        assert roles.closed_tables("listening_open_reader") > 20
        assert roles.closed_tables("nobody_of_this_name") is None

    def test_the_names_are_those_of_the_private_cluster(self):
        from backend.localdb.cluster import ROLES

        assert ROLES == roles.ROLES
        assert set(RECORD.role_passwords) == set(ROLES)
        assert len({RECORD.password, *RECORD.role_passwords.values()}) == len(ROLES) + 1
