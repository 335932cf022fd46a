"""Take what was deleted out of the files: PostgreSQL leaves deleted rows there until something overwrites them.

Each table that holds words of residents is written anew, with its indexes and its large values, and so are the
statistics of the planner, which hold samples of values. The write-ahead log and backups run out by themselves.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

TABLES: Final = (
    "records_conversation", "records_finding", "records_findingtheme", "records_participantband", "records_consent",
    "records_fieldversion", "consent_receipt", "sync_op", "sync_waitingop", "sync_clash", "attachments_attachment",
    "attachments_chunk", "vault.contact", "vault.data_key", "vault.detail", "vault.link",
)  # fmt: skip


def rewrite() -> int:
    """Write the tables anew, one after the other; how many. Call it outside of a transaction, as the owner.

    Locks: each table as a whole for as long as it is written, so run it at night. Raises ProgrammingError from a role
    that does not own the tables and the database.
    """
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")
        # Samples of tables that are empty now are not renewed by ANALYZE.
        cursor.execute("VACUUM FULL pg_catalog.pg_statistic")
    return len(TABLES)
