"""Migrations whose content is SQL: `run_sql_file(__file__)` names the .up.sql and .down.sql beside it."""

from pathlib import Path

from django.db.migrations import RunSQL


def run_sql_file(migration_file: str) -> RunSQL:
    """A RunSQL operation from `sql/<migration>.up.sql` and `sql/<migration>.down.sql`.

    The SQL of a migration is frozen history: it is never shared with the live `sql/` folders.
    """
    path = Path(migration_file)
    up = path.parent / "sql" / f"{path.stem}.up.sql"
    down = path.parent / "sql" / f"{path.stem}.down.sql"
    return RunSQL(up.read_text(encoding="utf-8"), down.read_text(encoding="utf-8"))
