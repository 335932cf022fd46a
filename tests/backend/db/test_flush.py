"""What the tests leave behind: nothing, whichever way it was written (`tests.flush`)."""

import pytest
from django.core.management.color import no_style
from django.core.management.sql import sql_flush
from django.db import connection

from listening.codelists.models import Theme, ThemeLabel

pytestmark = pytest.mark.django_db(transaction=True)


def flush():
    connection.ops.execute_sql_flush(sql_flush(no_style(), connection, reset_sequences=False, allow_cascade=False))


def place_of(table):
    """The file of the table: TRUNCATE makes a new one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode(%s::regclass)", [table])
        return cursor.fetchone()[0]


def test_tables_with_rows_are_emptied_and_others_left_alone(themes):
    alone = "attachments_attachment"
    before = place_of(alone)
    flush()
    assert not Theme.objects.exists()
    assert not ThemeLabel.objects.exists()
    assert place_of(alone) == before


def test_what_refers_to_a_table_with_rows_goes_with_it_though_empty():
    Theme.objects.create(code="housing", position=1)
    before = place_of("codelists_themelabel")
    flush()
    assert not Theme.objects.exists()
    assert place_of("codelists_themelabel") != before


def test_an_empty_database_is_flushed():
    flush()
    flush()
