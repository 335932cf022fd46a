"""The chain finds every kind of tampering, and grows by one link at a time whoever writes."""

import hashlib
import io
import re
import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, IntegrityError, connection, transaction

from backend.http.request_log import request_id
from listening.audit.chain import chain_entries
from listening.audit.models import Entry
from listening.audit.record import record
from listening.audit.verbs import Verb
from listening.audit.verify import verify
from listening.records.models import Conversation

pytestmark = pytest.mark.django_db

COLUMNS = "at, written_by, person_id, credential, verb, model, ids, number, subject_id, request_id, purpose"


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def write(number=1):
    for index in range(number):
        record(Verb.READ_DETAIL, Conversation, [index])


@pytest.fixture
def ten(trail):
    """Ten chained entries; returns the position of the first."""
    write(10)
    return trail()[0].position


@pytest.fixture
def unguarded(ten):
    """What somebody with the rights of the owner does first."""
    execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    return ten  # the transaction of the test is rolled back, and this with it


def test_it_works(ten):
    found = verify()
    assert (found.is_sound, found.entries) == (True, ten + 9)
    assert found.head == bytes(Entry.objects.first().hash).hex()


def test_the_bytes_are_those_of_the_reference(trail):
    """docs/reference/audit.md, computed without the database."""
    token = request_id.set("request-0001")
    try:
        record(Verb.READ_LIST, Conversation, ["0198c1aa-0000-7000-8000-000000000001", 7])
        record(Verb.SIGN_IN_FAILED)
    finally:
        request_id.reset(token)
    entries = trail()
    before = Entry.objects.filter(position=entries[0].position - 1).first()
    previous = bytes(before.hash) if before else bytes(32)
    for entry in entries:
        lines = [
            "audit 1", str(entry.position), str(entry.id), entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), entry.written_by,
            "" if entry.person_id is None else str(entry.person_id), entry.credential, entry.verb, entry.model,
            "{" + ",".join(entry.ids) + "}", str(entry.number),
            "" if entry.subject_id is None else str(entry.subject_id),
            entry.request_id, entry.purpose,
        ]  # fmt: skip
        previous = hashlib.sha256(previous + "\n".join(lines).encode()).digest()
        assert bytes(entry.hash) == previous


class TestTampering:
    """Each of these is done with the triggers off, as the owner of the table can."""

    @pytest.mark.parametrize(
        "change",
        [
            "at = at + interval '1 microsecond'", "written_by = 'somebody'", "person_id = 42", "credential = 'session'",
            "verb = 'read_list'", "model = 'records.finding'", "ids = '{99}'", "ids = array_append(ids, '7')",
            "number = 99", "subject_id = 42", "request_id = 'request-0002'", "purpose = 'support'",
            "hash = sha256('guessed')", "id = id + 1000000",
        ],
    )  # fmt: skip
    def test_a_changed_column(self, unguarded, change):
        execute(f"UPDATE audit_entry SET {change} WHERE position = {unguarded + 4}")
        found = verify()
        assert found.broken == unguarded + 4
        assert found.broken_id == Entry.objects.get(position=unguarded + 4).id

    def test_ids_run_together(self, trail):
        """The text would be the same, and the entry no longer found by its records."""
        record(Verb.READ_LIST, Conversation, [1, 2])
        (entry,) = trail()
        execute("ALTER TABLE audit_entry DISABLE TRIGGER USER", "UPDATE audit_entry SET ids = '{\"1,2\"}'")
        assert verify().broken is not None
        assert entry.ids == ["1", "2"]

    def test_an_entry_taken_from_the_middle(self, unguarded):
        execute(f"DELETE FROM audit_entry WHERE position = {unguarded + 4}")
        assert verify().broken == unguarded + 5

    def test_an_entry_taken_from_the_middle_and_the_rest_moved_up(self, unguarded):
        execute(f"DELETE FROM audit_entry WHERE position = {unguarded + 4}")
        for position in range(unguarded + 5, unguarded + 10):
            execute(f"UPDATE audit_entry SET position = position - 1 WHERE position = {position}")
        assert verify().broken == unguarded + 4

    def test_entries_taken_from_the_end_show_by_a_head_that_was_noted(self, unguarded):
        noted = verify().head
        assert verify(noted).noted_at == unguarded + 9
        execute(f"DELETE FROM audit_entry WHERE position >= {unguarded + 8}")
        assert verify().is_sound  # the limit of a chain: nothing inside it tells how long it was
        assert verify(noted).noted_at is None

    def test_everything_written_anew_shows_by_a_head_that_was_noted(self, unguarded):
        noted = verify().head
        execute(
            f"CREATE TEMPORARY TABLE copy AS SELECT * FROM audit_entry WHERE position >= {unguarded}",
            "UPDATE copy SET person_id = 42",
            f"DELETE FROM audit_entry WHERE position >= {unguarded}",
            "ALTER TABLE audit_entry ENABLE TRIGGER USER",
            "INSERT INTO audit_entry SELECT * FROM copy ORDER BY position",
        )
        assert verify().is_sound  # the owner can compute hashes, too
        assert verify(noted).noted_at is None

    def test_an_entry_put_in_between(self, unguarded):
        for position in range(unguarded + 9, unguarded + 4, -1):
            execute(f"UPDATE audit_entry SET position = position + 1 WHERE position = {position}")
        execute(
            f"INSERT INTO audit_entry (position, id, {COLUMNS}, hash) SELECT {unguarded + 5}, -1, {COLUMNS}, hash"
            f" FROM audit_entry WHERE position = {unguarded}"
        )
        assert verify().broken == unguarded + 5

    def test_two_entries_that_changed_places(self, unguarded):
        a, b = unguarded + 3, unguarded + 4
        execute(
            f"UPDATE audit_entry SET position = -1 WHERE position = {a}",
            f"UPDATE audit_entry SET position = {a} WHERE position = {b}",
            f"UPDATE audit_entry SET position = {b} WHERE position = -1",
        )
        assert verify().broken == a

    def test_a_copied_entry(self, unguarded):
        execute(
            f"INSERT INTO audit_entry (position, id, {COLUMNS}, hash) SELECT {unguarded + 10}, -1, {COLUMNS}, hash"
            f" FROM audit_entry WHERE position = {unguarded + 9}"
        )
        assert verify().broken == unguarded + 10

    def test_the_first_entries_taken_away(self, unguarded):
        execute(f"DELETE FROM audit_entry WHERE position <= {unguarded}")
        assert verify().broken is not None

    def test_a_chain_that_begins_anew(self, unguarded):
        """Positions from 1 again, but the first hash still stands on what was taken away."""
        execute(
            f"DELETE FROM audit_entry WHERE position <= {unguarded}",
            f"UPDATE audit_entry SET position = position - {unguarded}",
        )
        assert verify().broken == 1

    def test_a_hash_that_is_no_hash_is_a_break(self, unguarded):
        """NULL compares to nothing: it must not pass for equal."""
        execute("ALTER TABLE audit_entry ALTER hash DROP NOT NULL")
        execute(f"UPDATE audit_entry SET hash = NULL WHERE position = {unguarded + 4}")
        assert verify().broken == unguarded + 4


class TestRefusals:
    @pytest.mark.parametrize("table", ["audit_entry", "audit_inbox"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET number = 9", "DELETE FROM {}", "TRUNCATE {}"])
    def test_the_owner_is_refused(self, ten, table, statement):
        write()
        with pytest.raises(DatabaseError, match=r"the audit only grows|is not chained yet"), transaction.atomic():
            execute(statement.format(table))

    @pytest.mark.parametrize("statement", ["UPDATE audit_entry SET number = 9", "TRUNCATE audit_entry"])
    def test_an_empty_table_is_no_way_in(self, db, statement):
        with pytest.raises(DatabaseError, match="the audit only grows"), transaction.atomic():
            execute(f"{statement} WHERE false" if "UPDATE" in statement else statement)

    def test_nor_is_a_session_that_plays_a_replica(self, ten):
        execute("SELECT 1")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid IN ('audit_entry'::regclass, 'audit_inbox'::regclass)"
                " AND tgenabled <> 'A'"
            )
            assert cursor.fetchall() == []

    def test_the_switch_of_the_owner_is_seen_afterwards(self, ten):
        execute("SET LOCAL listening.audit_maintenance = 'on'", f"DELETE FROM audit_entry WHERE position <= {ten + 2}")
        assert verify().broken == ten + 3

    def test_what_waits_cannot_be_replaced_by_another_entry_of_its_id(self, ten):
        write()
        execute(
            f"INSERT INTO audit_entry (id, {COLUMNS}) SELECT id, at, written_by, 42, credential, verb, model, ids,"
            " number, subject_id, request_id, purpose FROM audit_inbox"
        )
        with pytest.raises(DatabaseError, match="is not chained yet"), transaction.atomic():
            execute("DELETE FROM audit_inbox")

    def test_position_and_hash_are_not_the_writers_to_choose(self, ten):
        execute(
            f"INSERT INTO audit_entry (position, id, {COLUMNS}, hash) SELECT 1, -1, {COLUMNS}, hash FROM audit_entry"
            f" WHERE position = {ten}"
        )
        found = verify()
        assert (found.is_sound, found.entries) == (True, ten + 10)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("verb", "Mario Rossi"), ("model", "via Stalingrado"), ("request_id", "a b"), ("purpose", "Perché"),
            ("credential", "key:Rossi"), ("verb", ""), ("model", "records.conversation; x"),
        ],
    )  # fmt: skip
    def test_words_do_not_fit_in(self, db, column, value):
        columns = {"verb": "read_list", column: value}
        statement = f"INSERT INTO audit_inbox ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="holds_codes_alone"):
            cursor.execute(statement, [*columns.values()])

    @pytest.mark.parametrize("ids", [["Rossi"], ["via 1"], ["1,2"], [""], [None], ["1\n2"], ["a" * 37]])
    def test_nor_into_ids(self, db, ids):
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="holds_ids_alone"):
            cursor.execute("INSERT INTO audit_inbox (verb, ids, number) VALUES ('read_list', %s, 9)", [ids])


@pytest.mark.django_db(transaction=True)
class TestWriters:
    def test_eight_at_once_give_one_chain(self, trail):
        """They write and chain at the same time, some in transactions of their own, one in five rolled back."""
        errors = []

        def client(number):
            try:
                for index in range(40):
                    with transaction.atomic():
                        record(Verb.READ_DETAIL, Conversation, [number, index])
                        transaction.set_rollback(index % 5 == 0)
                    if index % 7 == number % 7:
                        chain_entries()
            except Exception as error:
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=client, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        written = {tuple(entry.ids) for entry in trail()}
        assert written == {(str(n), str(i)) for n in range(8) for i in range(40) if i % 5}
        assert len(trail()) == 8 * 32
        assert verify().is_sound

    def test_what_was_rolled_back_leaves_no_break(self, trail):
        write()
        with transaction.atomic():
            write()
            transaction.set_rollback(True)
        write()
        first, second = trail()
        assert (second.id - first.id, second.position - first.position) == (2, 1)
        assert verify().is_sound

    def test_an_entry_that_commits_late_comes_late(self, trail):
        """Nobody waits for a transaction that is open, and its entry is not passed over."""
        begun, done = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                record(Verb.CHANGE, Conversation, [1])
                begun.set()
                done.wait(20)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        begun.wait(20)
        record(Verb.CHANGE, Conversation, [2])
        assert [entry.ids for entry in trail()] == [["2"]]
        done.set()
        thread.join()
        assert [entry.ids for entry in trail()] == [["2"], ["1"]]
        assert verify().is_sound

    def test_a_chain_that_stops_halfway_moves_nothing(self, trail):
        write(3)
        with transaction.atomic():
            assert chain_entries() == 3
            transaction.set_rollback(True)
        assert [entry.ids for entry in trail()] == [["0"], ["1"], ["2"]]
        assert verify().is_sound

    def test_writing_waits_for_nobody_who_chains(self, trail):
        """A request must not hang on a worker that was stopped in the middle."""
        with transaction.atomic():
            chain_entries()
            thread = threading.Thread(target=lambda: (write(), connection.close()))
            thread.start()
            thread.join(10)
            assert not thread.is_alive()
        assert len(trail()) == 1


class TestCommands:
    def run(self, name, *arguments):
        said = io.StringIO()
        call_command(name, *arguments, stdout=said)
        return said.getvalue()

    def test_verify_says_what_it_found(self, ten):
        said = self.run("verify_audit")
        assert f"{ten + 9} entries" in said
        assert said.endswith("sound\n")
        (head,) = re.findall(r"head ([0-9a-f]{64})", said)
        assert f"the noted head is at position {ten + 9}" in self.run("verify_audit", "--head", head.upper())

    def test_verify_names_the_break(self, unguarded):
        execute(f"UPDATE audit_entry SET person_id = 42 WHERE position = {unguarded + 4}")
        identity = Entry.objects.get(position=unguarded + 4).id
        with pytest.raises(CommandError, match=rf"broken at position {unguarded + 4}, entry {identity}"):
            self.run("verify_audit")

    def test_verify_misses_a_head(self, ten):
        with pytest.raises(CommandError, match="not in the chain"):
            self.run("verify_audit", "--head", "00" * 32)

    @pytest.mark.parametrize("head", ["00", "x" * 64])
    def test_verify_refuses_what_is_no_head(self, ten, head):
        with pytest.raises(CommandError, match="64 hexadecimal digits"):
            self.run("verify_audit", "--head", head)

    def test_list_by_person_record_and_day(self, trail, listener, coordinator, today):
        record(Verb.READ_DETAIL, Conversation, [77], by=coordinator)
        record(Verb.ISSUE_KEY, Conversation, [78], by=coordinator, subject=listener)
        record(Verb.READ_LIST, Conversation, [77, 79], by=listener)
        verbs = lambda *a: re.findall(r" (read_detail|issue_key|read_list) ", self.run("list_audit", *a))  # noqa: E731
        assert verbs("--person", str(coordinator.pk)) == ["read_detail", "issue_key"]
        assert verbs("--person", str(listener.pk)) == ["issue_key", "read_list"]
        assert verbs("--record", "77") == ["read_detail", "read_list"]
        assert verbs("--record", "77", "--person", str(listener.pk)) == ["read_list"]
        assert verbs("--person", str(listener.pk), "--since", today.isoformat()) == ["issue_key", "read_list"]
        assert verbs("--person", str(listener.pk), "--since", "2999-01-01") == []

    @pytest.mark.parametrize("day", ["yesterday", "2026-02-30"])
    def test_list_refuses_what_is_no_day(self, db, day):
        with pytest.raises(CommandError, match="give a day"):
            self.run("list_audit", "--since", day)
