"""Backups read everything and change nothing; open data reads what is published and nothing else."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import errors

from backend.db import roles
from tests.backend.db.roles.conftest import committed, own_roles

pytestmark = own_roles


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
