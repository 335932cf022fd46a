"""The one way to the database from here: a connection whose role reads what is published and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import connections
from psycopg import sql

ALIAS: Final = "open"


def fetch(statement: sql.Composable | str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of a statement. Its time is limited by the connection, which is read only."""
    with connections[ALIAS].cursor() as cursor:
        text = statement if isinstance(statement, str) else statement.as_string(cursor.connection)
        cursor.execute(text, params or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
