"""Take entries of the audit away whose time is over; the chain of the others stays whole."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection, transaction

from backend.db import sql

LEAST_DAYS: Final = 365  # the database refuses to forget what is younger


@transaction.atomic
def forget_entries(before: dt.datetime) -> int:
    """Forget the entries before the first that is not older than `before`; how many. Recorded in the audit.

    Holds the lock of the audit until the end of the transaction: nobody who writes waits for it. Raises DatabaseError
    for an instant within the last year.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_forget(%s)", [before])
        forgotten: int = cursor.fetchone()[0]
    return forgotten


def entries_to_forget(before: dt.datetime) -> int:
    """How many `forget_entries` would take away."""
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.audit", "count_forgettable.sql"), {"before": before})
        number: int = cursor.fetchone()[0]
    return number
