"""The plans that counting keeps: right for full tables, though they were made while the tables were empty."""

import pytest
from django.db import connection

from listening.capture.accept import accept_many
from listening.capture.submission import Place
from listening.records.models import Conversation
from tests.listening.submissions import at, conversation, heard

pytestmark = pytest.mark.django_db

READ = ["records_conversation", "records_finding", "records_findingtheme", "codelists_theme", "rollups_tally"]
COUNTED = 20
STORED = 300


def reads():
    """Table -> (scans of it as a whole, rows fetched by an index), in this transaction so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = ANY (%s)", [READ]
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def ask(statement, *params):
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchone()[0]


@pytest.fixture
def fill(city, themes, listener):
    """Plan `function` while the tables are empty, then store conversations; returns the ids of the last ones."""

    def filled(function):
        with connection.cursor() as cursor:
            # Empty on the disk as well: what other tests rolled back still takes room, and is not read as a whole.
            cursor.execute("TRUNCATE records_conversation CASCADE")
            cursor.execute(f"ANALYZE {', '.join(table for table in READ if table != 'codelists_theme')}")
            cursor.execute("DISCARD PLANS")
        ask(f"SELECT {function}(ARRAY[gen_random_uuid()])")
        accept_many(
            [
                conversation(listener, heard("need", themes["rent"], themes["health"]), heard("asset"))
                for _ in range(STORED)
            ]
        )
        ids = list(Conversation.objects.order_by("-id").values_list("pk", flat=True)[:COUNTED])
        if function == "rollups_count":
            ask("WITH gone AS (DELETE FROM rollups_tally WHERE conversation_id = ANY (%s)) SELECT 1", ids)
        return ids

    return filled


def cost(function, ids):
    """How often a table was read as a whole, and how many rows were fetched by an index."""
    before = reads()
    ask(f"SELECT {function}(%s)", ids)
    grown = [[now - then for now, then in zip(after, before[table], strict=True)] for table, after in reads().items()]
    return tuple(sum(column) for column in zip(*grown, strict=True))


FUNCTIONS = pytest.mark.parametrize("function", ["rollups_count", "rollups_unseen"])


@FUNCTIONS
def test_what_is_counted_is_looked_up_row_by_row(fill, function):
    scans, rows = cost(function, fill(function))
    assert scans == 0
    # A conversation, two findings, two links, and of each link the theme, itself again and its parent; the tally.
    assert rows <= COUNTED * 12


@FUNCTIONS
def test_the_control_reads_whole_tables(fill, function):
    """Without its settings the same function, planned on the same empty tables, reads them as a whole."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER FUNCTION {function}(uuid[]) RESET ALL")
        cursor.execute(f"ALTER FUNCTION {function}(uuid[]) SET plan_cache_mode = force_generic_plan")
    scans, _ = cost(function, fill(function))
    assert scans > COUNTED


def test_a_batch_is_planned_once(city, themes, listener):
    """The plan of the statement that counts new conversations is kept: the setting that makes it anew is gone."""
    settings = ask("SELECT proconfig FROM pg_proc WHERE proname = 'rollups_count'")
    assert "plan_cache_mode=force_generic_plan" in settings


def test_it_counts_as_the_comparison_does(city, themes, listener):
    """Of conversations of all kinds, in boundaries of another day as well, nothing is left to correct."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO rollups_epoch (until, editions, base_edition)"
            " SELECT '2000-01-01', editions, base_edition FROM districts_editions_today"
        )
    accept_many(
        [
            conversation(
                listener,
                heard("need", themes["rent"], themes["housing"], severity=5),
                heard("need", themes["repairs"], severity=4),
            ),
            conversation(listener, heard("asset", themes["health"], place=at(7)), heard("need", place=at(7))),
            conversation(listener),
            conversation(listener, heard("need"), place=Place("none")),
            conversation(listener, heard("need", themes["rent"]), is_test=True),
            conversation(listener, heard("need", themes["rent"]), may_be_counted=False),
        ]
    )
    logged = ask("SELECT count(*) FROM rollups_delta")
    placed = ask("SELECT count(*) FROM rollups_square_delta")
    ask("SELECT rollups_refresh(%s)", list(Conversation.objects.values_list("pk", flat=True)))
    assert ask("SELECT count(*) FROM rollups_delta") == logged
    assert ask("SELECT count(*) FROM rollups_square_delta") == placed == 3


def test_what_was_counted_before_is_compared(city, themes, listener):
    """Counting a conversation as new that is known changes nothing."""
    accept_many([conversation(listener, heard("need", themes["rent"]))])
    logged = ask("SELECT count(*) FROM rollups_delta")
    ask("SELECT rollups_count(%s)", list(Conversation.objects.values_list("pk", flat=True)))
    assert ask("SELECT count(*) FROM rollups_delta") == logged
