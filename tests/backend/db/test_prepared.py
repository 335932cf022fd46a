"""Statements whose plan is kept: they answer as ever, are counted as ever, and are planned once."""

from __future__ import annotations

import pytest
from django.db import DataError, connection, transaction

from backend.db.prepared import prepared_cursor

pytestmark = pytest.mark.django_db
STATEMENT = "SELECT n, n * 2 AS twice FROM unnest(%(of)s::int[]) AS n ORDER BY n"


def ask(numbers: list[int]) -> list[tuple[int, int]]:
    with prepared_cursor() as cursor:
        cursor.execute(STATEMENT, {"of": numbers})
        return cursor.fetchall()


def kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall() if "AS twice" in statement]


def test_the_second_time_its_plan_is_kept():
    assert ask([2, 1]) == [(1, 2), (2, 4)]
    assert kept() == []
    for number in range(3, 6):
        assert ask([number]) == [(number, 2 * number)]
    assert len(kept()) == 1


def test_it_counts_as_a_query(django_assert_num_queries):
    with django_assert_num_queries(3) as asked:
        for number in range(3):
            ask([number])
    assert all("AS twice" in query["sql"] for query in asked.captured_queries)


def test_others_are_bound_by_the_client_as_before():
    ask([1])
    ask([1])
    with connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SELECT %s", ["what has no type"])
            assert cursor.fetchone() == ("what has no type",)


def test_an_error_leaves_the_connection_usable():
    with pytest.raises(DataError), transaction.atomic(), prepared_cursor() as cursor:
        cursor.execute("SELECT 1 / %(by)s::int", {"by": 0})
    assert ask([7]) == [(7, 14)]
