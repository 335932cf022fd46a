"""Statements whose plan is kept: for the long ones of every request, which take longer to plan than to run.

Django binds parameters in the client, so that PostgreSQL plans each statement anew. Joins of a dozen tables over lists
of a hundred keys took two thirds of their time that way (`make bench`, a page of conversations).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """A cursor of the default connection that prepares what it is given; each connection plans it but a few times.

    For statements that want the same plan whatever their parameters: keys in, rows out. Every parameter needs a type in
    the statement (`%(ids)s::uuid[]`), because the server binds them.
    """
    if connection.queries_logged:  # psycopg does not tell what it has sent of a prepared statement
        with connection.cursor() as plain:
            yield plain
        return
    connection.ensure_connection()
    session: psycopg.Connection = connection.connection
    session.prepare_threshold = 1  # cursors that bind in the client are not concerned
    with psycopg.Cursor(session) as bare:
        yield connection.make_cursor(cast(CursorWrapper, bare))  # the stubs know wrapped cursors alone
