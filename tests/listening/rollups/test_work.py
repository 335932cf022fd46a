"""How much work a batch is: in proportion to the batch, whatever the statistics of the tables say."""

import pytest
from django.db import connection

from listening.capture.accept import accept_many
from listening.records.models import Conversation
from listening.records.redistrict import redistrict
from tests.listening.rollups.recount import differences
from tests.listening.submissions import conversation, heard

TABLES = ("records_conversation", "records_finding", "records_findingtheme", "rollups_tally")
BATCH = 200


def rows_read() -> int:
    """Rows of the counted tables that this transaction fetched so far, by any kind of scan."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables"
            " WHERE relname = ANY (%s)",
            [list(TABLES)],
        )
        return cursor.fetchone()[0]


def analyze() -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")


def batch(listener, themes):
    return [
        conversation(listener, heard("need", themes["rent"], themes["repairs"]), heard("challenge", themes["mobility"]))
        for _ in range(BATCH)
    ]


@pytest.fixture
def statistics_of_emptied_tables(city, themes, listener):
    """What autovacuum notes after a rehearsal was deleted, or a large load rolled back: pages, and no rows in them."""
    accept_many(batch(listener, themes), by=listener)
    Conversation.objects.all().delete()
    analyze()
    yield
    # ANALYZE outlives the rollback of this test, and the next tests plan by it.
    accept_many(batch(listener, themes), by=listener)
    analyze()


@pytest.mark.django_db
@pytest.mark.usefixtures("statistics_of_emptied_tables")
def test_a_batch_into_tables_thought_empty_reads_each_row_a_few_times(themes, listener):
    before = rows_read()
    assert accept_many(batch(listener, themes), by=listener) == BATCH
    read = rows_read() - before
    # A conversation with its findings, themes and tally is 9 rows; planned on one row a table, it was 49 million.
    assert read < 50 * BATCH
    assert differences() == []


@pytest.mark.django_db
@pytest.mark.usefixtures("statistics_of_emptied_tables")
def test_redistrict_plans_by_the_tables_as_they_are(themes, listener):
    """Else it compares each record with each other one: seconds for 3,000, hours for a city."""
    accept_many(batch(listener, themes), by=listener)
    redistrict()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::integer FROM pg_class WHERE oid = ANY (%s::regclass[])",
            [["records_conversation", "records_finding"]],
        )
        assert dict(cursor.fetchall()) == {"records_conversation": BATCH, "records_finding": 2 * BATCH}
