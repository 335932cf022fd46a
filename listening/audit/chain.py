"""Chain what has been committed to the audit trail since the last time."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

ENTRIES_PER_STEP: Final = 5_000  # keeps the transaction, and with it the lock, under a second


def chain_entries() -> int:
    """Chain all that waits; returns how many entries. Any number of sessions may call it at once.

    Call it outside of a transaction: the lock of the audit is held until the end of it.
    """
    chained = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT audit_chain(%s)", [ENTRIES_PER_STEP])
            step: int = cursor.fetchone()[0]
        chained += step
        if step < ENTRIES_PER_STEP:
            return chained
