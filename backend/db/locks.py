"""Transaction-level advisory locks: one number per job that only one session may do at a time.

Transaction-level ones alone, so that a connection pool cannot leave one behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.backends.utils import CursorWrapper

ROLLUPS: Final = 4_702
BOUNDARIES: Final = 4_703
ADMINISTRATORS: Final = 4_704
EPOCHS: Final = 4_705
RELEASES: Final = 4_713  # also taken in SQL, see releases/migrations/sql/0004_own_lock.up.sql
# Taken in SQL alone: 4_710 by the chain of the audit, 4_711 where database roles get their rights, 4_712 by the
# change feed.


def try_lock(cursor: CursorWrapper, key: int) -> bool:
    """Take the lock until the end of the transaction, or return False at once when another session holds it."""
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
    return bool(cursor.fetchone()[0])


def lock(cursor: CursorWrapper, key: int) -> None:
    """Wait for the lock and hold it until the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def lock_records(cursor: CursorWrapper, ids: Iterable[UUID]) -> None:
    """Let one session at a time write to some records, also to those not there yet; always in the same order."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(id, 0)) FROM unnest(%s::text[]) AS id",
        [sorted(map(str, ids))],
    )


def lock_receipts(cursor: CursorWrapper, digests: Iterable[bytes]) -> None:
    """Let one session at a time bring or withdraw what belongs to some receipts; always in the same order."""
    if wanted := sorted(digest.hex() for digest in digests):
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(digest, 1)) FROM unnest(%s::text[]) AS digest", [wanted]
        )
