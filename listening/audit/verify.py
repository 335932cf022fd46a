"""Prove that the audit trail is as it was written."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from backend.db import sql
from listening.audit.chain import chain_entries


@dataclass(frozen=True, slots=True)
class Verification:
    """What walking the chain found. `broken`: position of the first entry that does not follow from the one before."""

    entries: int
    head: str
    broken: int | None
    broken_id: int | None
    noted_at: int | None  # position of the head that was noted down elsewhere; None when it is not in the chain
    forgotten: int  # entries before the chain's first, which have had their time

    @property
    def is_sound(self) -> bool:
        return self.broken is None


def verify(noted: str = "") -> Verification:
    """Chain what waits, then walk the chain, as of one moment; nobody waits for it.

    `noted`: the hash, in hexadecimal, of a head that was written down elsewhere.
    """
    chain_entries()
    with connection.cursor() as cursor:
        cursor.execute(sql.read("listening.audit", "verify_chain.sql"), {"noted": noted})
        return Verification(*cursor.fetchone())
