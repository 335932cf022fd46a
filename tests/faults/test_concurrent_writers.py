import pytest
from django.db import connection

from listening.records.models import Conversation
from listening.rollups.merge import merge_deltas
from listening.rollups.reconcile import reconcile
from tests.faults.concurrent_writers import write_concurrently


@pytest.mark.django_db(transaction=True)
def test_cells_equal_records_after_clients_that_meet(city, themes, listener, pytestconfig):
    tally = write_concurrently(
        listener, list(themes.values()), clients=4, writes_each=pytestconfig.getoption("writes_each")
    )
    print(f"\n{tally.writes} writes: {dict(tally.outcomes)}; {tally.deadlocks} deadlocks")

    assert tally.errors == []
    assert tally.deadlocks == 0
    # The clients did meet.
    assert tally.outcomes["sent again"] > 20
    assert tally.outcomes["changed"] > 20
    assert tally.outcomes["deleted"] > 10
    before = reconcile()
    print(f"{before.cells} cells of {before.conversations} conversations, {len(before.differences)} differ")
    assert before.differences == ()
    assert before.conversations == Conversation.objects.counted().count() > 50
    merge_deltas()
    assert reconcile().differences == ()


@pytest.mark.django_db(transaction=True)
def test_the_comparison_bites_when_changes_are_not_logged(city, themes, listener):
    """A control: with one trigger gone, the same run must be found unequal."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_findingtheme DISABLE TRIGGER rollups_delete")
        cursor.execute("ALTER TABLE records_finding DISABLE TRIGGER rollups_delete")
        cursor.execute("ALTER TABLE records_conversation DISABLE TRIGGER rollups_delete")
    try:
        write_concurrently(listener, list(themes.values()), clients=2, writes_each=60)
        assert reconcile().differences != ()
    finally:
        with connection.cursor() as cursor:
            for table in ("records_findingtheme", "records_finding", "records_conversation"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER rollups_delete")
