"""Empty the database after a test that commits, in a fraction of the time: a plugin of the whole run.

Django truncates every table; each costs PostgreSQL new files for itself and its indexes, also when it has no row. Here
only what has rows is truncated, and what refers to it. Whoever still writes is waited for, as TRUNCATE does.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations

TRUNCATE_FILLED = """\
DO $flush$
DECLARE
    one regclass;
    has_rows boolean;
    filled regclass[] := '{{}}';
    emptied text;
BEGIN
    LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE;
    FOREACH one IN ARRAY ARRAY[{names}]::regclass[] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one) INTO has_rows;
        IF has_rows THEN
            filled := filled || one;
        END IF;
    END LOOP;
    WITH RECURSIVE reached (id) AS (
        SELECT unnest(filled)::oid
        UNION
        SELECT c.conrelid FROM pg_constraint c JOIN reached r ON r.id = c.confrelid WHERE c.contype = 'f'
    )
    SELECT string_agg(id::regclass::text, ', ') INTO emptied FROM reached WHERE id = ANY (ARRAY[{names}]::regclass[]);
    IF emptied IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || emptied;
    END IF;
END $flush$;"""


def truncate_less() -> None:
    """Have Django's flush leave empty tables alone, unless their sequences shall begin anew."""
    truncate_all = DatabaseOperations.sql_flush

    @wraps(truncate_all)
    def sql_flush(self: Any, style: Any, tables: Sequence[str], **asked: bool) -> list[str]:
        if not tables or any(asked.values()):
            return truncate_all(self, style, tables, **asked)
        quoted = [self.quote_name(table) for table in tables]
        return [
            TRUNCATE_FILLED.format(tables=", ".join(quoted), names=", ".join(f"'{name}'" for name in quoted)),
        ]

    DatabaseOperations.sql_flush = sql_flush


def pytest_sessionstart() -> None:
    truncate_less()
