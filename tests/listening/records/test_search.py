"""Text is found without accents and case, by an index, also after a restore."""

import pytest
from django.db import connection

from listening.records.models import Finding

pytestmark = pytest.mark.django_db


def folded(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.records_fold(%s)", [text])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("told", "found"), [("Città", "citta"), ("È CARO", "e caro"), ("cafe\N{COMBINING ACUTE ACCENT}", "cafe")]
)
def test_accents_and_case_do_not_count(told, found):
    assert folded(told) == found


def test_with_an_empty_search_path_as_when_a_dump_is_restored():
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', '', true)")
    assert folded("Città") == "citta"


def test_the_index_is_used(transactional_db):
    """The planner sees through the function, or no index on it would be found."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM records_finding WHERE records_fold(text) LIKE '%%' || records_fold(%s) || '%%'",
            ["affitto"],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "records_finding_search" in plan
    assert Finding._meta.db_table in plan
